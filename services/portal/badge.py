"""One issued badge as its page tells of it: what was issued, why, and how it stands today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from shared.catalogue.model import Achievement, Issuer, LiveAchievement
from shared.contracts.documents import Award, Credential
from shared.openbadges import did
from shared.openbadges.status import Status
from shared.openbadges.verification import Report, Result


class Standing(StrEnum):
    """The plain answer at the top of a badge page."""

    VERIFIED = "verified"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNCHECKED = "unchecked"
    INVALID = "invalid"


_BY_RESULT = {
    Result.VERIFIED: Standing.VERIFIED,
    Result.EXPIRED: Standing.EXPIRED,
    Result.SUSPENDED: Standing.SUSPENDED,
    Result.REVOKED: Standing.REVOKED,
    Result.INVALID: Standing.INVALID,
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Everything that its page is made of. Nobody's name is in it: a credential has none."""

    issuer: Issuer
    live: LiveAchievement
    credential: Credential
    award: Award | None
    status: Status
    report: Report

    @property
    def achievement(self) -> Achievement:
        """The version that it was earned under, not the newest one."""
        return self.live.achievement

    @property
    def standing(self) -> Standing:
        """What checking it came to. The check knows the facts, which are newer than the list that others read."""
        return _BY_RESULT.get(self.report.result, Standing.UNCHECKED)

    @property
    def address(self) -> str:
        """The credential's id, which is its page's public address too."""
        return self.credential.credential_id

    @property
    def picture(self) -> str:
        """The achievement's picture at its public address."""
        return f"{did.achievement_url(self.issuer.id, self.achievement.id, self.achievement.version)}/image"


def linkedin_address(badge: Badge) -> str:
    """LinkedIn's form for a licence or certification, filled in."""
    issuer, credential = badge.issuer, badge.credential
    zone = ZoneInfo(issuer.timezone)
    issued = credential.valid_from.astimezone(zone)
    form: dict[str, str | int] = {"startTask": "CERTIFICATION_NAME", "name": badge.achievement.name}
    if issuer.linkedin_organization_id is not None:
        form["organizationId"] = issuer.linkedin_organization_id
    else:
        form["organizationName"] = issuer.name
    form |= {"issueYear": issued.year, "issueMonth": issued.month}
    if credential.valid_until is not None:
        expires = credential.valid_until.astimezone(zone)
        form |= {"expirationYear": expires.year, "expirationMonth": expires.month}
    form |= {"certUrl": badge.address, "certId": credential.id}
    return f"https://www.linkedin.com/profile/add?{urlencode(form)}"
