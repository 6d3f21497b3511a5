"""A source whose topic intake leaves out says nothing, for ever: the command says so instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.ctl.commands_doctor import GOOD, REMARK, sources_read
from services.ctl.settings import CtlSettings
from services.ctl.unread import NoPattern, unread
from services.devstack import environment
from services.devstack.environment import Addresses
from shared.catalogue.model import Tenant
from shared.contracts import topics

SOUTH_ONLY = r"^lms\.south\..*$"


def test_doctor_names_source_topic_and_setting(tenants: tuple[Tenant, ...]) -> None:
    finding = sources_read(tenants, SOUTH_ONLY)

    assert finding.state == REMARK
    assert "north/bus (lms.north.bus)" in finding.words
    assert "LAUREL_INTAKE_TOPICS" in finding.words
    assert "south" not in finding.words.replace(SOUTH_ONLY, "")


def test_doctor_is_content_with_topics_that_are_read(tenants: tuple[Tenant, ...]) -> None:
    assert sources_read(tenants, topics.SOURCES).state == GOOD


def test_a_topic_that_looks_like_dead_letters_is_never_read(tenants: tuple[Tenant, ...]) -> None:
    north = tenants[0]
    strange = north.model_copy(update={"sources": (north.sources[0].model_copy(update={"topic": "lms.bus.dlq"}),)})

    assert unread([strange], topics.SOURCES) == ("north/bus (lms.bus.dlq)",)


def test_a_setting_that_is_no_pattern_is_told_in_words(tenants: tuple[Tenant, ...]) -> None:
    with pytest.raises(NoPattern, match="LAUREL_INTAKE_TOPICS is no regular expression"):
        unread(tenants, "^(lms")


def test_the_embedded_run_reads_any_topic_and_its_command_knows(tenants: tuple[Tenant, ...]) -> None:
    addresses = Addresses("127.0.0.1:1", "mongodb://127.0.0.1:2/", 3, {"intake": 4})
    told: dict[str, Any] = environment.settings(addresses, Path("/s"))
    north = tenants[0]
    other = north.model_copy(update={"sources": (north.sources[0].model_copy(update={"topic": "learning"}),)})

    finding = sources_read([other], CtlSettings.model_validate(told).intake_topics)

    assert finding.state == GOOD
    assert sources_read([other], topics.SOURCES).state == REMARK
