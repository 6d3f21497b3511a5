"""Runs a catalogue's own tests: the activities are judged by the rules that judge a live system, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.evaluator.judging import ONCE, Earned, judge
from services.evaluator.known import Arrived
from services.evaluator.rules import Rule, Rules, compile_rules
from shared.catalogue.courses import course_in
from shared.catalogue.criteria import scales_of
from shared.catalogue.durations import Duration
from shared.catalogue.expectations import Expectation, Expected, Given
from shared.catalogue.explain import explain_achievement
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.model import Catalogue, Source, Tenant
from shared.catalogue.moments import Moment
from shared.catalogue.problems import Location, Problem, nearest
from shared.catalogue.scales import folded
from shared.catalogue.scores import UnscaledLetter, fraction

_DUE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that doesn't come true, and why."""

    test: str
    problem: Problem
    why: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        told = self.problem
        return {
            "test": self.test,
            "file": told.file,
            "line": told.line,
            "column": told.column,
            "message": told.message,
            "why": list(self.why),
        }


class Trial:
    """A tenant's achievements, ready to be tried."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._catalogue = Catalogue(0, (tenant,))
        self._rules: Rules = compile_rules(self._catalogue)
        self._live = {each.achievement.id: each for each in self._catalogue.current(tenant.issuer.tenant)}
        self._versions = {(each.achievement.id, each.achievement.version): each for each in tenant.achievements}
        self._zone = ZoneInfo(tenant.issuer.timezone)
        self._sources = {each.name: each for each in tenant.sources}

    def run(self, test: Expectation) -> list[Failure]:
        """Everything that isn't as the test expects."""
        mistakes = list(self._mistakes(test))
        if mistakes:
            return [Failure(test.name, test.placed.at(place, message)) for place, message in mistakes]
        facts: dict[str, list[Fact]] = {}
        for number, given in enumerate(test.given):
            facts.setdefault(given.learner, []).append(self._fact(number, given))
        learners = dict.fromkeys([*facts, *(each.learner for each in test.expected)])
        earned = {learner: self._judge(facts.get(learner, [])) for learner in learners}
        return [each for learner in learners for each in self._compared(test, learner, earned[learner], facts)]

    def _mistakes(self, test: Expectation) -> Iterator[tuple[Location, str]]:
        """Names that lead nowhere, and letters that mean nothing."""
        for number, given in enumerate(test.given):
            at = test.at("given", number)
            source = self._source(given)
            if source is None:
                yield (
                    (*at, "source"),
                    f'"{given.source}" is not a source here{nearest(given.source or "", self._sources)}',
                )
            elif self._score(given, source) is None and given.score is not None:
                yield (*at, "score"), f'"{given.score}" is on no scale that {source.name} names'
            if given.achievement is not None and given.achievement not in self._live:
                yield (*at, "achievement"), self._unknown(given.achievement)
        for number, name in enumerate(test.unexpected):
            if name not in self._live:
                yield test.at("expect_not", number), self._unknown(name)
        for number, each in enumerate(test.expected):
            if each.achievement not in self._live:
                yield test.at("expect", number), self._unknown(each.achievement)

    def _unknown(self, name: str) -> str:
        return f'no achievement of this issuer is called "{name}"{nearest(name, self._live)}'

    def _source(self, given: Given) -> Source | None:
        if given.source is None:
            return next(iter(self._sources.values()), None)
        return self._sources.get(given.source)

    def _score(self, given: Given, source: Source) -> float | None:
        if given.score is None:
            return None
        try:
            return fraction(given.score)
        except UnscaledLetter as letter:
            scale = self._tenant.scales.get(source.scale or "", {})
            return next((value for each, value in scale.items() if folded(each) == folded(str(letter))), None)

    def _fact(self, number: int, given: Given) -> Fact:
        source = self._source(given) or next(iter(self._sources.values()))
        [(kind, id_)] = given.things
        course, run = given.of_course, given.run
        if kind == "course":
            course = course_in(source.course, id_) if source.course else id_ if run else None
        name = f"activity {number + 1}"
        return Fact(
            id=name,
            event_id=name,
            source=source.name,
            verb=given.verb,
            kind=kind,
            ids=tuple(dict.fromkeys(each for each in (id_, run if kind == "course" else None) if each)),
            at=Moment.parse(given.at).first(self._zone),
            course=course,
            run=run,
            succeeded=given.success,
            score=self._score(given, source),
            raw_score=None if given.score is None else str(given.score),
            duration=None if given.duration is None else float(Duration.parse(given.duration).seconds),
            because=given.because,
        )

    def _judge(self, facts: Sequence[Fact]) -> list[Earned]:
        arrived = [Arrived(fact, ("test", 0, place), fact.at) for place, fact in enumerate(facts)]
        judgement = judge(
            self._rules.with_dependants(self._rules.all),
            arrived,
            (),
            award_id=lambda rule, key: f"{rule.achievement}:{key}",
            expiry=self._expiry,
            now=_DUE,
        )
        return list(judgement.earned)

    def _expiry(self, rule: Rule, valid_from: datetime) -> datetime | None:
        valid_for = self._versions[rule.achievement, rule.version].achievement.valid_for
        return Duration.parse(valid_for).after(valid_from, self._zone) if valid_for else None

    def _compared(
        self, test: Expectation, learner: str, earned: list[Earned], facts: dict[str, list[Fact]]
    ) -> Iterator[Failure]:
        left = [each for each in earned if test.nothing or each.rule.achievement in test.named]
        for number, expected in enumerate(test.expected):
            if expected.learner != learner:
                continue
            place = test.at("expect", number)
            found = next((each for each in left if _is(each, expected)), None)
            if found is None:
                message = f"{expected.achievement}{_for(expected)} is not awarded to {learner}"
                yield Failure(
                    test.name,
                    test.placed.at(place, message),
                    self._why(expected.achievement, facts.get(learner, []), earned),
                )
                continue
            left.remove(found)
            wrong = self._another_time(found, expected)
            if wrong is not None:
                yield Failure(test.name, test.placed.at((*place, "earned_at"), wrong))
        for each in left:
            slug = each.rule.achievement
            run = "" if each.key == ONCE else f" for the run {each.key}"
            message = f"{slug}{run} is awarded to {learner}, earned at {self._there(each)}: not expected"
            place = test.at("expect_not" if slug in test.unexpected else "expect")
            yield Failure(test.name, test.placed.at(place, message), self._why(slug, facts.get(learner, []), earned))

    def _another_time(self, earned: Earned, expected: Expected) -> str | None:
        if expected.earned_at is None:
            return None
        wanted, at = Moment.parse(expected.earned_at), earned.earned_at
        if wanted.first(self._zone) <= at <= wanted.last(self._zone):
            return None
        return f"{expected.achievement} is earned at {self._there(earned)}, and not at {expected.earned_at}"

    def _there(self, earned: Earned) -> str:
        return earned.earned_at.astimezone(self._zone).isoformat()

    def _why(self, slug: str, facts: Sequence[Fact], earned: Sequence[Earned]) -> tuple[str, ...]:
        others = [each for each in earned if each.rule.achievement != slug]
        held = [
            Holding(each.award_id, each.rule.achievement, each.due_at, self._expiry(each.rule, each.due_at))
            for each in others
        ]
        known = Facts.of(facts, held, self._tenant.issuer.timezone)
        return tuple(explain_achievement(self._live[slug], known, scales_of(self._tenant)).lines())


def _is(earned: Earned, expected: Expected) -> bool:
    return earned.rule.achievement == expected.achievement and expected.run in (None, earned.key)


def _for(expected: Expected) -> str:
    return f" for the run {expected.run}" if expected.run else ""
