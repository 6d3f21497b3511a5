"""What becomes of deliveries, by whichever door they came: learners are known before anybody hears what they did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain import Accepted
from services.intake.ports import Aliases, Known, LearnerDirectory
from services.intake.reading import Read, Reading
from services.intake.translation import Delivery, SchemaNeeded, Translation
from shared.contracts.events import Event, LearningActivity
from shared.contracts.learners import LearnerReachable
from shared.errors import Rejected
from shared.runtime.records import Record

Outcome = Accepted | Rejected | SchemaNeeded


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery, and the record that it is kept as where it can't go on."""

    record: Record
    delivery: Delivery
    only: Collection[int] | None = None
    """the facts that waited, where the rest of it has gone on"""

    @property
    def label(self) -> str:
        """For metrics and breakers."""
        return f"{self.delivery.tenant}/{self.delivery.source.name}"


@dataclass(frozen=True, slots=True)
class Received:
    """An outcome each, and the aliases that something was said about: somebody may wait for them."""

    outcomes: list[Outcome]
    aliases: frozenset[str]


@dataclass(frozen=True, slots=True)
class Receiving:
    """Safe to repeat at any point: what was written is found written, what was published is known by its ids."""

    reading: Reading
    directory: LearnerDirectory
    aliases: Aliases
    clock: Callable[[], datetime]
    publish: Callable[[Iterable[Event]], Awaitable[None]]
    """returns once every event is acknowledged"""

    async def receive(self, arrivals: Sequence[Arrival]) -> Received:
        """Aliases first, because an event may say whose the one before it was. Raises Unavailable."""
        now = self.clock()
        read = _in_order(arrivals, [await self.reading.translated(each.delivery, now) for each in arrivals])
        both = [(one.delivery, each) for one, each in zip(arrivals, read, strict=True) if isinstance(each, Translation)]
        said = [alias for delivery, translation in both for alias in self.reading.intake.said(delivery, translation)]
        await self.aliases.learn(said)
        asked = {alias for delivery, translation in both for alias in self.reading.intake.asked(delivery, translation)}
        found = await self.aliases.find(asked)
        outcomes = [self._concluded(arrival, each, now, found) for arrival, each in zip(arrivals, read, strict=True)]
        await self._tell([each for each in outcomes if isinstance(each, Accepted)])
        return Received(outcomes, frozenset(each.id for each in said))

    async def _tell(self, accepted: Sequence[Accepted]) -> None:
        """The address is in the directory before anybody may look for it."""
        people = [learner for each in accepted for learner in each.learners]
        known = await self.directory.remember(people)
        activities = [_known(activity, known) for each in accepted for activity in each.activities]
        tenants = {known[each.id].id: each.tenant for each in people if known[each.id].untold}
        reachable = [LearnerReachable(tenant=tenant, learner=learner) for learner, tenant in tenants.items()]
        await self.publish([*activities, *reachable])
        if reachable:
            await self.directory.told([each.learner for each in reachable])

    def _concluded(
        self, arrival: Arrival, read: Read, now: datetime, found: Mapping[str, Mapping[str, str]]
    ) -> Outcome:
        if not isinstance(read, Translation):
            return read
        try:
            return self.reading.intake.conclude(arrival.delivery, read, now, found, arrival.only)
        except Rejected as error:
            return error


def _in_order(arrivals: Sequence[Arrival], read: list[Read]) -> list[Read]:
    """What comes behind a record that has to wait for its schema waits too: its partition is read again from there."""
    waits: dict[tuple[str, int], SchemaNeeded] = {}
    for at, (arrival, each) in enumerate(zip(arrivals, read, strict=True)):
        place = (arrival.record.topic, arrival.record.partition)
        if isinstance(each, SchemaNeeded):
            waits.setdefault(place, each)
        elif place in waits and arrival.only is None:
            read[at] = waits[place]
    return read


def _known(activity: LearningActivity, known: Mapping[str, Known]) -> LearningActivity:
    """Of the account that counts. Its ids and content stay: a merge makes no repeat a new or a contrary fact."""
    learner = known.get(activity.learner)
    if learner is None:
        return activity
    return activity.model_copy(update={"learner": learner.id, "reachable": learner.reachable})
