"""The unsigned Open Badges 3.0 AchievementCredential. The same award always becomes the same bytes.

Nothing random and no clock. Lists are arrays even for one value, and what is empty is left out (Appendix A).
Issuer and achievement are made once and shared by all credentials that name them: they are read, never changed.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from shared.openbadges import contexts
from shared.openbadges.dates import timestamp
from shared.openbadges.status_list import REVOCATION
from shared.openbadges.texts import UnsignableText, address, plain
from shared.openbadges.vocabulary import (
    ACHIEVEMENT_TYPES,
    IDENTITY_TYPES,
    TARGET_TYPES,
    AchievementDescription,
    Alignment,
    Award,
    Evidence,
    Profile,
    Recipient,
    Recognition,
    StatusEntry,
)

SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
_MOST_KEPT = 1024
_EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]+", re.ASCII)


def build_credential(
    award: Award, achievement: AchievementDescription, issuer: Profile, recipient: Recipient, status: StatusEntry
) -> dict[str, Any]:
    """The credential. Raises UnsignableText for words that can't be signed."""
    valid_from = timestamp(award.valid_from)
    return _present(
        {
            "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES, contexts.EXTENSIONS],
            "id": address(award.credential_id, "the credential's id"),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": plain(achievement.name, "the achievement's name"),
            "issuer": profile(issuer),
            "validFrom": valid_from,
            "validUntil": None if award.valid_until is None else timestamp(award.valid_until),
            "awardedDate": valid_from,
            "credentialSubject": _subject(award, achievement, recipient),
            "evidence": [_evidence(each) for each in award.evidence] or None,
            "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
            "credentialStatus": _status(status),
        }
    )


@lru_cache(maxsize=_MOST_KEPT)
def profile(issuer: Profile) -> dict[str, Any]:
    """The issuer as credentials and its own page name it."""
    return _present(
        {
            "id": address(issuer.id, "the issuer's id"),
            "type": ["Profile"],
            "name": plain(issuer.name, "the issuer's name"),
            "url": address(issuer.url, "the issuer's url"),
            "email": _optional(issuer.email, "the issuer's email"),
            "description": _optional(issuer.description, "the issuer's description"),
            "image": _image(issuer.image),
            "otherIdentifier": [_recognition(each) for each in issuer.recognised_by] or None,
        }
    )


@lru_cache(maxsize=_MOST_KEPT)
def achievement_object(achievement: AchievementDescription, *, is_scored: bool) -> dict[str, Any]:
    """The achievement as credentials hold it, with a place for a score where there is one."""
    previous = achievement.previous_version
    return _present(
        {
            "id": address(achievement.id, "the achievement's id"),
            "type": ["Achievement"],
            "achievementType": _of(ACHIEVEMENT_TYPES, achievement.type, "the achievement's type"),
            "name": plain(achievement.name, "the achievement's name"),
            "description": plain(achievement.description, "the achievement's description"),
            "criteria": {
                "id": address(achievement.id, "the achievement's id"),
                "narrative": plain(achievement.criteria, "the achievement's criteria"),
            },
            "image": _image(achievement.image),
            "version": plain(achievement.version, "the achievement's version"),
            "inLanguage": _optional(achievement.language, "the achievement's language"),
            "tag": [plain(tag, "a tag") for tag in achievement.tags] or None,
            "alignment": [_alignment(each) for each in achievement.alignments] or None,
            "creditsAvailable": _number(achievement.credits),
            "related": [{"id": address(previous, "the previous version"), "type": ["Related"]}] if previous else None,
            "resultDescription": [_result_description(achievement)] if is_scored else None,
        }
    )


def identity_hash(identity: str, salt: str) -> str:
    """An IdentityHash: who knows the identity can compare it, nobody can read it."""
    return "sha256$" + hashlib.sha256((identity + salt).encode()).hexdigest()


def percent(score: float) -> str:
    """0.925 → `92.5`."""
    return f"{score * 100:.2f}".rstrip("0").rstrip(".")


def _subject(award: Award, achievement: AchievementDescription, recipient: Recipient) -> dict[str, Any]:
    return _present(
        {
            "id": address(recipient.subject_id, "the subject's id"),
            "type": ["AchievementSubject"],
            "identifier": [_identity(recipient)],
            "achievement": achievement_object(achievement, is_scored=award.score is not None),
            "narrative": _optional(award.why, "the reason of the award"),
            "creditsEarned": _number(achievement.credits),
            "result": None if award.score is None else [_result(achievement, award.score)],
        }
    )


def _identity(recipient: Recipient) -> dict[str, Any]:
    if recipient.identity_type not in IDENTITY_TYPES:
        msg = f"{recipient.identity_type} is no type of identity that credentials are issued for"
        raise UnsignableText(msg)
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": identity_hash(plain(recipient.identity, "the recipient's identity"), recipient.salt),
        "identityType": recipient.identity_type,
        "salt": recipient.salt,
    }


def _result_description(achievement: AchievementDescription) -> dict[str, Any]:
    return {
        "id": _score_id(achievement.id),
        "type": ["ResultDescription"],
        "name": "Score",
        "resultType": "Percent",
        "valueMin": "0",
        "valueMax": "100",
    }


def _result(achievement: AchievementDescription, score: float) -> dict[str, Any]:
    return {"type": ["Result"], "resultDescription": _score_id(achievement.id), "value": percent(score)}


@lru_cache(maxsize=_MOST_KEPT)
def _score_id(achievement_id: str) -> str:
    return address(f"{achievement_id}#score", "the achievement's id")


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "type": ["Evidence"],
        "name": plain(evidence.name, "an activity's name"),
        "narrative": plain(evidence.narrative, "an activity's description"),
    }


def _alignment(alignment: Alignment) -> dict[str, Any]:
    return _present(
        {
            "type": ["Alignment"],
            "targetName": plain(alignment.name, "an alignment's name"),
            "targetUrl": address(alignment.url, "an alignment's url"),
            "targetCode": _optional(alignment.code, "an alignment's code"),
            "targetDescription": _optional(alignment.description, "an alignment's description"),
            "targetFramework": _optional(alignment.framework, "an alignment's framework"),
            "targetType": None if alignment.type is None else _of(TARGET_TYPES, alignment.type, "an alignment's type"),
        }
    )


def _recognition(recognition: Recognition) -> dict[str, Any]:
    return {
        "type": "IdentifierEntry",
        "identifier": plain(recognition.url or recognition.by, "an accreditation"),
        "identifierType": "ext:accreditation",
    }


def _status(status: StatusEntry) -> dict[str, Any]:
    url = _list_address(status.list_url)
    return {
        "id": f"{url}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": REVOCATION,
        "statusListIndex": str(status.index),
        "statusListCredential": url,
    }


@lru_cache(maxsize=_MOST_KEPT)
def _list_address(url: str) -> str:
    return address(url, "the status list's address")


def _image(url: str | None) -> dict[str, Any] | None:
    return None if url is None else {"id": address(url, "a picture's address"), "type": "Image"}


def _of(known: frozenset[str], name: str, what: str) -> str:
    if name not in known and not _EXTENSION.fullmatch(name):
        msg = f"{what} is none of Open Badges' own and doesn't begin with ext:"
        raise UnsignableText(msg)
    return name


def _number(number: float | None) -> float | int | None:
    # 3.0 and 3 are written differently by JSON implementations, and then canonicalised differently
    return int(number) if number is not None and number == int(number) else number


def _optional(text: str | None, what: str) -> str | None:
    return plain(text, what) if text else None


def _present(members: dict[str, Any]) -> dict[str, Any]:
    """Without nulls, which credentials must not have; an empty array is one."""
    for name in [name for name, value in members.items() if value is None]:
        del members[name]
    return members
