"""The registry's words. It is the only writer of credentials, of status facts and of status lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime

from shared.contracts.documents import StatusFact
from shared.contracts.events import CredentialIssued, CredentialState, Event
from shared.errors import Rejected

Publish = Callable[[Sequence[Event]], Awaitable[None]]
"""Returns once every event is acknowledged."""
Clock = Callable[[], datetime]
ListId = tuple[str, int]
"""The tenant and the number of one of its status lists."""


class DoesNotMatchAward(Rejected):
    """What was signed is not what was awarded."""

    code = "does_not_match_award"


class NoAward(Rejected):
    """A credential without an award behind it."""

    code = "no_award"


class AwardWithdrawn(Rejected):
    """The award no longer held when it was due."""

    code = "award_withdrawn"


class UnknownIssuer(Rejected):
    """A tenant that the catalogue doesn't know."""

    code = "unknown_issuer"


class UnfitKey(Rejected):
    """Signed by a key that must not sign this: another issuer's, one of another purpose, or a compromised one."""

    code = "unfit_key"


class WrongTenant(Rejected):
    """One tenant asked for a change of another one's credential."""

    code = "wrong_tenant"


class ConflictingRequest(Rejected):
    """A request's id that was used before, for something else."""

    code = "conflicting_request"


@dataclass(frozen=True, slots=True)
class Intent:
    """The part of an award that its credential must repeat."""

    id: str
    tenant: str
    achievement: str
    version: int
    learner: str
    valid_from: datetime
    status_list: int
    status_index: int
    withdrawn: bool = False

    @property
    def list_id(self) -> ListId:
        """The list that its credential names."""
        return self.tenant, self.status_list


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored credential without its securings: what announcing it takes."""

    id: str
    credential_id: str
    tenant: str
    achievement: str
    version: int
    learner: str
    status_list: int
    stored_at: datetime
    received_at: datetime
    announced_at: datetime | None = None

    @property
    def list_id(self) -> ListId:
        """The list that it names."""
        return self.tenant, self.status_list

    def issued(self, state: CredentialState) -> CredentialIssued:
        """The same announcement however often it is made."""
        return CredentialIssued(
            award_id=self.id,
            credential_id=self.credential_id,
            tenant=self.tenant,
            achievement=self.achievement,
            version=self.version,
            learner=self.learner,
            issued_at=self.stored_at,
            state=state,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """These awards' credentials are about to be stored and announced."""

    id: str
    awards: tuple[str, ...]
    noted_at: datetime


class Fact(StatusFact):
    """A status fact with its place on a list, which is known as soon as the award is.

    `settled_at` comes last: after the list was raised and everybody was told. Until then the sweep sees to it.
    """

    stored_at: AwareDatetime
    status_list: int | None = None
    status_index: int | None = None
    settled_at: AwareDatetime | None = None

    @property
    def placed(self) -> bool:
        """Whether lists are drawn with it."""
        return self.status_list is not None


@dataclass(frozen=True, slots=True)
class ListState:
    """Where a status list stands; its signed forms stay in the store."""

    tenant: str
    number: int
    dirty: int = 1
    published: int = 0
    drawn_at: datetime | None = None
    drafted: int = 0
    drafted_at: datetime | None = None

    @property
    def id(self) -> ListId:
        """Tenant and number."""
        return self.tenant, self.number

    @property
    def fetchable(self) -> bool:
        """Whether anybody could fetch it: it was signed and published at least once."""
        return self.published > 0

    @property
    def complete(self) -> bool:
        """Whether what is published holds everything that the list was raised for."""
        return self.published >= self.dirty


def by_award(facts: Iterable[Fact], tenants: Mapping[str, str]) -> dict[str, list[Fact]]:
    """Facts by award, without what another tenant said about it."""
    sorted_out: dict[str, list[Fact]] = {}
    for fact in facts:
        if tenants.get(fact.award_id) == fact.tenant:
            sorted_out.setdefault(fact.award_id, []).append(fact)
    return sorted_out
