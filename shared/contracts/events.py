"""The facts that services tell each other over Kafka: past tense, frozen.

Fields may be added with a default, never renamed or removed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0, le=1)]


class Event(BaseModel):
    """A fact. Unknown fields are ignored, so that newer and older processes run side by side."""

    model_config = ConfigDict(frozen=True, extra="ignore")


OPERATOR = "operator"
"""The cause of every change that a person asked for."""
CORRECTION = "correction"
"""The cause of every change that the evaluator asks for, because the facts no longer hold or hold again."""


class Verb(StrEnum):
    """What a learner did, in Laurel's words; xAPI's, Canvas' and everyone else's are translated into these."""

    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"
    MASTERED = "mastered"
    SCORED = "scored"
    PROGRESSED = "progressed"
    """on the way: counts for nothing but its score, if it has one"""
    GRANTED = "granted"
    """a registrar's decision: the learner gets this achievement, whatever its criteria say"""
    WITHHELD = "withheld"
    """a registrar's decision: the learner doesn't get it"""
    VOIDED = "voided"
    """the fact that it names never was: see `LearningActivity.withdrawn`"""


class ObjectKind(StrEnum):
    """What it was done to. A course is what is taught; a run is one delivery of it."""

    COURSE = "course"
    MODULE = "module"
    ASSIGNMENT = "assignment"
    PROGRAM = "program"
    OUTCOME = "outcome"
    CONTENT = "content"
    ACHIEVEMENT = "achievement"
    """one of the tenant's own achievements, by its slug: what a registrar decides about"""


class ActivityObject(Event):
    """The thing, by every id under which the LMS knows it: patterns are tried against each.

    `course` and `run` name the course that a thing belongs to (for a course: itself), where the LMS says so. Where an
    event names no run, the course id is its run, and the other way round.
    """

    kind: ObjectKind
    ids: tuple[str, ...] = Field(min_length=1)
    name: str | None = None
    course: str | None = None
    run: str | None = None


class LearningActivity(Event):
    """One thing that one learner did, in no LMS's dialect: the topic `learning.activity.v1`."""

    activity_id: str
    """`identity.activity_id(tenant, source, event_id)`, of a version `identity.version_id(…)`"""
    event_id: str
    """the LMS's own id of the event where it sends one, else derived from what makes the fact unique"""
    tenant: str
    source: str
    dialect: str
    learner: str
    """Laurel's id, see `identity.learner_id`; never an address. Empty only where a statement is voided: the voiding one
    doesn't say whose it was"""
    verb: Verb
    object: ActivityObject
    succeeded: bool | None = None
    """an explicit success or completion flag; `False` never counts as completed, passed or mastered"""
    score: Score | None = None
    """normalised to 0..1"""
    raw_score: str | None = None
    """as the LMS sent it, kept as evidence, e.g. "87/100" """
    occurred_at: AwareDatetime
    received_at: AwareDatetime
    """when intake accepted it; no part of its content"""
    fact: str | None = None
    """the fact that this is a version of: its `identity.activity_id`; None for a fact that the LMS never changes"""
    version: AwareDatetime | None = None
    """of all versions of one fact the newest counts; what has none is older than any"""
    withdrawn: bool = False
    """this version says that the fact doesn't hold: a completion was removed, a grade deleted, a statement voided"""
    duration: Annotated[float, Field(ge=0)] | None = None
    """seconds that it took, where the LMS says so"""
    because: str | None = None
    """why, in the words of the registrar who decided"""
    decided_by: str | None = None
    """who that was: kept with the activity, and told nobody"""
    reachable: bool | None = None
    """whether intake knew an address of the learner; None from an older intake"""
    content: str = ""
    """hash of the translated fact without transport metadata: the same id with another hash is a conflict"""


class Evidence(Event):
    """One activity or badge that an award rests on."""

    activity_id: str
    event_id: str
    source: str
    verb: str
    object_id: str
    object_name: str | None = None
    score: float | None = None
    raw_score: str | None = None
    occurred_at: AwareDatetime


class AchievementEarned(Event):
    """An award, as the store holds it, due to be signed: the topic `achievement.earned.v1`."""

    award_id: str
    award_key: str
    """the course run, or "once" """
    tenant: str
    achievement: str
    version: int
    learner: str
    earned_at: AwareDatetime
    valid_from: AwareDatetime
    """earned_at + issue_after in whole seconds: validFrom and awardedDate of the credential"""
    evidence: tuple[Evidence, ...] = ()
    score: float | None = None
    """the score that a `score` criterion was met by, if any"""
    why: str
    """the reason in words"""
    status_list: int
    """number of the issuer's status list, from 1"""
    status_index: int
    received_at: AwareDatetime
    """when the activity that completed it was accepted at intake"""


class CredentialSigned(Event):
    """A credential, secured twice: the topic `credential.signed.v1`. Nothing is stored yet."""

    award_id: str
    credential_id: str
    tenant: str
    achievement: str
    version: int
    learner: str
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None
    status_list: int
    status_index: int
    jwt: str
    """VC-JWT, Open Badges 3.0 section 8.2"""
    data_integrity: str
    """the JSON text of the credential with its embedded eddsa-rdfc-2022 proof"""
    received_at: AwareDatetime


class CredentialState(StrEnum):
    """What a status folds to: revoked > suspended > active."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class CredentialIssued(Event):
    """A credential can be read and verified: the topic `credential.issued.v1`."""

    award_id: str
    credential_id: str
    tenant: str
    achievement: str
    version: int
    learner: str
    issued_at: AwareDatetime
    state: CredentialState = CredentialState.ACTIVE
    """a badge that is already revoked is announced, but not mailed"""


class Change(StrEnum):
    """What may be asked of a credential's status."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


class StatusChangeRequested(Event):
    """Somebody, or a correction, asks for a change: the topic `status.change-requested.v1`.

    A reinstatement closes the suspension of the same `cause` and no other.
    """

    request_id: str
    tenant: str
    award_id: str
    learner: str | None = None
    change: Change
    cause: str = OPERATOR
    reason: str
    """in words that the learner and an employer may read"""
    requested_by: str = OPERATOR
    requested_at: AwareDatetime


class CredentialStatusChanged(Event):
    """A credential's state is now this: the topic `credential.status-changed.v1`."""

    award_id: str
    tenant: str
    learner: str
    achievement: str
    state: CredentialState
    reason: str
    since: AwareDatetime
    facts: int
    """how many status facts it was folded from; more facts are newer"""
    fact: str | None = None
    """the id of the status fact that made it so; None from an older registry"""


class Decision(StrEnum):
    """What a registrar may decide about an award that waits for approval."""

    APPROVE = "approve"
    DECLINE = "decline"


class AwardDecisionRequested(Event):
    """A registrar decided about an award that waits for approval: the topic `award.decision-requested.v1`."""

    request_id: str
    tenant: str
    award_id: str
    decision: Decision
    reason: str
    """in words that the learner may read; may be empty where it is approved"""
    decided_by: str = OPERATOR
    decided_at: AwareDatetime


class StatusListDrafted(Event):
    """A list drawn from facts, to be signed: the topic `status-list.drafted.v1`."""

    tenant: str
    list_number: int
    version: int
    """the list's `dirty` when it was drawn; published only if newer than what is published"""
    encoded_list: str
    """'u' + base64url(gzip(bits)), Bitstring Status List v1.0"""
    drawn_at: AwareDatetime


class StatusListSigned(Event):
    """The same draft in both securings, in one message: the topic `status-list.signed.v1`."""

    tenant: str
    list_number: int
    version: int
    jwt: str
    data_integrity: str
    drawn_at: AwareDatetime


def whole_seconds(moment: datetime) -> datetime:
    """A moment as credentials carry it: OB `nbf` knows no fractions, so nothing else may."""
    return moment.replace(microsecond=0)
