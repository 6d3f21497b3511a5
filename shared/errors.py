"""The two kinds of failure: this record can never succeed, or something that every record needs is down."""

from __future__ import annotations


class LaurelError(Exception):
    """Root of every error that Laurel raises on purpose."""


class Rejected(LaurelError):
    """This record can never succeed: it is dead-lettered and its neighbours go on.

    `code` is a bounded, snake_case label for metrics and headers; the message says what, where and what to do,
    and never holds personal data or secrets.
    """

    code: str = "rejected"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class Unavailable(LaurelError):
    """What every record needs is down: the offset stays, we wait, nothing is dead-lettered."""

    def __init__(self, dependency: str) -> None:
        super().__init__(f"{dependency} is unavailable")
        self.dependency = dependency
