"""xAPI statements, cmi5's among them, that say what a learner achieved; one, an array, or a record store's answer.

A statement about another statement, about an agent, or of a group is none of ours, except that it may void one.
"""

from __future__ import annotations

from datetime import datetime

from services.intake.dialects.shapes import invalid, parse, read
from services.intake.dialects.xapi import verbs
from services.intake.dialects.xapi.about import course_ids, thing
from services.intake.dialects.xapi.outcome import outcome
from services.intake.dialects.xapi.person import person
from services.intake.dialects.xapi.shape import Said, Statement, Timed, Voiding
from services.intake.translation import IRRELEVANT, Delivery, Fact, Kind, Translation, Voided
from shared.contracts.events import Verb

_KIND_MAX = 200
_VERSIONS = ("1.", "2.")


def translate(delivery: Delivery) -> Translation:
    """See the module. One bad statement refuses the whole delivery: it is one record, and one dead letter."""
    value = parse(delivery.body or b"")
    if isinstance(value, dict) and isinstance(value.get("statements"), list):
        value = value["statements"]
    if not isinstance(value, list):
        return _statement(value, "")
    parts = [_statement(each, f"{number}.") for number, each in enumerate(value)] or [IRRELEVANT]
    return Translation(
        facts=tuple(fact for each in parts for fact in each.facts),
        irrelevant=sum(each.irrelevant for each in parts),
        voided=tuple(voided for each in parts for voided in each.voided),
        kinds=tuple(kind for each in parts for kind in each.kinds),
    )


def _statement(value: object, at: str) -> Translation:
    said = read(Said, value, at)
    verb = verbs.plain(said.verb.id)
    kinds = (_kind(said, verb),)
    if verb == verbs.VOIDED and said.object.objectType == "StatementRef":
        return Translation(voided=(_voided(value, at),), kinds=kinds)
    meant = verbs.meaning(verb)
    if meant is None or said.object.objectType not in (None, "Activity") or said.actor.objectType == "Group":
        return Translation(irrelevant=1, kinds=kinds)
    return Translation(facts=(_fact(read(Statement, value, at), verb, meant, at),), kinds=kinds)


def _kind(said: Said, verb: str) -> Kind:
    """Its verb; a statement of another xAPI than those that we know is read as if it were one, and told."""
    version = said.version or "1.0"
    if version.startswith(_VERSIONS):
        return Kind(said.verb.id[:_KIND_MAX], verbs.is_familiar(verb))
    return Kind(f"{said.verb.id[:_KIND_MAX]} (xAPI {version[:20]})", familiar=False)


def _voided(value: object, at: str) -> Voided:
    voiding = read(Voiding, value, at)
    return Voided(event_id=voiding.object.id.lower(), at=_moment(voiding, at))


def _fact(statement: Statement, verb: str, meant: Verb, at: str) -> Fact:
    what = outcome(statement, verb, meant, at)
    return Fact(
        person=person(statement.actor, at),
        verb=what.verb,
        object=thing(statement),
        occurred_at=_moment(statement, at),
        event_id=statement.id.lower() if statement.id else None,
        succeeded=what.succeeded,
        score=what.score,
        letter=what.letter,
        letter_at=f"{at}result.extensions",
        raw_score=what.raw_score,
        duration=what.duration,
        course_ids=course_ids(statement),
    )


def _moment(timed: Timed, at: str) -> datetime:
    moment = timed.timestamp or timed.stored
    if moment is None:
        raise invalid(f"{at}timestamp: missing, and so is stored")
    return moment
