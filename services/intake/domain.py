"""What intake decides: whose event it is, whether it may be believed, and which facts and people it names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.intake.agreements import agreed
from services.intake.people import NOBODY, Alias, Found, People
from services.intake.translation import Delivery, Dialect, Fact, Kind, Profile, Translation, Voided
from shared.contracts import identity
from shared.contracts.documents import Learner
from shared.contracts.events import ActivityObject, LearningActivity, ObjectKind, Verb
from shared.errors import Rejected


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event in Laurel's words. One that says nothing else is irrelevant."""

    activities: tuple[LearningActivity, ...] = ()
    learners: tuple[Learner, ...] = ()
    """everybody who did something or whose profile it tells"""
    irrelevant: int = 0
    profiles: int = 0
    waits: tuple[int, ...] = ()
    """which of its facts wait for their learner's profile, by their place"""
    aliases: tuple[str, ...] = ()
    """what these wait for"""
    repeats: int = 0
    """facts of a delivery that waits already, and came again"""
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """The rules of the house: the same delivery is always accepted as the same facts of the same people."""

    dialects: Mapping[str, Dialect]
    secret: bytes
    max_bytes: int
    tolerance: timedelta
    """how far an LMS's clock may be ahead of ours"""
    people: People = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", People(self.secret))

    def accept(self, delivery: Delivery, now: datetime, found: Found = NOBODY) -> Accepted:
        """What a delivery says. Raises what `translate` does."""
        return self.conclude(delivery, self.translate(delivery, now), now, found)

    def translate(self, delivery: Delivery, now: datetime) -> Translation:
        """What the dialect makes of it, if it may be believed. Raises Rejected or SchemaNeeded, and nothing else."""
        if delivery.body is None:
            return Translation(irrelevant=1)
        if len(delivery.body) > self.max_bytes:
            raise Rejected(f"larger than {self.max_bytes} bytes", code="too_large")
        dialect = self.dialects.get(delivery.source.dialect)
        if dialect is None:
            raise Rejected(f"the dialect {delivery.source.dialect!r} is not supported", code="unknown_dialect")
        translation = agreed(delivery, dialect.translate(delivery))
        for moment in _moments(translation):
            self._refuse_the_future(moment, now)
        return translation

    def said(self, delivery: Delivery, translation: Translation) -> Iterator[Alias]:
        """What it tells about ids that lead to others. Where the LMS's own id counts, events have it: only profiles
        are asked.
        """
        for profile in translation.profiles:
            yield from self.people.said(delivery, profile.person, profile.as_of)
        if delivery.source.learner != "id":
            for fact in translation.facts:
                yield from self.people.said(delivery, fact.person, _as_of(fact))

    def asked(self, delivery: Delivery, translation: Translation) -> Iterator[str]:
        """The aliases that would tell who its people are."""
        for profile in translation.profiles:
            yield from self._asked(delivery, profile)
        for fact in translation.facts:
            yield from self._asked(delivery, fact)

    def conclude(
        self,
        delivery: Delivery,
        translation: Translation,
        now: datetime,
        found: Found = NOBODY,
        only: Collection[int] | None = None,
    ) -> Accepted:
        """With what is known of its people; `only` these facts and nothing else, where the rest has gone on before.

        Raises Rejected where nobody can be told, and no profile will help.
        """
        activities: list[LearningActivity] = []
        learners: list[Learner] = []
        waits: list[int] = []
        aliases: list[str] = []
        for place, fact in enumerate(translation.facts):
            if only is not None and place not in only:
                continue
            asked = self._asked(delivery, fact)
            person = self.people.completed(delivery, fact.person, found) if asked else fact.person
            if asked and person is fact.person:
                waits.append(place)
                aliases += asked
                continue
            learner = self.people.learner(delivery, person, _as_of(fact))
            learners.append(learner)
            activities.append(_activity(delivery, fact, learner.id, now))
        gone_on = Accepted(
            tuple(activities), tuple(learners), waits=tuple(waits), aliases=tuple(dict.fromkeys(aliases))
        )
        return gone_on if only is not None else self._with_the_rest(gone_on, delivery, translation, now, found)

    def _with_the_rest(
        self, accepted: Accepted, delivery: Delivery, translation: Translation, now: datetime, found: Found
    ) -> Accepted:
        told = (self._told(delivery, each, found) for each in translation.profiles)
        return replace(
            accepted,
            activities=(*accepted.activities, *(_voiding(delivery, each, now) for each in translation.voided)),
            learners=(*accepted.learners, *(each for each in told if each is not None)),
            irrelevant=translation.irrelevant,
            profiles=len(translation.profiles),
            kinds=translation.kinds,
        )

    def _asked(self, delivery: Delivery, each: Fact | Profile) -> tuple[str, ...]:
        """A fact is refused where nothing is to come of waiting; a profile is looked up in any case."""
        if isinstance(each, Fact) and not each.person.profile_follows:
            return ()
        return self.people.aliases(delivery, each.person)

    def _told(self, delivery: Delivery, profile: Profile, found: Found) -> Learner | None:
        """Whom the profile is of, if that can be told."""
        person = self.people.completed(delivery, profile.person, found)
        try:
            return self.people.learner(delivery, person, profile.as_of)
        except Rejected:
            return None

    def _refuse_the_future(self, moment: datetime, now: datetime) -> None:
        if moment > now + self.tolerance:
            minutes = int(self.tolerance.total_seconds() // 60)
            raise Rejected(f"the event's time is more than {minutes} minutes in the future", code="in_the_future")


def _moments(translation: Translation) -> Iterator[datetime]:
    for fact in translation.facts:
        yield max(fact.occurred_at, _as_of(fact), fact.version or fact.occurred_at)
    for profile in translation.profiles:
        yield profile.as_of
    for voided in translation.voided:
        yield voided.at


def _as_of(fact: Fact) -> datetime:
    """How old what the fact says of its person is."""
    return fact.sent_at or fact.occurred_at


def _voiding(delivery: Delivery, voided: Voided, now: datetime) -> LearningActivity:
    """The newest version of a fact that never was. Whose it was only the fact itself tells."""
    tenant, source = delivery.tenant, delivery.source.name
    return LearningActivity(
        activity_id=identity.version_id(tenant, source, voided.event_id, voided.at),
        fact=identity.activity_id(tenant, source, voided.event_id),
        version=voided.at,
        withdrawn=True,
        event_id=voided.event_id,
        tenant=tenant,
        source=source,
        dialect=delivery.source.dialect,
        learner="",
        verb=Verb.VOIDED,
        object=ActivityObject(kind=ObjectKind.CONTENT, ids=(voided.event_id,)),
        occurred_at=voided.at,
        received_at=now,
        content=identity.content_hash({"voided": voided.event_id, "at": voided.at.isoformat(timespec="milliseconds")}),
    )


def _activity(delivery: Delivery, fact: Fact, learner: str, now: datetime) -> LearningActivity:
    source = delivery.source.name
    content = identity.content_hash(_content(fact, learner))
    event_id = fact.event_id or f"derived:{_derived(fact, learner, content)[:40]}"
    of = identity.activity_id(delivery.tenant, source, event_id)
    version = fact.version
    return LearningActivity(
        activity_id=of if version is None else identity.version_id(delivery.tenant, source, event_id, version),
        fact=None if version is None else of,
        version=version,
        withdrawn=fact.withdrawn,
        duration=None if fact.duration is None else fact.duration.total_seconds(),
        because=fact.because,
        decided_by=fact.decided_by,
        event_id=event_id,
        tenant=delivery.tenant,
        source=source,
        dialect=fact.dialect or delivery.source.dialect,
        learner=learner,
        verb=fact.verb,
        object=fact.object,
        succeeded=fact.succeeded,
        score=fact.score,
        raw_score=fact.raw_score,
        occurred_at=fact.occurred_at,
        received_at=now,
        content=content,
    )


def _derived(fact: Fact, learner: str, content: str) -> str:
    """What tells the fact from all others of its source."""
    return content if fact.unique is None else identity.content_hash([learner, *fact.unique])


def _content(fact: Fact, learner: str) -> dict[str, object]:
    """What makes the fact this fact. Names, second ids and the way it came may differ between two deliveries of it."""
    rarer = {
        "withdrawn": fact.withdrawn or None,
        "duration": None if fact.duration is None else fact.duration.total_seconds(),
        "because": fact.because,
    }
    return {name: value for name, value in rarer.items() if value is not None} | {
        "learner": learner,
        "verb": fact.verb.value,
        "kind": fact.object.kind.value,
        "id": fact.object.ids[0],
        "course": fact.object.course,
        "run": fact.object.run,
        "succeeded": fact.succeeded,
        "score": fact.score,
        "raw_score": fact.raw_score,
        "occurred_at": fact.occurred_at.isoformat(timespec="seconds"),
    }
