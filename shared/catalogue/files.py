"""What one file of a tenant's folder says: an issuer with its sources, or achievements. From bytes, without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.catalogue import entries, grammar, scales, yamltext
from shared.catalogue.model import Achievement, Issuer, Source
from shared.catalogue.problems import Finding, Location, Problem, nearest
from shared.catalogue.tree import Criterion, things

_TOP = ("issuer", "sources", "scales", "achievement", "earned_when")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where something was written, to tell about it later."""

    file: str
    text: yamltext.Text

    def problem(self, finding: Finding) -> Problem:
        """With its line."""
        place = self.text.place(finding.location)
        return Problem(self.file, place.line, place.column, finding.message)

    def at(self, location: Location, message: str) -> Problem:
        """An error there."""
        return self.problem(Finding(location, message))


@dataclass(frozen=True, slots=True)
class WrittenIssuer:
    """An issuer and its sources, as far as they could be read."""

    placed: Placed
    issuer: Issuer | None
    sources: tuple[tuple[int, Source], ...]
    """with the position in the list as written"""
    scales: dict[str, dict[str, float]] = field(default_factory=dict)
    """as far as they could be read"""
    scale_names: frozenset[str] = frozenset()
    """of all, those that couldn't be read too"""


@dataclass(frozen=True, slots=True)
class WrittenAchievement:
    """An achievement and its criteria; `criterion` is None while they can't be evaluated."""

    placed: Placed
    achievement: Achievement
    earned_when: dict[str, Any]
    criterion: Criterion | None


@dataclass(slots=True)
class Written:
    """All that a file says."""

    issuers: list[WrittenIssuer] = field(default_factory=list)
    achievements: list[WrittenAchievement] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """of all achievements, those that couldn't be read too"""
    problems: list[Problem] = field(default_factory=list)


def read_file(name: str, content: bytes) -> Written:
    """Reads on after a mistake; `name` is what problems call the file."""
    written = Written()
    try:
        texts = yamltext.read(content)
    except yamltext.Unreadable as error:
        written.problems.append(Problem(name, error.place.line, error.place.column, str(error)))
        return written
    if not texts:
        written.problems.append(Problem(name, 1, 1, "the file is empty"))
    for text in texts:
        _document(Placed(name, text), written)
    return written


def _document(placed: Placed, written: Written) -> None:
    raw = placed.text.value
    if not isinstance(raw, dict):
        written.problems.append(placed.at((), f"a file has fields at its top: {', '.join(_TOP)}"))
        return
    written.problems += [
        placed.at((name,), f'"{name}" is not a field here{nearest(name, _TOP)}') for name in raw if name not in _TOP
    ]
    if not raw.keys().isdisjoint(("issuer", "sources", "scales")):
        _issuer(placed, raw, written)
    if "achievement" in raw or "earned_when" in raw:
        _achievement(placed, raw, written)


def _issuer(placed: Placed, raw: dict[str, Any], written: Written) -> None:
    issuer: Issuer | None = None
    findings: list[Finding] = []
    if "issuer" in raw:
        issuer, findings = entries.read(Issuer, raw["issuer"], ("issuer",))
    else:
        findings = [Finding((), 'needs "issuer"')]
    sources: list[tuple[int, Source]] = []
    given = raw.get("sources") or []
    if not isinstance(given, list):
        findings.append(Finding(("sources",), "needs a list of sources"))
        given = []
    for at, each in enumerate(given):
        source, wrong = entries.read(Source, each, ("sources", at))
        findings += wrong
        if source is not None:
            sources.append((at, source))
    known, wrong = scales.read(raw.get("scales"), ("scales",))
    written.problems += _told(placed, [*findings, *wrong])
    written.issuers.append(WrittenIssuer(placed, issuer, tuple(sources), known, scales.names(raw.get("scales"))))


def _achievement(placed: Placed, raw: dict[str, Any], written: Written) -> None:
    findings: list[Finding] = [
        Finding((), f'needs "{name}"') for name in ("achievement", "earned_when") if name not in raw
    ]
    achievement: Achievement | None = None
    if "achievement" in raw:
        written.names |= _names(raw["achievement"])
        achievement, wrong = entries.read(Achievement, raw["achievement"], ("achievement",))
        findings += wrong
    criterion: Criterion | None = None
    if "earned_when" in raw:
        criterion, wrong = grammar.read(raw["earned_when"], ("earned_when",))
        findings += wrong
    if achievement is not None:
        findings += _without_runs(achievement, criterion)
        when = raw.get("earned_when")
        written.achievements.append(
            WrittenAchievement(placed, achievement, when if isinstance(when, dict) else {}, criterion)
        )
    written.problems += _told(placed, findings)


def _without_runs(achievement: Achievement, criterion: Criterion | None) -> list[Finding]:
    if not achievement.repeatable or criterion is None or any(each.kind == "course" for each in things(criterion)):
        return []
    return [
        Finding(
            ("achievement", "repeatable"), "repeatable is once for each run of a course, and no course is asked for"
        )
    ]


def _names(raw: Any) -> set[str]:
    name = raw.get("id") if isinstance(raw, dict) else None
    return {name} if isinstance(name, str) else set()


def _told(placed: Placed, findings: Iterable[Finding]) -> list[Problem]:
    return [placed.problem(each) for each in findings]
