"""Verifying what somebody presents as a badge, step by step. Hostile input gets a report, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import Rejected
from shared.openbadges import data_integrity, vc_jwt
from shared.openbadges.dates import CLOCK_SKEW, parse_timestamp
from shared.openbadges.keys import MalformedKey, VerificationMethod
from shared.openbadges.presented import Presented, read
from shared.openbadges.report import Outcome, Report, Result, Step
from shared.openbadges.shapes import NotSupported, Shapes
from shared.openbadges.status_check import Standing, StatusLists, standing

__all__ = ["Outcome", "References", "Report", "Result", "Step", "references", "verify"]

_BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential"})
_VERDICTS = {Standing.REVOKED: Result.REVOKED, Standing.SUSPENDED: Result.SUSPENDED}


@dataclass(frozen=True, slots=True)
class References:
    """What a credential refers to, so that a caller can have it at hand. Claims, not facts."""

    credential_id: str | None
    issuer: str | None
    kids: tuple[str, ...]
    status_lists: tuple[str, ...]


def references(document: bytes | str | Mapping[str, Any]) -> References | None:
    """None when it is no secured credential at all; `verify` then says why."""
    try:
        presented = read(document)
    except Rejected:
        return None
    credential_id = presented.document.get("id")
    lists = [entry.get("statusListCredential") for entry in presented.statuses]
    return References(
        credential_id=credential_id if isinstance(credential_id, str) else None,
        issuer=presented.issuer,
        kids=(presented.kid,),
        status_lists=tuple(each for each in lists if isinstance(each, str)),
    )


def verify(
    document: bytes | str | Mapping[str, Any],
    *,
    resolve_key: Callable[[str], VerificationMethod | None],
    resolve_status_list: Callable[[str], bytes | str | None],
    now: datetime,
    shapes: Shapes,
    knows_issuer: Callable[[str], bool] | None = None,
    state_of: Callable[[str], str | None] | None = None,
) -> Report:
    """The verdict and the steps to it: document, issuer, signature, claims, dates, status.

    `resolve_key` answers None for a key that nobody here vouches for, `resolve_status_list` None for a list that can't
    be had. `state_of` tells a credential's state where it is known better than from its list.
    """
    try:
        presented = read(document)
    except Rejected as error:
        return Report(Result.INVALID, (Step("document", Outcome.FAILED, _sentence(error)),))
    checks = _Checks(presented, resolve_key, knows_issuer, shapes)
    for check in (checks.document, checks.issuer, checks.signature):
        result = check()
        if result is not None:
            return checks.report(result)
    expired = checks.dates(now)
    lists = StatusLists(resolve_key, resolve_status_list, now, shapes)
    status = checks.status(lists, state_of)
    return checks.report(_worst(expired, status))


class _Checks:
    """The steps as they are taken. Each answers the verdict where that is settled, else None."""

    def __init__(
        self,
        presented: Presented,
        resolve_key: Callable[[str], VerificationMethod | None],
        knows_issuer: Callable[[str], bool] | None,
        shapes: Shapes,
    ) -> None:
        self._presented = presented
        self._shapes = shapes
        self._method = resolve_key(presented.kid)
        self._knows_issuer = knows_issuer or (lambda issuer: self._method is not None)
        self._steps: list[Step] = []

    def document(self) -> Result | None:
        types = self._presented.types
        if "VerifiableCredential" not in types or not types & _BADGES:
            self._failed("document", "This is signed, but it is no Open Badges 3.0 credential.")
            return Result.INVALID
        how = "a proof of its own" if self._presented.token is None else "a signed token around it"
        self._ok("document", f"This is an Open Badges 3.0 credential with {how}.")
        return None

    def issuer(self) -> Result | None:
        issuer = self._presented.issuer
        if issuer is None:
            self._failed("issuer", "It names no issuer.")
            return Result.INVALID
        if not self._knows_issuer(issuer):
            self._unknown("issuer", "It names an issuer that isn't known here.")
            return Result.ISSUER_UNKNOWN
        self._ok("issuer", f"It names an issuer that is known here: {issuer}.")
        return None

    def signature(self) -> Result | None:
        method = self._method
        if method is None or method.controller != self._presented.issuer:
            self._failed("signature", "It is signed with a key that its issuer doesn't vouch for.")
            return Result.INVALID
        if method.purpose == "status-list":
            self._failed("signature", "It is signed with a key that its issuer uses for other things than credentials.")
            return Result.INVALID
        try:
            self._verify_with(method)
        except vc_jwt.ClaimsDisagree as error:
            self._ok("signature", "The issuer's signature holds.")
            self._failed("claims", _sentence(error))
            return Result.INVALID
        except NotSupported as error:
            self._unknown("signature", _sentence(error))
            return Result.COULD_NOT_CHECK
        except MalformedKey:
            self._unknown("signature", "The issuer's key can't be used.")
            return Result.COULD_NOT_CHECK
        except Rejected as error:
            self._failed("signature", f"It isn't as its issuer signed it: {error}.")
            return Result.INVALID
        self._ok("signature", "The issuer's signature holds: nothing was changed.")
        if self._presented.token is not None:
            self._ok("claims", "What the token says agrees with the credential in it.")
        return None

    def dates(self, now: datetime) -> Result | None:
        said = self._presented.document
        try:
            begins = parse_timestamp(said.get("validFrom"))
            ends = parse_timestamp(said["validUntil"]) if "validUntil" in said else None
        except ValueError:
            self._failed("dates", "It doesn't say properly from when until when it is valid.")
            return Result.INVALID
        if now + CLOCK_SKEW < begins:
            self._failed("dates", f"It isn't valid before {begins:%-d %B %Y, %H:%M} UTC.")
            return Result.COULD_NOT_CHECK
        if ends is not None and ends <= now:
            self._failed("dates", f"It expired on {ends:%-d %B %Y}.")
            return Result.EXPIRED
        until = "without an end" if ends is None else f"until {ends:%-d %B %Y}"
        self._ok("dates", f"It is valid from {begins:%-d %B %Y} {until}.")
        return None

    def status(self, lists: StatusLists, state_of: Callable[[str], str | None] | None) -> Result | None:
        credential_id = self._presented.document.get("id")
        known = state_of(credential_id) if state_of is not None and isinstance(credential_id, str) else None
        found, sentence = standing(self._presented, lists, known)
        if found is Standing.UNKNOWN:
            self._unknown("status", sentence)
            return Result.COULD_NOT_CHECK
        if found is Standing.GOOD:
            self._ok("status", sentence)
            return None
        self._failed("status", sentence)
        return _VERDICTS[found]

    def report(self, result: Result) -> Report:
        how = "data-integrity" if self._presented.token is None else "jwt"
        return Report(result, tuple(self._steps), self._presented.document, how)

    def _verify_with(self, method: VerificationMethod) -> None:
        if self._presented.token is not None:
            vc_jwt.verify(self._presented.token, method)
        else:
            data_integrity.verify(self._presented.document, method, self._shapes)

    def _ok(self, name: str, sentence: str) -> None:
        self._steps.append(Step(name, Outcome.OK, sentence))

    def _failed(self, name: str, sentence: str) -> None:
        self._steps.append(Step(name, Outcome.FAILED, sentence))

    def _unknown(self, name: str, sentence: str) -> None:
        self._steps.append(Step(name, Outcome.UNKNOWN, sentence))


_SEVERITY = (Result.INVALID, Result.REVOKED, Result.SUSPENDED, Result.EXPIRED, Result.COULD_NOT_CHECK)


def _worst(*results: Result | None) -> Result:
    return next((each for each in _SEVERITY if each in results), Result.VERIFIED)


def _sentence(error: Rejected) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
