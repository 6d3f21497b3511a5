"""One learner's way to one achievement, told so that whoever doesn't know the system learns why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.ctl.standing import Stands, State, Told
from shared.catalogue.criteria import scales_of
from shared.catalogue.explain import Clause, explain_achievement
from shared.catalogue.facts import Facts, fact_of, holding_of
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.scores import percent
from shared.catalogue.words import several
from shared.contracts.documents import Learner, StatusFact

_GONE = (State.WITHDRAWN, State.DECLINED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Judged from what is stored now."""

    tenant: Tenant
    live: LiveAchievement
    """under whose criteria"""
    earnable: tuple[int, ...]
    """versions that can be earned today"""
    learner: Learner
    clause: Clause
    facts: Facts
    awards: tuple[Told, ...]
    now: datetime
    formerly: str | None = None
    """the account that was asked for, and is this one since it was merged"""

    @property
    def met(self) -> bool:
        """Whether the criteria hold now."""
        return self.clause.met

    @property
    def state(self) -> State:
        """Of the award that counts for most."""
        order = list(State)
        return min((each.state for each in self.awards), key=order.index, default=State.NOT_YET)

    @property
    def progress(self) -> float:
        """How much is done, 0..1; 1 exactly if all of it is."""
        return 1.0 if self.met else self.clause.progress

    @property
    def who(self) -> str:
        """As the LMS knows them: `Ada Lovelace (ada, known by canvas-main)`."""
        known, of = self.learner.external_id, self.learner.directory
        known = known if of.startswith("tenant:") else f"{known}, known by {of}"
        return f"{self.learner.name} ({known})" if self.learner.name else known

    @property
    def title(self) -> str:
        """Who and what, and how it stands."""
        achievement = self.live.achievement
        state = self.state.value
        if self.state is State.NOT_YET and not self.met and self.progress:
            state += f", {percent(min(round(self.progress, 2), 0.99))} of the way"
        return f"“{achievement.name}” and {self.who}: {state}"

    @property
    def lines(self) -> list[str]:
        """The tree of criteria, ready to print."""
        return self.clause.lines()

    @property
    def sentences(self) -> list[str]:
        """All that there is to say."""
        return list(self._sentences())

    def unmet(self) -> list[Clause]:
        """The innermost clauses that don't hold and say what is missing."""
        return self.clause.unmet()

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "tenant": self.live.tenant,
            "achievement": self.live.achievement.id,
            "version": self.live.achievement.version,
            "earnable_versions": list(self.earnable),
            "learner": self.learner.id,
            "known_as": self.learner.external_id,
            "directory": self.learner.directory,
            "name": self.learner.name,
            "state": self.state.value,
            "met": self.met,
            "progress": self.progress,
            "awards": [each.as_json() for each in self.awards],
            "sentences": self.sentences,
            "lines": self.lines,
            "clause": self.clause.as_json(),
            "sources": dict(self._sources()),
        }

    def _sentences(self) -> Iterator[str]:
        if self.formerly is not None:
            yield f"The account {self.formerly} is one with this account since the two were merged."
        for each in self.awards:
            yield from each.sentences
        yield from self._without_award()
        yield from self._no_longer()
        yield from self._version()
        achievement = self.live.achievement
        yield f"What version {achievement.version} asks for: {' '.join(achievement.criteria.split())}"
        yield from self.clause.sentences()
        yield self._heard()

    def _without_award(self) -> Iterator[str]:
        """Why there is none, apart from the criteria."""
        if any(each.state not in _GONE for each in self.awards):
            return
        retires = self.live.achievement.retire_on
        if retires is not None and retires <= self.now.astimezone(ZoneInfo(self.tenant.issuer.timezone)).date():
            yield f"It could be earned until {retires.isoformat()}: what happened since doesn't count."
        if self.met and not self.awards:
            yield (
                "The criteria are met, and there is no award: either it is being judged this second, or this version "
                "went live after it happened. In that case it is awarded with the next event about this learner, or by "
                "a backfill."
            )

    def _no_longer(self) -> Iterator[str]:
        """It is held, and what it was given for isn't so any more."""
        if self.state is not State.HELD or self.met or self.live.achievement.repeatable:
            return
        kept = self.live.achievement.on_correction == "keep"
        yield "Today the criteria are no longer met. " + (
            "This badge stays with whoever has once earned it."
            if kept
            else "The correction is acted on when the next event about the learner arrives."
        )

    def _version(self) -> Iterator[str]:
        version, others = self.live.achievement.version, self.earnable
        if self.awards:
            return
        if version not in others:
            newer = max(others, default=version)
            yield f"Version {version} was replaced by version {newer}: nobody can earn it any more."
        elif others[1:]:
            yield f"Versions {' and '.join(map(str, others))} can be earned side by side; {version} is told here."

    def _heard(self) -> str:
        if not self.facts.activities:
            return "Laurel has not heard of anything that this learner did."
        sources = self._sources()
        by = ", ".join(f"{count} from {source}" if sources[1:] else f"from {source}" for source, count in sources)
        last = self.facts.activities[-1].at.astimezone(ZoneInfo(self.tenant.issuer.timezone))
        number = several(len(self.facts.activities), "activity", "activities")
        return f"Laurel has heard of {number} of this learner, {by}; the last happened on {last:%Y-%m-%d %H:%M}."

    def _sources(self) -> list[tuple[str, int]]:
        return sorted(Counter(each.source for each in self.facts.activities).items())


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about one learner."""

    learner: Learner
    activities: Sequence[Mapping[str, Any]]
    awards: Sequence[Mapping[str, Any]]
    status_facts: Sequence[StatusFact] = ()
    signed: frozenset[str] | None = None
    """awards that have a credential; None: nobody looked"""


def explained(
    catalogue: Catalogue,
    wanted: LiveAchievement,
    known: Known,
    now: datetime,
    *,
    exact: bool = False,
    formerly: str | None = None,
) -> Explanation | None:
    """Under the version of the award if there is one, else under the nearest of those that can be earned, unless
    `exact`. None for a tenant that isn't live any more.
    """
    tenant = catalogue.tenant(wanted.tenant)
    if tenant is None:
        return None
    slug = wanted.achievement.id
    mine = sorted((each for each in known.awards if each["achievement"] == slug), key=lambda each: each["earned_at"])
    facts = Facts.of(
        (fact_of(each) for each in known.activities),
        (holding_of(each, catalogue) for each in known.awards),
        tenant.issuer.timezone,
        now,
    )
    earnable = [each for each in catalogue.earnable(wanted.tenant) if each.achievement.id == slug]
    versions = tuple(sorted(each.achievement.version for each in earnable))
    told = _told_under(catalogue, wanted, mine, earnable, exact=exact)
    clauses = [(explain_achievement(each, facts, scales_of(tenant)), each) for each in told]
    clause, live = max(clauses, key=lambda each: (each[0].met, each[0].progress, each[1].achievement.version))
    awards = tuple(
        Stands(
            award=each,
            tenant=tenant,
            live=catalogue.achievement(wanted.tenant, slug, each["version"]),
            earnable=versions,
            now=now,
            facts=tuple(fact for fact in known.status_facts if fact.award_id == each["_id"]),
            signed=None if known.signed is None else each["_id"] in known.signed,
        ).told()
        for each in mine
    )
    return Explanation(tenant, live, versions, known.learner, clause, facts, awards, now, formerly)


def _told_under(
    catalogue: Catalogue,
    wanted: LiveAchievement,
    awards: Sequence[Mapping[str, Any]],
    earnable: Sequence[LiveAchievement],
    *,
    exact: bool,
) -> Sequence[LiveAchievement]:
    if exact:
        return [wanted]
    if awards and not wanted.achievement.repeatable:
        return [catalogue.achievement(wanted.tenant, wanted.achievement.id, awards[-1]["version"]) or wanted]
    return earnable or [wanted]
