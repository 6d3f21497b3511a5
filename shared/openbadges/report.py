"""What a verification came to, in steps that an employer understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """The verdict."""

    VERIFIED = "verified"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ISSUER_UNKNOWN = "issuer-unknown"
    COULD_NOT_CHECK = "could-not-check"
    INVALID = "invalid"


class Outcome(StrEnum):
    """How one step went."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer."""

    name: str
    outcome: Outcome
    sentence: str


SENTENCES = {
    Result.VERIFIED: "This credential is genuine and stands.",
    Result.EXPIRED: "This credential is genuine, but it has expired.",
    Result.SUSPENDED: "This credential is genuine, but its issuer has suspended it for now.",
    Result.REVOKED: "This credential was revoked by its issuer.",
    Result.ISSUER_UNKNOWN: "Its issuer isn't known here, so nothing can be said about this credential.",
    Result.COULD_NOT_CHECK: "This credential could not be checked completely.",
    Result.INVALID: "This isn't a credential as its issuer signed it.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict, and how it was come to."""

    result: Result
    steps: tuple[Step, ...]
    credential: Mapping[str, Any] | None = None
    """what was presented; to be trusted only as far as the result says"""
    secured_as: str | None = None
    """jwt | data-integrity"""

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return SENTENCES[self.result]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "result": self.result.value,
            "sentence": self.sentence,
            "securedAs": self.secured_as,
            "steps": [
                {"name": step.name, "outcome": step.outcome.value, "sentence": step.sentence} for step in self.steps
            ],
            "credential": self.credential,
        }
