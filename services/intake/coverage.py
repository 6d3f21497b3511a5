"""Which courses any badge of the live catalogue asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.model import Catalogue
from shared.catalogue.tree import Thing, things

_REMEMBERED = 10_000


@dataclass(slots=True)
class Coverage:
    """Compiled once a revision, and asked once a course."""

    current: Callable[[], Catalogue]
    _revision: int = -1
    _things: dict[str, list[Thing]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, tuple[str, ...]], bool] = field(default_factory=dict)
    _covered: set[tuple[str, str, str]] = field(default_factory=set)
    """every id of courses that a rule looks at: other events may name the same course by one of them alone"""

    def covers(self, tenant: str, source: str, ids: tuple[str, ...]) -> bool:
        """Whether a rule looks at a course of these ids, or at one that had one of them too, from this source."""
        catalogue = self.current()
        if catalogue.revision != self._revision:
            self._compile(catalogue)
        asked = (tenant, source, ids)
        answer = self._answers.get(asked)
        if answer is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            answer = self._answers[asked] = any(
                each.source in (None, source) and each.pattern.matches(ids) for each in self._things.get(tenant, ())
            )
            if answer:
                self._remember({(tenant, source, each) for each in ids})
        return answer or any((tenant, source, each) in self._covered for each in ids)

    def _remember(self, ids: set[tuple[str, str, str]]) -> None:
        if len(self._covered) >= _REMEMBERED:
            self._covered.clear()
        self._covered |= ids

    def _compile(self, catalogue: Catalogue) -> None:
        self._revision = catalogue.revision
        self._answers.clear()
        self._covered.clear()
        self._things = {}
        for tenant in catalogue.tenants:
            of = self._things.setdefault(tenant.issuer.tenant, [])
            for live in catalogue.earnable(tenant.issuer.tenant):
                try:
                    of += (each for each in things(parse(live.earned_when)) if each.kind == "course")
                except CriterionError:
                    continue  # a newer Laurel's: the evaluator tells
