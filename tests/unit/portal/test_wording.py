from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.portal import wording


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P3Y", "3 years"), ("P1Y6M", "1 year, 6 months"), ("PT75H", "75 hours"), ("30d", "30 days"), ("1h", "1 hour"),
        ("P", "P"), ("soon", "soon"),
    ],
)  # fmt: skip
def test_durations_read_as_words(text: str, words: str) -> None:
    assert wording.duration(text) == words


def test_a_day_is_the_issuer_s_day() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert wording.day(new_year) == "31 December 2026"
    assert wording.day(new_year, "Europe/Amsterdam") == "1 January 2027"
    assert wording.day(date(2027, 8, 31)) == "31 August 2027"


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http://[", "", None, " https"]
)
def test_only_web_addresses_become_links(text: str | None) -> None:
    assert wording.web_address(text) is None


def test_names_of_types_read_as_words() -> None:
    assert wording.words("MicroCredential") == "Micro credential"
    assert wording.words("ext:LabSafety") == "Lab safety"


@pytest.mark.parametrize(
    ("text", "words"),
    [("2026-10-31T09:00:00Z", "31 October 2026"), ("<b>", "<b>"),
     ("0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00+23:00")],
)  # fmt: skip
def test_a_stranger_s_timestamp_reads_as_a_day_where_it_is_one(text: str, words: str) -> None:
    assert wording.stated_day(text) == words
