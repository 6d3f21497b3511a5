"""What Open Badges 3.0 asks of a credential beyond what its schema enforces: looked at before anything is signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import Rejected
from shared.openbadges.dates import parse_timestamp

_ARRAYS = {
    "OpenBadgeCredential": {"evidence", "endorsement", "endorsementJwt"},
    "Profile": {"otherIdentifier", "endorsement", "endorsementJwt"},
    "AchievementSubject": {"identifier", "result"},
    "Achievement": {"alignment", "tag", "resultDescription", "otherIdentifier", "related", "endorsement"},
    "ResultDescription": {"alignment", "allowedValue", "rubricCriterionLevel"},
    "Result": {"alignment"},
}
"""0..* in the model: arrays even for one value (Appendix A)."""


class BreaksRules(Rejected):
    """A credential that validators would refuse. It isn't signed."""

    code = "breaks_rules"


def check(credential: Mapping[str, Any]) -> None:
    """Raises BreaksRules, naming every rule that is broken."""
    broken = sorted({*_required(credential), *_shape(credential), *_agreement(credential)})
    if broken:
        msg = f"the credential isn't signed: {'; '.join(broken)}"
        raise BreaksRules(msg)


def _required(credential: Mapping[str, Any]) -> Iterator[str]:
    issuer, subject = _object(credential, "issuer"), _object(credential, "credentialSubject")
    achievement = _object(subject, "achievement")
    for part, members in (
        (credential, ("@context", "id", "name", "credentialSchema")),
        (issuer, ("id", "name", "url")),
        (subject, ("id", "identifier")),
        (achievement, ("id", "name", "description", "criteria", "achievementType")),
    ):
        yield from (f"{member} is missing" for member in members if member not in part)
    for part, kind in (
        (credential, "VerifiableCredential"),
        (credential, "OpenBadgeCredential"),
        (issuer, "Profile"),
        (subject, "AchievementSubject"),
        (achievement, "Achievement"),
    ):
        if kind not in part.get("type", ()):
            yield f"nothing is typed as {kind}"


def _shape(node: Any, name: str = "credential") -> Iterator[str]:
    match node:
        case None | "":
            yield f"{name} is empty"
        case dict() | list() if not node:
            yield f"{name} is empty"
        case dict():
            arrays = _arrays(node)
            for member, value in node.items():
                if member in arrays and not isinstance(value, list):
                    yield f"{member} must be an array"
                yield from _shape(value, member)
        case list():
            for value in node:
                yield from _shape(value, name)


def _arrays(node: Mapping[str, Any]) -> set[str]:
    types = node.get("type", ())
    named = (types,) if isinstance(types, str) else types
    return {member for kind in named for member in _ARRAYS.get(kind, ())}


def _agreement(credential: Mapping[str, Any]) -> Iterator[str]:
    status = _object(credential, "credentialStatus")
    if status.get("id") != f"{status.get('statusListCredential')}#{status.get('statusListIndex')}":
        yield "the status entry doesn't name its position"
    subject = _object(credential, "credentialSubject")
    described = {each.get("id") for each in _object(subject, "achievement").get("resultDescription", ())}
    if not {each.get("resultDescription") for each in subject.get("result", ())} <= described:
        yield "a result isn't described by the achievement"
    if not all(each.get("hashed") is True for each in subject.get("identifier", ())):
        yield "an identity isn't hashed"
    try:
        begins = parse_timestamp(credential.get("validFrom"))
        ends = parse_timestamp(credential.get("validUntil", credential.get("validFrom")))
    except ValueError:
        yield "a date has no zone"
    else:
        if ends < begins:
            yield "it expires before it begins"


def _object(node: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = node.get(name)
    return value if isinstance(value, dict) else {}
