"""Stored documents that more than the owner reads. Each collection has one writer, named beside it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.events import Change, CredentialState, Evidence

LEARNERS = "learners"  # intake
ALIASES = "aliases"  # intake
WAITING = "waiting"  # intake
SOURCE_SIGHTINGS = "source_sightings"  # intake
RULE_SIGHTINGS = "rule_sightings"  # evaluator
ACTIVITIES = "activities"  # evaluator
AWARDS = "awards"  # evaluator
LEARNER_MERGES = "learner_merges"  # evaluator
CREDENTIALS = "credentials"  # registry
STATUS_FACTS = "status_facts"  # registry
STATUS_LISTS = "status_lists"  # registry
DELIVERIES = "deliveries"  # notifier
CATALOGUE = "catalogue"  # ctl
KEYS = "keys"  # ctl


class Document(BaseModel):
    """A stored document; `id` is MongoDB's `_id`. Unknown fields are ignored: the owner may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str = Field(alias="_id")

    def to_store(self) -> dict[str, Any]:
        """As it is inserted: `_id`, enums as their values, datetimes as datetimes, tuples as lists."""
        return {name: _plain(value) for name, value in self.model_dump(by_alias=True).items()}

    @classmethod
    def from_store(cls, document: dict[str, Any]) -> Self:
        """As it was read through a client that is `tz_aware`."""
        return cls.model_validate(document)


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case _:
            return value


class Learner(Document):
    """A person in one directory: the only place of personal data. `_id` is `identity.learner_id`."""

    tenant: str
    directory: str
    external_id: str
    """the LMS's id, `learner_ref` in exports"""
    identity_type: str = "accountId"
    """what `external_id` is, in Open Badges' words: accountId | sisSourcedId | ltiUserId | emailAddress"""
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    as_of: AwareDatetime | None = None
    """the event time of the newest profile fact; an older one never overwrites"""
    merged_into: str | None = None
    """the account that this one is: whatever is said of it is said of that one"""


class SightingOf(StrEnum):
    """What of a source was seen; the last three are drift: not as it used to be, or as anybody expected."""

    KIND = "kind"
    REFUSAL = "refusal"
    UNKNOWN_KIND = "unknown_kind"
    FIELD = "missing_field"
    COURSE = "course_without_rule"

    @property
    def is_drift(self) -> bool:
        """Somebody should look at it."""
        return self not in (SightingOf.KIND, SightingOf.REFUSAL)


class AwardState(StrEnum):
    """`pending` until it is published to be signed; `withdrawn` when it no longer held before that."""

    PENDING = "pending"
    EARNED = "earned"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    """by a registrar, before it was published"""


class Award(Document):
    """The durable record of intent: it exists before anything is signed. `_id` is `identity.award_id`."""

    tenant: str
    achievement: str
    version: int
    learner: str
    award_key: str
    earned_at: AwareDatetime
    due_at: AwareDatetime
    """earned_at + issue_after, whole seconds; published from then on"""
    state: AwardState = AwardState.PENDING
    evidence: tuple[Evidence, ...] = ()
    score: float | None = None
    why: str
    status_list: int
    status_index: int
    received_at: AwareDatetime
    credential_state: CredentialState = CredentialState.ACTIVE
    """as last told by the registry; what is suspended or revoked is not held"""
    credential_facts: int = 0
    quiet: bool = False
    """no e-mail is written about it: it was earned before its achievement went live, and whoever asked wanted it so"""
    digest: str | None = None
    """the backfill that brought it, where one e-mail is wanted about everything that it brings a learner"""


class Credential(Document):
    """What was issued, byte for byte. `_id` is the award's id. Inserted once; only `announced_at` is added."""

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
    data_integrity: str
    stored_at: AwareDatetime
    received_at: AwareDatetime
    announced_at: AwareDatetime | None = None


class StatusFact(Document):
    """Somebody said this about a credential. Insert only; state is a fold over facts. `_id` is the request's id."""

    tenant: str
    award_id: str
    change: Change
    cause: str
    reason: str
    requested_by: str
    at: AwareDatetime


class StatusList(Document):
    """An issuer's list. `_id` is `<tenant>/<number>`; fetchable once `published` > 0."""

    tenant: str
    number: int
    dirty: int = 1
    """raised after each fact, repeats too"""
    published: int = 0
    """the `dirty` that the published list was drawn at"""
    jwt: str | None = None
    data_integrity: str | None = None
    drawn_at: AwareDatetime | None = None


class DeliveryState(StrEnum):
    """An e-mail's way: queued → sending → sent; `waiting` has no address yet; `failed` and `suppressed` are final."""

    QUEUED = "queued"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Delivery(Document):
    """One e-mail to one learner about one badge. `_id` is `<award id>:<template>`; holds no address.

    A digest is about several: `_id` is `<learner>:<backfill's id>:digest`, and `award_id` is empty.
    """

    tenant: str
    award_id: str
    awards: tuple[str, ...] = ()
    """what a digest is about"""
    learner: str
    template: str
    state: DeliveryState
    attempts: int = 0
    next_attempt_at: AwareDatetime
    lease_until: AwareDatetime | None = None
    created_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    error_code: str | None = None


class KeyState(StrEnum):
    """pending → active → retired → compromised; retired keys stay published."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


class KeyPurpose(StrEnum):
    """Separate keys for separate promises."""

    CREDENTIAL = "credential"
    STATUS_LIST = "status-list"


class PublicKey(Document):
    """The public half of a signing key. `_id` is its `kid`: a DID URL `<issuer's did>#<fragment>`."""

    tenant: str
    purpose: KeyPurpose
    alg: str
    """ES256 | RS256 (for JWT, with `jwk`) or Ed25519 (for Data Integrity, with `multibase`)"""
    jwk: dict[str, str] | None = None
    multibase: str | None = None
    state: KeyState = KeyState.ACTIVE
    created_at: AwareDatetime


def whole_milliseconds(moment: datetime) -> datetime:
    """A moment as the store keeps it: what is told right away is the same as what is told after reading it back."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
