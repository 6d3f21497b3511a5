"""Awards that wait for their learner's address, so that the credential is made out to it and its mail goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.evaluator.awards import OwnAward, awaiting_address
from services.evaluator.compiled import Compiled
from services.evaluator.ports import Clock, Directory, Learner

FIRST_LOOK = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
"""between two looks into the directory: an announcement that got lost costs that much at most"""


def next_look(award: OwnAward, now: datetime) -> datetime:
    """Ever more rarely, and when it has waited long enough."""
    look: datetime = now + min(FIRST_LOOK * 2 ** min(award.tries, 16), LONGEST_PAUSE)
    return look if award.waits_until is None else min(look, award.waits_until)


class Addresses:
    """Who can be written to."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    async def awaited(
        self, awards: Sequence[OwnAward], activities: Mapping[Learner, Sequence[Mapping[str, Any]]], live: Compiled
    ) -> list[OwnAward]:
        """New awards as they are to be stored: those that are due wait where an address is missing.

        An activity that arrived with an address saves looking into the directory.
        """
        due = [each for each in awards if each.is_earned]
        unknown = [each for each in due if not _names_address(activities.get((each.tenant, each.learner), ()))]
        waiting = {each.id: each for each in await self.without(unknown, live)}
        return [waiting.get(each.id, each) for each in awards]

    async def without(self, due: Sequence[OwnAward], live: Compiled) -> list[OwnAward]:
        """Those that are to wait now, for as long as their issuer says."""
        now = self._clock()
        until = {each.id: live.address_by(each.tenant, max(now, each.due_at)) for each in due}
        patient = [each for each in due if until[each.id] > now]
        known = await self.known((each.tenant, each.learner) for each in patient)
        return [
            awaiting_address(each, until[each.id], min(now + FIRST_LOOK, until[each.id]))
            for each in patient
            if (each.tenant, each.learner) not in known
        ]

    async def known(self, learners: Iterable[Learner]) -> Collection[Learner]:
        """Those of them that have an address."""
        asked = set(learners)
        return await self._directory.reachable(asked) if asked else ()


def _names_address(activities: Iterable[Mapping[str, Any]]) -> bool:
    return any(each.get("reachable") for each in activities)
