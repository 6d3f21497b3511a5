"""Which rules an activity can touch: found by its ids, so that the other thousands cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from services.evaluator.rules import Rule
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.facts import Fact
from shared.catalogue.patterns import Simple
from shared.catalogue.tree import Thing

Entry = tuple[Thing, Rule]
REMEMBERED = 20_000
"""things whose rules are remembered: learners do the same courses"""


@dataclass(slots=True)
class _Ends:
    """Entries by a piece of text that an id must begin, or end, with."""

    of_text: dict[str, list[Entry]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()

    def add(self, text: str, entry: Entry) -> None:
        self.of_text.setdefault(text, []).append(entry)
        self.lengths = tuple(sorted({*self.lengths, len(text)}))


@dataclass(slots=True)
class _Kind:
    """The patterns of one tenant for one kind of thing."""

    literals: dict[str, list[Entry]] = field(default_factory=dict)
    beginnings: _Ends = field(default_factory=_Ends)
    endings: _Ends = field(default_factory=_Ends)
    others: list[Entry] = field(default_factory=list)
    """`*x*` and the like: tried one by one"""

    def add(self, simple: Simple, entry: Entry) -> None:
        if simple.literal:
            self.literals.setdefault(simple.prefix, []).append(entry)
        elif len(simple.prefix) >= max(1, len(simple.suffix)):
            self.beginnings.add(simple.prefix, entry)
        elif simple.suffix:
            self.endings.add(simple.suffix, entry)
        else:
            self.others.append(entry)

    def candidates(self, ids: Iterable[str]) -> Iterator[Entry]:
        for each in ids:
            yield from self.literals.get(each, ())
            for length in self.beginnings.lengths:
                yield from self.beginnings.of_text.get(each[:length], ())
            for length in self.endings.lengths:
                yield from self.endings.of_text.get(each[-length:], ())
        yield from self.others


class Index:
    """Of one revision's rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._decided: dict[tuple[str, str], list[Rule]] = {}
        for rule in rules:
            self._decided.setdefault((rule.tenant, rule.achievement), []).append(rule)
            for thing in rule.things:
                kind = self._kinds.setdefault((rule.tenant, thing.kind), _Kind())
                for simple in thing.pattern.alternatives:
                    kind.add(simple, (thing, rule))
        self._about = lru_cache(REMEMBERED)(self._look)

    def touched_by(self, tenant: str, fact: Fact) -> tuple[Rule, ...]:
        """Every rule that the fact can make a difference to, once each."""
        if fact.kind == DECIDED:
            decided = (rule for each in fact.ids for rule in self._decided.get((tenant, each), ()))
            return tuple(each for each in decided if each.touched_by(fact))
        return self._about(tenant, fact.kind, fact.source, fact.ids)

    def _look(self, tenant: str, kind: str, source: str, ids: tuple[str, ...]) -> tuple[Rule, ...]:
        known = self._kinds.get((tenant, kind))
        if known is None:
            return ()
        found: dict[int, Rule] = {}
        for thing, rule in known.candidates(ids):
            if id(rule) not in found and thing.source in (None, source) and thing.pattern.matches(ids):
                found[id(rule)] = rule
        return tuple(found.values())
