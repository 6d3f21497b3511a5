from __future__ import annotations

import re
from pathlib import Path

from services.devstack.environment import OTHERS_TOPICS, Addresses, for_service, service_names
from shared.contracts import topics

ADDRESSES = Addresses("127.0.0.1:1", "mongodb://127.0.0.1:2/", 3, {"intake": 4, "portal": 5})


def test_every_package_that_can_be_run_is_a_service() -> None:
    assert set(service_names()) >= {"intake", "evaluator", "signer", "registry", "notifier", "portal"}
    assert {"ctl", "devstack"}.isdisjoint(service_names())


def test_intake_reads_whatever_topic_a_source_may_have() -> None:
    assert all(re.match(OTHERS_TOPICS, name) for name in ("webhook", "lms.canvas.main", "learning", "my-events"))


def test_intake_reads_neither_our_own_topics_nor_dead_letters() -> None:
    own = [topic.name for topic in topics.ALL]

    assert not any(re.match(OTHERS_TOPICS, name) for name in (*own, "lms.canvas.intake.dlq", "__consumer_offsets"))


def test_a_service_is_told_where_everything_is() -> None:
    told = for_service("intake", ADDRESSES, Path("/s"), Path("/state"))

    assert told["LAUREL_HTTP_PORT"] == "4"
    assert told["LAUREL_PORTAL_URL"] == "http://127.0.0.1:5"
    assert told["LAUREL_KAFKA_IDEMPOTENT"] == "false"
    assert told["LAUREL_STATE_DIR"] == "/state/intake"
