from __future__ import annotations

import secrets

import pytest

from services.ctl import topics as provisioning
from services.ctl.settings import CtlSettings
from shared.contracts import topics


@pytest.fixture
def settings(kafka: str) -> CtlSettings:
    return CtlSettings(kafka=kafka, topic_partitions=3, topic_replication=1, kafka_idempotent=False)


async def test_missing_topics_are_made_once_with_their_dead_letters(settings: CtlSettings) -> None:
    source = f"lms.test.{secrets.token_hex(4)}"

    before = await provisioning.plan(settings, [source])
    await provisioning.apply(settings, [source])
    after = await provisioning.plan(settings, [source])

    assert {source, f"{source}.intake.dlq"} <= {each.name for each in before.missing}
    assert after.missing == ()
    assert source not in {name for name, _, _ in after.different}
    assert {topic.name for topic in topics.ALL} <= set(after.present)


async def test_a_topic_with_other_partitions_is_told_and_left_alone(settings: CtlSettings) -> None:
    source = f"lms.test.{secrets.token_hex(4)}"
    await provisioning.apply(settings, [source])

    wider = settings.model_copy(update={"topic_partitions": 5})
    plan = await provisioning.apply(wider, [source])
    again = await provisioning.plan(wider, [source])

    assert (source, 3, 5) in plan.different
    assert (source, 3, 5) in again.different
