"""How much of what a framework asks of a micro-credential an achievement says. Ready is not certified: nobody looked.

Only what is in the catalogue can be measured. What Laurel itself writes into every credential (who earned it, when,
from whom) is counted, because a reader finds it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.model import Achievement, Issuer, LiveAchievement, Tenant
from shared.catalogue.tree import Criterion, Mastered, Passed, Score, things, walk

_TESTS = ("exam", "test", "quiz", "multiple choice", "multiple-choice", "questionnaire")
_WORK = frozenset({"assignment", "module", "content"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured."""

    issuer: Issuer
    achievement: Achievement
    criterion: Criterion | None


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a framework asks for."""

    name: str
    said: Callable[[Subject], str | None]
    """what the achievement says of it; None: nothing"""
    advice: str
    """what to write, and where"""


@dataclass(frozen=True, slots=True)
class Profile:
    """A framework, and where to read it."""

    name: str
    title: str
    source: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """One element of one achievement."""

    name: str
    said: str | None
    advice: str


@dataclass(frozen=True, slots=True)
class Measure:
    """How far one achievement is."""

    tenant: str
    achievement: str
    version: int
    elements: tuple[Measured, ...]

    @property
    def there(self) -> int:
        """How many elements are said."""
        return sum(each.said is not None for each in self.elements)

    @property
    def missing(self) -> tuple[Measured, ...]:
        """Those that aren't."""
        return tuple(each for each in self.elements if each.said is None)

    @property
    def ready(self) -> bool:
        """All are said."""
        return not self.missing

    @property
    def sentence(self) -> str:
        """`9 of 11: missing notional workload, type of assessment`."""
        counted = f"{self.there} of {len(self.elements)}"
        return f"{counted}: ready" if self.ready else f"{counted}: missing {', '.join(e.name for e in self.missing)}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "tenant": self.tenant,
            "achievement": self.achievement,
            "version": self.version,
            "ready": self.ready,
            "there": self.there,
            "of": len(self.elements),
            "sentence": self.sentence,
            "elements": [{"name": e.name, "said": e.said, "advice": e.advice} for e in self.elements],
        }


def measure(profile: Profile, tenant: Tenant, live: LiveAchievement) -> Measure:
    """Of one version."""
    subject = Subject(tenant.issuer, live.achievement, _criterion(live))
    return Measure(
        tenant.issuer.tenant,
        live.achievement.id,
        live.achievement.version,
        tuple(Measured(each.name, each.said(subject) or None, each.advice) for each in profile.elements),
    )


def measure_all(profile: Profile, tenants: Sequence[Tenant]) -> list[Measure]:
    """Of every achievement its newest version."""
    found: list[Measure] = []
    for tenant in tenants:
        newest = {live.achievement.id: live for live in sorted(tenant.achievements, key=_version)}
        found += [measure(profile, tenant, live) for live in newest.values()]
    return found


def _version(live: LiveAchievement) -> tuple[str, int]:
    return live.achievement.id, live.achievement.version


def _criterion(live: LiveAchievement) -> Criterion | None:
    try:
        return parse(live.earned_when)
    except CriterionError:
        return None


def _workload(subject: Subject) -> str | None:
    given = subject.achievement.credits
    if given is None:
        return None
    said = [f"{given.ects:g} ECTS" if given.ects is not None else "", given.workload or ""]
    return ", ".join(filter(None, said)) or None


def _assessment(subject: Subject) -> str | None:
    return subject.achievement.assessment.type if subject.achievement.assessment else None


def _applied(subject: Subject) -> str | None:
    """Of an exam it can't be told that anything was applied."""
    kind = (_assessment(subject) or "").strip()
    return None if not kind or any(word in kind.lower() for word in _TESTS) else kind


def _skills(subject: Subject) -> str | None:
    return ", ".join(each.name for each in subject.achievement.alignment) or None


def _recognised(subject: Subject) -> str | None:
    return ", ".join(each.by for each in subject.issuer.accreditation) or None


def _outcomes(subject: Subject) -> str | None:
    return "; ".join(subject.achievement.learning_outcomes) or None


def _result(subject: Subject) -> str | None:
    """Its criteria ask for a result, and not for attendance alone: so the credential states one."""
    every = walk(subject.criterion) if subject.criterion is not None else ()
    judged = any(isinstance(each, Score | Passed | Mastered) for each in every)
    return "the criteria ask for a score, a pass or a mastered outcome" if judged else None


def _work(subject: Subject) -> str | None:
    found = things(subject.criterion) if subject.criterion is not None else ()
    return ", ".join(f"{each.kind} {each.pattern}" for each in found if each.kind in _WORK) or None


def _open_badge(subject: Subject) -> str:
    return f"{subject.achievement.name}, with description and criteria"


_OUTCOMES = Element("learning outcomes", _outcomes, "achievement.learning_outcomes: [Designs …, Operates …]")

EU = Profile(
    "eu-microcredential",
    "Council Recommendation 2022/C 243/02, Annex I: mandatory elements",
    "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32022H0627(02)",
    (
        Element("identification of the learner", lambda _: "in every credential, as a salted hash", ""),
        Element("title", lambda subject: subject.achievement.name, "achievement.name"),
        Element(
            "country or region of the issuer", lambda subject: subject.achievement.country, "achievement.country: NL"
        ),
        Element("awarding body", lambda subject: subject.issuer.name, "issuer.name"),
        Element("date of issuing", lambda _: "in every credential", ""),
        _OUTCOMES,
        Element("notional workload", _workload, "achievement.credits: {ects: 3}, or {workload: PT75H} outside of ECTS"),
        Element(
            "level",
            lambda subject: subject.achievement.credits.level if subject.achievement.credits else None,
            'achievement.credits: {level: "EQF 6"}; where no level applies, it may stay away',
        ),
        Element("type of assessment", _assessment, "achievement.assessment: {type: exam}"),
        Element(
            "form of participation",
            lambda subject: subject.achievement.participation,
            "achievement.participation: online, onsite or blended",
        ),
        Element(
            "type of quality assurance",
            lambda subject: subject.achievement.quality.assured_by if subject.achievement.quality else None,
            "achievement.quality: {assured_by: …}",
        ),
    ),
)

_BASIS = (
    Element("an Open Badges achievement", _open_badge, ""),
    _OUTCOMES,
    Element("skills", _skills, "achievement.alignment: [{name: …, url: …, framework: ESCO}]"),
    Element("the issuer's accreditation", _recognised, "issuer.accreditation: [{by: …, url: …}]"),
)

KNOWLEDGE = Profile(
    "trusted-knowledge",
    "1EdTech TrustEd Microcredential Knowledge, as far as it is stated publicly",
    "https://www.1edtech.org/program/tmc",
    (
        *_BASIS,
        Element("a validated assessment", _assessment, "achievement.assessment: {type: exam}"),
        Element("the assessment's result", _result, "earned_when: a score, passed or mastered besides completed"),
    ),
)

APPLICATION = Profile(
    "trusted-application",
    "1EdTech TrustEd Microcredential Application, as far as it is stated publicly",
    "https://www.1edtech.org/program/tmc",
    (
        *_BASIS,
        Element(
            "an assessment of applying it",
            _applied,
            "achievement.assessment: {type: project}, or lab, presentation, portfolio …; an exam shows knowledge",
        ),
        Element("the assessment's result", _result, "earned_when: a score, passed or mastered besides completed"),
        Element("the work as evidence", _work, "earned_when: name the assignment, module or content that was done"),
    ),
)

PROFILES: Mapping[str, Profile] = {each.name: each for each in (EU, KNOWLEDGE, APPLICATION)}
