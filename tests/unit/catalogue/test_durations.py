from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from shared.catalogue.durations import Duration

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "zone", "end"),
    [
        ("P1Y", "2024-02-29T12:00", UTC, "2025-02-28T12:00"),
        ("P4Y", "2024-02-29T12:00", UTC, "2028-02-29T12:00"),
        ("P1Y", "2023-03-01T00:00", UTC, "2024-03-01T00:00"),
        ("P1M", "2026-01-31T10:00", UTC, "2026-02-28T10:00"),
        ("P1Y2M3W4DT5H6M7S", "2026-01-01T00:00", UTC, "2027-03-26T05:06:07"),
        ("30d", "2026-01-01T00:00", UTC, "2026-01-31T00:00"),
        ("12h", "2026-01-01T00:00", UTC, "2026-01-01T12:00"),
        ("45m", "2026-01-01T00:00", UTC, "2026-01-01T00:45"),
        # the clocks go forward on 29 March 2026: a day there is 23 hours, and 24 hours are 24 hours
        ("P1D", "2026-03-28T12:00", AMSTERDAM, "2026-03-29T11:00"),
        ("PT24H", "2026-03-28T12:00", AMSTERDAM, "2026-03-29T12:00"),
        # a year from new year's eve in UTC, which is new year's day in Amsterdam
        ("P1Y", "2023-12-31T23:30", AMSTERDAM, "2024-12-31T23:30"),
        ("P1Y", "2024-02-28T23:30", AMSTERDAM, "2025-02-27T23:30"),
    ],
)
def test_durations_are_counted_in_the_issuers_time_zone(text: str, start: str, zone: tzinfo, end: str) -> None:
    assert Duration.parse(text).after(at(start), zone) == at(end)


@pytest.mark.parametrize("text", ["", "P", "PT", "1Y", "P1Y2", "30", "30 d", "P-1D", "P1.5D", "٣d", "P9999999Y", "P1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|is longer than"):
        Duration.parse(text)


def test_the_end_of_time_is_as_far_as_it_goes() -> None:
    assert Duration.parse("P1000Y").after(at("9999-01-01T00:00"), UTC) == datetime.max.replace(tzinfo=UTC)
