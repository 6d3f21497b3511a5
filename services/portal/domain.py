"""What the portal needs to read, and the words for what it can't answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.contracts.documents import Award, Credential, PublicKey, StatusFact, StatusList
from shared.errors import Rejected


class Refused(Rejected):
    """A request that has no answer. `status` is HTTP's word for it."""

    status = 400
    title = "That can't be answered"


class NotHere(Refused):
    """There is nothing at this address."""

    code = "not_found"
    status = 404
    title = "Nothing here"


class NotAllowed(Refused):
    """There is something at this address, but not for this method."""

    code = "method_not_allowed"
    status = 405
    title = "Not possible here"


class NotAcceptable(Refused):
    """What is here has no form that the client accepts."""

    code = "not_acceptable"
    status = 406
    title = "Not in this form"


class TooLarge(Refused):
    """More was sent than a credential can be."""

    code = "too_large"
    status = 413
    title = "Too large"


class NothingSent(Refused):
    """There was nothing to verify in the request."""

    code = "nothing_sent"
    title = "Nothing to verify"


class Archive(Protocol):
    """Everything that was issued, as the other services stored it. Read-only."""

    async def credential(self, tenant: str, award_id: str) -> Credential | None:
        """The stored credential; None before it was stored, whatever else is known of the award."""
        ...

    async def award(self, tenant: str, award_id: str) -> Award | None:
        """Why it was earned."""
        ...

    async def facts(self, tenant: str, award_id: str) -> Sequence[StatusFact]:
        """What was said about its status, in no particular order."""
        ...

    async def status_list(self, tenant: str, number: int) -> StatusList | None:
        """A published list; None until it can be fetched."""
        ...

    async def keys(self, tenants: Sequence[str]) -> Sequence[PublicKey]:
        """The public keys of these issuers, in any state."""
        ...
