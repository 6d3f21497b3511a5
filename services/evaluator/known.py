"""What one rule can see of a learner, in the order in which it first arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from services.evaluator.rules import Rule
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.facts import Fact, Facts, Holding, newest

Position: TypeAlias = tuple[str, int, int]
"""topic, partition and offset of a first delivery"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An activity, and when it came."""

    fact: Fact
    position: Position
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """An award is over for good: revoked, or declined."""

    by: str | None
    """the id of the fact that says so; None: nobody knows any more"""
    since: datetime | None = None
    """people said so then: what had happened by then is dealt with"""
    after: Position | None = None
    """the facts said so, after that arrival"""


@dataclass(frozen=True, slots=True)
class Held:
    """An award that exists, and after which arrival it was earned."""

    holding: Holding
    key: str
    position: Position
    received_at: datetime
    withdrawn: bool = False
    award_key: str = ""
    """what it is for, and after what it was earned again; `key` is what it is for alone"""
    ended: Ended | None = None
    since: datetime | None = None
    """what happened until then doesn't count for it"""
    after: Position | None = None
    """of a withdrawn one: after which arrival it no longer held"""

    @property
    def stands(self) -> bool:
        """What it is for can't be earned again as long as it is there."""
        return not self.withdrawn and self.ended is None


@dataclass(frozen=True, slots=True)
class Known:
    """Every version of each fact that counts for the rule, and the badges that it needs."""

    activities: tuple[Arrived, ...]
    badges: tuple[Held, ...]
    counts: Callable[[Fact], bool]
    versions: bool = False
    """some facts may have several"""

    @classmethod
    def of(cls, arrived: Iterable[Arrived], badges: Iterable[Held], counts: Callable[[Fact], bool]) -> Known:
        """A version that counts brings all others of its fact: they say whether it still does."""
        everything = tuple(arrived)
        found = tuple(each for each in everything if counts(each.fact))
        if all(each.fact.fact is None for each in everything):
            return cls(found, tuple(badges), counts)
        ones = {each.fact.one for each in found}
        found = tuple(each for each in everything if each.fact.one in ones)
        return cls(found, tuple(badges), counts, versions=True)

    def positions(self) -> list[Position]:
        """After which something was known that wasn't before."""
        return sorted({each.position for each in self.activities} | {each.position for each in self.badges})

    def turns(self) -> set[Position]:
        """Where what was known may have become less: a fact was corrected or withdrawn, or somebody decided."""
        found: set[Position] = set()
        seen: set[str] = set()
        for each in sorted(self.activities, key=lambda each: each.position):
            if each.fact.kind == DECIDED or each.fact.withdrawn or each.fact.one in seen:
                found.add(each.position)
            seen.add(each.fact.one)
        return found

    def until(self, position: Position) -> Known:
        """What had arrived by then."""
        return replace(
            self,
            activities=tuple(each for each in self.activities if each.position <= position),
            badges=tuple(each for each in self.badges if each.position <= position),
        )

    def of_run(self, run: str) -> Known:
        """Course leaves look at that run alone."""

        def counts(fact: Fact) -> bool:
            return (fact.kind != "course" or fact.run_key == run) and self.counts(fact)

        return Known.of(self.activities, self.badges, counts)

    def since(self, moment: datetime) -> Known:
        """What happened later than that, with all badges."""
        return Known.of(self.activities, self.badges, lambda fact: fact.at > moment and self.counts(fact))

    def corrected(self) -> bool:
        """Some of it may say that other facts don't hold, or that people decided."""
        return any(each.fact.fact or each.fact.withdrawn or each.fact.kind == DECIDED for each in self.activities)

    def runs(self) -> list[str]:
        """Of all courses that count."""
        counted = (each.fact for each in self.activities if each.fact.kind == "course")
        return list(dict.fromkeys(each.run_key for each in counted if self.counts(each)))

    def is_decided(self) -> bool:
        """A registrar said something."""
        return any(each.fact.kind == DECIDED for each in self.activities)

    def expires(self) -> bool:
        """A badge runs out."""
        return any(each.holding.until is not None for each in self.badges)

    def received_at(self, position: Position) -> datetime:
        """When what arrived there was accepted."""
        there: list[Arrived | Held] = [*self.activities, *self.badges]
        return max(each.received_at for each in there if each.position == position)

    def facts(self, rule: Rule) -> Facts:
        """As criteria see it: of each fact the newest version, if it counts."""
        known: Iterable[Fact] = (each.fact for each in self.activities)
        if self.versions:
            known = (each for each in newest(known) if self.counts(each))
        holdings = sorted((each.holding for each in self.badges), key=lambda each: (each.since, each.award_id))
        activities = sorted(known, key=lambda each: (each.at, each.id))
        return Facts(tuple(activities), tuple(holdings), rule.zone)
