"""What evaluators saw of rules adds up in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.evaluator.watch_store import MongoSeenRules
from services.evaluator.watching import Seen

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INTRO = ("north", "intro")


async def test_what_two_evaluators_saw_adds_up_in_whichever_order_they_write(database: Any) -> None:
    one, other = MongoSeenRules(database), MongoSeenRules(database)

    await one.add({INTRO: Seen(NOW + HOUR, touched_at=NOW + 2 * HOUR)})
    await other.add({INTRO: Seen(NOW, touched_at=NOW + HOUR, matched_at=NOW + HOUR)})
    await one.add({INTRO: Seen(NOW + 3 * HOUR)})
    await one.add({})

    assert await other.all() == {INTRO: Seen(NOW, NOW + 2 * HOUR, NOW + HOUR)}
