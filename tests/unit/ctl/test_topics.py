from __future__ import annotations

from services.ctl.topics import compare, wanted
from shared.contracts import topics


def test_every_consumer_group_has_dead_letters_of_its_own() -> None:
    names = {each.name for each in wanted(["lms.canvas"], 6)}

    assert {topics.dead_letters(topic.name, group) for topic in topics.ALL for group in topic.consumers} <= names
    assert {"lms.canvas", "lms.canvas.intake.dlq", "webhook", "webhook.intake.dlq"} <= names


def test_a_dead_letter_always_fits() -> None:
    sizes = {each.name: int(each.config["max.message.bytes"]) for each in wanted(["lms.canvas"], 6)}

    assert sizes["lms.canvas"] == topics.SOURCE_MAX_BYTES
    assert sizes["lms.canvas.intake.dlq"] == topics.DEAD_LETTER_MAX_BYTES > topics.SOURCE_MAX_BYTES


def test_refused_deliveries_are_numbered_in_one_partition() -> None:
    partitions = {each.name: each.partitions for each in wanted([], 6)}

    assert (partitions["webhook"], partitions["webhook.intake.dlq"]) == (6, 1)


def test_two_sources_may_share_a_topic() -> None:
    names = [each.name for each in wanted(["lms.a", "lms.a"], 6)]

    assert len(names) == len(set(names))


def test_what_is_there_is_never_made_again() -> None:
    want = list(wanted(["lms.canvas"], 6))

    plan = compare(want, {"lms.canvas": 1, "learning.activity.v1": 6, "somebody.elses": 9})

    assert {"lms.canvas", "learning.activity.v1"} == set(plan.present)
    assert plan.different == (("lms.canvas", 1, 6),)
    assert len(plan.missing) == len(want) - 2
