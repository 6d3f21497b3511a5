"""What a file's events would become: told by the rules that intake and the evaluator go by, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.ctl.events_file import Line
from services.evaluator.index import Index
from services.evaluator.rules import compile_rules
from services.intake.dialects import DIALECTS
from services.intake.domain import Accepted, Intake
from services.intake.translation import Delivery, SchemaNeeded, Translation
from shared.catalogue.facts import fact_of
from shared.catalogue.model import Catalogue
from shared.contracts.documents import Learner
from shared.contracts.events import LearningActivity
from shared.contracts.topics import MIB
from shared.errors import Rejected


@dataclass(frozen=True, slots=True)
class Touch:
    """One activity that a line would become, whose it is, and which achievements look at such a thing."""

    activity: LearningActivity
    learner: str
    """the id that the source trusts, as the line gives it"""
    achievements: tuple[str, ...]

    @property
    def score(self) -> str:
        """As people read it."""
        return "" if self.activity.score is None else f"{self.activity.score:.4g}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        thing = self.activity.object
        return {
            "verb": self.activity.verb.value,
            "learner": self.learner,
            "object": {"kind": thing.kind.value, "ids": list(thing.ids), "name": thing.name},
            "course": thing.course,
            "run": thing.run,
            "score": self.activity.score,
            "raw_score": self.activity.raw_score,
            "succeeded": self.activity.succeeded,
            "withdrawn": self.activity.withdrawn,
            "occurred_at": self.activity.occurred_at,
            "event_id": self.activity.event_id,
            "achievements": list(self.achievements),
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """What would come of a line."""

    number: int
    source: str
    touches: tuple[Touch, ...] = ()
    profiles: int = 0
    irrelevant: int = 0
    waiting: int = 0
    """facts that would wait for their learner's profile, which the file doesn't hold"""
    unfamiliar: tuple[str, ...] = ()
    """types that the dialect has never heard of"""
    code: str | None = None
    """why it would be refused"""
    message: str | None = None

    @property
    def events(self) -> int:
        """How many it says, as they are counted: each activity, and what is refused or can't be read once."""
        return 1 if self.code else len(self.touches) + self.profiles + self.irrelevant + self.waiting

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "line": self.number,
            "source": self.source,
            "activities": [each.as_json() for each in self.touches],
            "profiles": self.profiles,
            "irrelevant": self.irrelevant,
            "waiting": self.waiting,
            "unfamiliar": list(self.unfamiliar),
            "refusal": None if self.code is None else {"code": self.code, "message": self.message},
        }


@dataclass(slots=True)
class Trial:
    """All lines together, as a line may say who another one is about."""

    catalogue: Catalogue
    now: datetime
    intake: Intake = field(
        default_factory=lambda: Intake(DIALECTS, b"nothing is sent", MIB, timedelta(minutes=5)), init=False
    )

    def of(self, lines: Iterable[Line]) -> Iterator[Tried]:
        """In the file's order."""
        read = [(line, self._delivery(line)) for line in lines]
        translated = [(line, delivery, self._translated(delivery)) for line, delivery in read]
        found: dict[str, dict[str, tuple[datetime, str]]] = {}
        for _, delivery, each in translated:
            if isinstance(each, Translation):
                for alias in self.intake.said(delivery, each):
                    word = (alias.as_of, alias.word)
                    known = found.setdefault(alias.id, {})
                    known[alias.kind] = max(known.get(alias.kind, word), word)
        known_ids = {id_: {kind: word for kind, (_, word) in kinds.items()} for id_, kinds in found.items()}
        index = Index(compile_rules(self.catalogue).all)
        for line, delivery, each in translated:
            yield self._tried(line, delivery, each, known_ids, index)

    def _delivery(self, line: Line) -> Delivery:
        headers = {name.lower(): value for name, value in line.headers}
        scale = self.catalogue.scale_of(line.to.tenant, line.to.source)
        return Delivery(line.to.tenant, line.to.source, line.value, headers, scale=scale)

    def _translated(self, delivery: Delivery) -> Translation | Rejected | SchemaNeeded:
        try:
            return self.intake.translate(delivery, self.now)
        except (Rejected, SchemaNeeded) as error:
            return error

    def _tried(
        self,
        line: Line,
        delivery: Delivery,
        each: Translation | Rejected | SchemaNeeded,
        known: Mapping[str, Mapping[str, str]],
        index: Index,
    ) -> Tried:
        try:
            if isinstance(each, SchemaNeeded):
                message = f"needs schema {each.schema_id} of the source's registry, which isn't asked here"
                return Tried(line.number, line.to.label, code="schema_needed", message=message)
            if isinstance(each, Rejected):
                raise each
            accepted = self.intake.conclude(delivery, each, self.now, known)
        except Rejected as error:
            return Tried(line.number, line.to.label, code=error.code, message=str(error))
        return Tried(
            line.number,
            line.to.label,
            touches=tuple(_touches(accepted, index)),
            profiles=accepted.profiles,
            irrelevant=accepted.irrelevant,
            waiting=len(accepted.waits),
            unfamiliar=tuple(dict.fromkeys(kind.name for kind in accepted.kinds if not kind.familiar)),
        )


def _touches(accepted: Accepted, index: Index) -> Iterator[Touch]:
    people = _by_id(accepted.learners)
    for activity in accepted.activities:
        rules = index.touched_by(activity.tenant, fact_of(activity.model_dump()))
        learner = people.get(activity.learner, "as the fact that is voided says")
        yield Touch(activity, learner, tuple(sorted(rule.achievement for rule in rules)))


def _by_id(learners: Sequence[Learner]) -> dict[str, str]:
    return {each.id: each.external_id for each in learners}
