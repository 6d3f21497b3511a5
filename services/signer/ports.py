"""What signing needs from the world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from shared.catalogue.model import Catalogue
from shared.contracts.documents import Learner, PublicKey


class LiveCatalogue(Protocol):
    """What is live, and a way to see at once what was just applied."""

    @property
    def current(self) -> Catalogue:
        """As last read."""
        ...

    async def refresh(self) -> None:
        """Reads it now. Raises Unavailable."""
        ...


class Learners(Protocol):
    """The directory of people, read only."""

    async def find(self, ids: Collection[str]) -> Mapping[str, Learner]:
        """Those that exist, by id, in one read. Raises Unavailable."""
        ...


class PublishedKeys(Protocol):
    """The public halves, as verifiers find them."""

    async def of(self, tenants: Collection[str]) -> Mapping[str, PublicKey]:
        """By kid. Raises Unavailable."""
        ...


class Tally(Protocol):
    """What operators are told."""

    def signing(self, form: str, alg: str) -> AbstractContextManager[None]:
        """Counts and times one signature."""
        ...

    def deferred(self, count: int) -> None:
        """Records that wait because their issuer's key isn't there."""
        ...

    def key_loaded(self, kid: str, purpose: str) -> None:
        """This key is in use."""
        ...


ReadKey = Callable[[str, str], bytes]
"""(tenant, file name) → PEM. Raises a LaurelError where there is none that may be used."""
