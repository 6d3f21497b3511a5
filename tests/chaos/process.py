"""A service as it is, but slower; if asked, with the mistake that Laurel doesn't make: the control of the kill tests.

`python -m tests.chaos.process NAME [commit-first|slow-waiting]`
"""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
from collections.abc import Collection, Sequence
from typing import Any

from services.intake.ports import Parked
from services.intake.store_waiting import MongoWaitingRoom
from shared.runtime.positions import Spans
from shared.runtime.records import Postponed, Record, Refusal
from shared.runtime.routes import Route
from shared.runtime.stage import Stage

SECONDS_A_BATCH = float(os.environ.get("LAUREL_CHAOS_SECONDS_A_BATCH", "0.4"))

SECONDS_AROUND_WAITING = 0.05
"""before something is parked, and before it is let go"""

_attempt, _process = Stage._attempt, Stage._process
_park, _go_on = MongoWaitingRoom.park, MongoWaitingRoom.go_on


async def _slow_attempt(self: Stage, route: Route, good: Sequence[Any]) -> list[Refusal | Postponed]:
    await asyncio.sleep(SECONDS_A_BATCH)
    return await _attempt(self, route, good)


async def _commit_first(
    self: Stage, route: Route, topic: str, records: list[Record], done: Spans, *, testing: bool
) -> None:
    await self.positions.commit(topic, done)
    await _process(self, route, topic, records, done, testing=testing)


async def _slow_park(self: MongoWaitingRoom, parked: Sequence[Parked]) -> Collection[str]:
    await asyncio.sleep(SECONDS_AROUND_WAITING)
    return await _park(self, parked)


async def _slow_go_on(self: MongoWaitingRoom, parked: Parked, left: Parked | None) -> None:
    await asyncio.sleep(SECONDS_AROUND_WAITING)
    await _go_on(self, parked, left)


if __name__ == "__main__":
    Stage._attempt = _slow_attempt  # type: ignore[method-assign]
    if "commit-first" in sys.argv[2:]:
        Stage._process = _commit_first  # type: ignore[method-assign]
    if "slow-waiting" in sys.argv[2:]:
        MongoWaitingRoom.park = _slow_park  # type: ignore[method-assign]
        MongoWaitingRoom.go_on = _slow_go_on  # type: ignore[method-assign]
    runpy.run_module(f"services.{sys.argv[1]}", run_name="__main__")
