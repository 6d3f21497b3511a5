"""Rules that nothing comes for: when each was last touched and last led to an award, over restarts and processes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.evaluator.compiled import Compiled
from services.evaluator.rules import Rule
from shared.errors import Unavailable

Name = tuple[str, str]
"""tenant and achievement"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Of an achievement, whatever the version."""

    since: datetime
    """it has been watched"""
    touched_at: datetime | None = None
    """something that it looks at came; None: never"""
    matched_at: datetime | None = None
    """it led to an award; None: never"""

    def and_then(self, other: Seen) -> Seen:
        """Both together."""
        return Seen(
            min(self.since, other.since),
            _newer(self.touched_at, other.touched_at),
            _newer(self.matched_at, other.matched_at),
        )


class SeenRules(Protocol):
    """Where evaluators add up what they saw."""

    async def add(self, seen: Mapping[Name, Seen]) -> None:
        """Raises Unavailable."""
        ...

    async def all(self) -> dict[Name, Seen]:
        """Raises Unavailable."""
        ...


class ShownRules(Protocol):
    """What this process saw since it was asked last, and where an operator looks."""

    def taken(self) -> dict[Name, Seen]:
        """Since the last time."""
        ...

    def give_back(self, seen: Mapping[Name, Seen]) -> None:
        """It couldn't be written down."""
        ...

    def show(self, rules: Mapping[Name, Seen], looking: Collection[Name]) -> None:
        """These and no others; `looking` are those that activities can touch."""
        ...


@dataclass(frozen=True, slots=True)
class Watching:
    """Run now and then. A crash loses what was seen since the last time, and nothing else."""

    store: SeenRules
    shown: ShownRules
    clock: Callable[[], datetime]

    async def look(self, live: Compiled) -> None:
        """Raises Unavailable; what couldn't be written is kept."""
        now = self.clock()
        rules = [each for each in live.rules.all if each.earnable and not _retired(each, now)]
        names = {(each.tenant, each.achievement) for each in rules}
        taken = self.shown.taken()
        try:
            known = await self.store.all()
            new = {name: Seen(now) for name in names - known.keys()}
            changes = {name: seen.and_then(new.get(name, seen)) for name, seen in taken.items()}
            await self.store.add(new | changes)
        except Unavailable:
            self.shown.give_back(taken)
            raise
        together = known | new
        for name, seen in changes.items():
            together[name] = seen.and_then(together[name]) if name in together else seen
        looking = {(each.tenant, each.achievement) for each in rules if each.things}
        self.shown.show({name: together[name] for name in names}, looking)


def _retired(rule: Rule, now: datetime) -> bool:
    return rule.retires_at is not None and rule.retires_at <= now


def _newer(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)
