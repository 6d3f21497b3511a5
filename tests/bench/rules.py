"""The evaluator's domain with many rules beside few: an activity should meet only the rules that it can touch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.evaluator.compiled import Compiled, compiled
from services.evaluator.judging import judge
from services.evaluator.known import Arrived
from services.evaluator.rules import Rule
from shared.catalogue.facts import Fact
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from tests.bench.rounds import Line, at_least, cpu_seconds, medians

LEARNERS = 3_000
FEW, MANY = 10, 10_000
GOAL = 0.9
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def report() -> list[Line]:
    """Judging a batch with 10,000 rules ÷ with 10, in CPU."""
    few, many = _work(compiled(_catalogue(FEW))), _work(compiled(_catalogue(MANY)))
    found = medians({"few": lambda: cpu_seconds(few), "many": lambda: cpu_seconds(many)}, rounds=15)
    micro = {name: seconds / LEARNERS * 1e6 for name, seconds in found.items()}
    detail = f"{micro['few']:.0f} µs and {micro['many']:.0f} µs of CPU an activity"
    return [at_least("judging with 10,000 rules ÷ with 10", found["few"] / found["many"], GOAL, detail)]


def _catalogue(rules: int) -> Catalogue:
    issuer = Issuer(tenant="bench", id="did:web:bench.example.org", name="Bench", url="https://bench.example.org")
    achievements = tuple(
        LiveAchievement(
            tenant="bench",
            achievement=Achievement(
                id=f"badge-{number}", version=1, type="Badge", name="Badge", description="A badge", criteria="Do it"
            ),
            earned_when={
                "all": [
                    {"completed": {"course": f"course-v1:Bench+C{number:05d}+*"}},
                    {"score": {"course": f"course-v1:Bench+C{number:05d}+*", "at_least": "80%"}},
                ]
            },
            image=b"",
        )
        for number in range(rules)
    )
    source = Source(name="lms", dialect="xapi", topic="lms.bench")
    return Catalogue(1, (Tenant(issuer=issuer, sources=(source,), achievements=achievements),))


def _work(live: Compiled) -> Callable[[], None]:
    """One activity a learner, each about one of the courses that rules are about."""
    courses = len(live.rules.all)
    facts = [_fact(number, number * 7919 % courses) for number in range(LEARNERS)]

    def work() -> None:
        for number, fact in enumerate(facts):
            rules = live.index.touched_by("bench", fact)
            judgement = judge(
                live.rules.with_dependants(rules),
                [Arrived(fact, ("t", 0, number), NOW)],
                (),
                award_id=_award_id,
                expiry=_never,
                now=NOW,
            )
            assert len(judgement.earned) == 1

    return work


def _award_id(rule: Rule, key: str) -> str:
    return f"{rule.achievement}/{key}"


def _never(_: Rule, __: datetime) -> None:
    return None


def _fact(learner: int, course: int) -> Fact:
    return Fact(
        id=f"activity-{learner}",
        event_id=f"event-{learner}",
        source="lms",
        verb="completed",
        kind="course",
        ids=(f"course-v1:Bench+C{course:05d}+2026",),
        at=NOW - timedelta(days=1),
        succeeded=True,
        score=0.9,
    )
