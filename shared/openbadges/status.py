"""What a credential's status is: a fold over the facts that were said about it. Nothing here is ever edited.

Revoked > suspended > active. A revocation is final. A suspension stands for each cause by itself, and a
reinstatement closes the suspension of the same cause and no other, so that a correction by a learning system never
softens what an operator decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

State = Literal["active", "suspended", "revoked"]
"""The same words as `contracts.events.CredentialState`, which is made from one by `CredentialState(state)`."""


class Fact(Protocol):
    """Somebody said this about a credential; a stored `StatusFact` is one."""

    @property
    def id(self) -> str:
        """The request's id: the same fact twice is one fact."""
        ...

    @property
    def change(self) -> str:
        """revoke | suspend | reinstate."""
        ...

    @property
    def cause(self) -> str:
        """Who or what a suspension stands for."""
        ...

    @property
    def reason(self) -> str:
        """In words that the learner and an employer may read."""
        ...

    @property
    def at(self) -> datetime:
        """When it was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """What a credential's facts come to. `facts` counts the distinct ones: of two answers the larger is newer."""

    state: State = "active"
    reason: str = ""
    since: datetime | None = None
    """when it came to be so; nothing for a credential about which nothing was ever said"""
    facts: int = 0
    by: str | None = None
    """the id of the fact that made it so"""

    @property
    def bit(self) -> bool:
        """Whether the status list says so: one purpose, `revocation`, for suspended and revoked alike."""
        return self.state != "active"


def status_of(facts: Iterable[Fact]) -> Status:
    """The same for the same set of facts, in whatever order and however often they are given."""
    ordered = sorted({fact.id: fact for fact in facts}.values(), key=lambda fact: (fact.at, fact.id))
    standing: dict[str, Fact] = {}
    last: Fact | None = None
    for fact in ordered:
        match fact.change:
            case "revoke":
                return Status("revoked", fact.reason, fact.at, len(ordered), fact.id)
            case "suspend":
                standing.setdefault(fact.cause, fact)
            case "reinstate" if standing.pop(fact.cause, None) is not None:
                last = fact
    if standing:
        first = min(standing.values(), key=lambda fact: (fact.at, fact.id))
        return Status("suspended", first.reason, first.at, len(ordered), first.id)
    if last is None:
        return Status(facts=len(ordered))
    return Status("active", last.reason, last.at, len(ordered), last.id)
