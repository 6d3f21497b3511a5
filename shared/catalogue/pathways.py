"""Badges that add up to badges: who needs whom, as data, as Mermaid, and how far one learner is along the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.catalogue.clauses import Clause
from shared.catalogue.criteria import Scales, parse
from shared.catalogue.explain import explain_achievement
from shared.catalogue.facts import Facts
from shared.catalogue.model import LiveAchievement
from shared.catalogue.tree import Holds, Not, holds, walk


@dataclass(frozen=True, slots=True)
class Need:
    """One badge counts for another."""

    badge: str
    for_badge: str
    words: str = ""
    """`2 of level-*`: where not this very badge is needed"""
    denied: bool = False
    """it must not be held"""


@dataclass(frozen=True, slots=True)
class Pathway:
    """The badges of one issuer, by what they need: those that need none come first."""

    names: Mapping[str, str]
    levels: Mapping[str, int]
    needs: tuple[Need, ...]

    def towards(self, badge: str) -> tuple[str, ...]:
        """The badge and all that count for it, in the order in which they can be earned."""
        found = {badge}
        waiting = [badge]
        while waiting:
            target = waiting.pop()
            more = {each.badge for each in self.needs if each.for_badge == target and not each.denied} - found
            found |= more
            waiting += more
        return tuple(sorted(found, key=lambda each: (self.levels[each], each)))

    def mermaid(self) -> str:
        """A flow chart for https://mermaid.js.org, which many wikis and repositories draw."""
        ids = {slug: f"b{number}" for number, slug in enumerate(self.names)}
        lines = ["flowchart LR"]
        lines += [f'  {ids[slug]}["{_quoted(name)}"]' for slug, name in self.names.items()]
        for each in self.needs:
            words = f"not {each.words}".strip() if each.denied else each.words
            arrow = "-.->" if each.denied else "-->"
            label = f'|"{_quoted(words)}"|' if words else ""
            lines.append(f"  {ids[each.badge]} {arrow}{label} {ids[each.for_badge]}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Stop:
    """One badge on a learner's way."""

    badge: str
    name: str
    level: int
    held: bool
    clause: Clause

    def as_json(self) -> dict[str, Any]:
        """What is done, what is missing, in words and as a fraction."""
        clause = self.clause.as_json()
        return {
            "badge": self.badge,
            "name": self.name,
            "level": self.level,
            "held": self.held,
            "progress": 1.0 if self.held else clause["progress"],
            "sentences": self.clause.sentences(),
            "clause": clause,
        }


def pathway(achievements: Iterable[LiveAchievement]) -> Pathway:
    """Of the newest versions of one issuer's achievements. Raises CriterionError."""
    newest = {each.achievement.id: each for each in achievements}
    needs = [each for slug, live in newest.items() for each in _needs(slug, live, newest)]
    names = {slug: live.achievement.name for slug, live in newest.items()}
    return Pathway(names, _levels(newest, needs), tuple(dict.fromkeys(needs)))


def along(
    way: Pathway, badge: str, achievements: Iterable[LiveAchievement], facts: Facts, scales: Scales | None = None
) -> list[Stop]:
    """How far somebody is, stop by stop; the badge itself is the last."""
    newest = {each.achievement.id: each for each in achievements}
    held = {each.achievement for each in facts.held()}
    return [
        Stop(slug, way.names[slug], way.levels[slug], slug in held, explain_achievement(newest[slug], facts, scales))
        for slug in way.towards(badge)
    ]


def _needs(slug: str, live: LiveAchievement, newest: Mapping[str, LiveAchievement]) -> Iterable[Need]:
    criterion = parse(live.earned_when)
    denied = {held for part in walk(criterion) if isinstance(part, Not) for held in holds(part.of)}
    for wanted in holds(criterion):
        for other in newest:
            if other != slug and wanted.achievement.matches((other,)):
                yield Need(other, slug, _words(wanted, other), wanted in denied)


def _words(wanted: Holds, badge: str) -> str:
    if wanted.at_least == 1 and str(wanted.achievement) == badge:
        return ""
    return f"{wanted.at_least} of {wanted.achievement}"


def _levels(badges: Iterable[str], needs: Iterable[Need]) -> dict[str, int]:
    """The longest way to each; where badges count for each other by pattern, as far as it goes without a ring."""
    levels = dict.fromkeys(badges, 0)
    edges = [each for each in needs if not each.denied]
    for _ in range(len(levels)):
        before = dict(levels)
        for each in edges:
            levels[each.for_badge] = max(levels[each.for_badge], min(levels[each.badge] + 1, len(levels) - 1))
        if levels == before:
            break
    return levels


def _quoted(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("\n", " ")
