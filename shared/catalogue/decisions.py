"""What a registrar decides about one learner and one achievement: it counts whatever the criteria say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from shared.catalogue.facts import Fact

KIND = "achievement"
GRANTED, WITHHELD = "granted", "withheld"


def decides(fact: Fact, achievement: str) -> bool:
    """It is a decision about that achievement."""
    return fact.kind == KIND and achievement in fact.ids and fact.verb in (GRANTED, WITHHELD)


def decision(facts: Iterable[Fact], achievement: str) -> Fact | None:
    """The newest of those in force."""
    return max(
        (each for each in facts if decides(each, achievement)), key=lambda each: (each.at, each.id), default=None
    )


def decided(evidence: Sequence[Fact], zone: tzinfo) -> str | None:
    """Why somebody has a badge that a registrar awarded, in one sentence; None for one that was earned."""
    if len(evidence) == 1 and evidence[0].kind == KIND:
        return of_decision(evidence[0], zone)
    return None


def of_decision(fact: Fact, zone: tzinfo) -> str:
    """`Awarded by the registrar on 2026-03-01: passed at another school`."""
    what = "Awarded" if fact.verb == GRANTED else "Withheld"
    said = f"{what} by the registrar on {fact.at.astimezone(zone).date().isoformat()}"
    return f"{said}: {fact.because}" if fact.because else said
