"""What intake decides: whose event it is, whether it may be believed, and which facts and people it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.translation import Delivery, Dialect, Fact, Person
from shared.catalogue.model import Source
from shared.contracts import identity
from shared.contracts.documents import Learner
from shared.contracts.events import LearningActivity
from shared.errors import Rejected


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event in Laurel's words. Without activities it was irrelevant."""

    activities: tuple[LearningActivity, ...] = ()
    learners: tuple[Learner, ...] = ()
    irrelevant: int = 0


class LearnerDirectory(Protocol):
    """The only place of personal data."""

    async def remember(self, learners: Sequence[Learner]) -> None:
        """Keeps the newest address and the newest name that any event ever said of a learner, in whatever order the
        events arrive and however often; saying nothing about one never erases it. Raises Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """The rules of the house: the same delivery is always accepted as the same facts of the same people."""

    dialects: Mapping[str, Dialect]
    secret: bytes
    max_bytes: int
    tolerance: timedelta
    """how far an LMS's clock may be ahead of ours"""

    def accept(self, delivery: Delivery, now: datetime) -> Accepted:
        """What a delivery says. Raises Rejected, and nothing else."""
        if delivery.body is None:
            return Accepted(irrelevant=1)
        if len(delivery.body) > self.max_bytes:
            raise Rejected(f"larger than {self.max_bytes} bytes", code="too_large")
        dialect = self.dialects.get(delivery.source.dialect)
        if dialect is None:
            raise Rejected(f"the dialect {delivery.source.dialect!r} is not supported", code="unknown_dialect")
        translation = dialect.translate(delivery)
        for fact in translation.facts:
            self._refuse_the_future(fact, now)
        people = [self._learner(delivery, fact) for fact in translation.facts]
        return Accepted(
            activities=tuple(
                _activity(delivery, fact, learner.id, now)
                for fact, learner in zip(translation.facts, people, strict=True)
            ),
            learners=tuple(people),
            irrelevant=translation.irrelevant,
        )

    def _refuse_the_future(self, fact: Fact, now: datetime) -> None:
        newest = max(fact.occurred_at, fact.sent_at or fact.occurred_at)
        if newest > now + self.tolerance:
            minutes = int(self.tolerance.total_seconds() // 60)
            raise Rejected(f"the event's time is more than {minutes} minutes in the future", code="in_the_future")

    def _learner(self, delivery: Delivery, fact: Fact) -> Learner:
        source, person = delivery.source, fact.person
        external_id = _external_id(source, person)
        directory = source.directory_of()
        return Learner(
            id=identity.learner_id(self.secret, delivery.tenant, directory, _unique(source, person, external_id)),
            tenant=delivery.tenant,
            directory=directory,
            external_id=external_id,
            identity_type=_identity_type(source, person),
            email=person.email,
            name=person.name,
            as_of=fact.sent_at or fact.occurred_at,
        )


def _external_id(source: Source, person: Person) -> str:
    """The id that the source is set to trust."""
    known = {"id": person.id, "sis_id": person.sis_id, "email": person.email}[source.learner]
    if not known:
        field = person.fields[source.learner]
        needed = f"{field}: missing or unusable, and the source's learner setting is {source.learner}"
        raise Rejected(needed, code="no_learner")
    return identity.normal_address(known) if _identity_type(source, person) == "emailAddress" else known


def _identity_type(source: Source, person: Person) -> str:
    """In Open Badges' words."""
    return {"id": person.id_type, "sis_id": "sisSourcedId", "email": "emailAddress"}[source.learner]


def _unique(source: Source, person: Person, external_id: str) -> str:
    """What the id is unique as. Who names a directory says that its ids are; else an account has a home page."""
    is_scoped = source.learner == "id" and source.directory is None and person.home is not None
    return f"{person.home}|{external_id}" if is_scoped else external_id


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
        event_id=event_id,
        tenant=delivery.tenant,
        source=source,
        dialect=delivery.source.dialect,
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
