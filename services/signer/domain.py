"""From an award to a credential: the catalogue's and the contracts' words in the words of Open Badges. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.catalogue.description import description_of, profile_of
from shared.catalogue.durations import Duration
from shared.catalogue.model import LiveAchievement, Tenant
from shared.contracts import events, identity
from shared.contracts.documents import Learner
from shared.contracts.events import AchievementEarned, whole_seconds
from shared.errors import Rejected
from shared.openbadges import did, rules
from shared.openbadges.credential import build_credential, percent
from shared.openbadges.texts import cleaned
from shared.openbadges.vocabulary import Award, Evidence, Recipient, StatusEntry

MOST_EVIDENCE = 100
"""Beyond that a credential says how many more there were: it has to fit into a picture and a message."""


class UnknownAchievement(Rejected):
    """The award names an achievement version that isn't in the catalogue."""

    code = "unknown_achievement"


class UnknownLearner(Rejected):
    """Nobody is known any more by the award's learner id: the learner was erased."""

    code = "unknown_learner"


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that an award's credential is made of."""

    earned: AchievementEarned
    tenant: Tenant
    live: LiveAchievement
    learner: Learner


def credential(subject: Subject, secret: bytes) -> dict[str, Any]:
    """The unsigned credential: the same award always gives the same. Raises Rejected where it can't be a good one."""
    earned, issuer = subject.earned, subject.tenant.issuer
    built = build_credential(
        _award(subject),
        description_of(issuer, subject.live.achievement),
        profile_of(subject.tenant),
        _recipient(subject, secret),
        StatusEntry(did.status_list_url(issuer.id, earned.status_list), earned.status_index),
    )
    rules.check(built)
    return built


def _award(subject: Subject) -> Award:
    earned, issuer = subject.earned, subject.tenant.issuer
    valid_from = whole_seconds(earned.valid_from)
    return Award(
        credential_id=did.credential_url(issuer.id, earned.award_id),
        valid_from=valid_from,
        valid_until=_valid_until(valid_from, subject.live.achievement.valid_for, ZoneInfo(issuer.timezone)),
        why=cleaned(earned.why),
        evidence=_evidence(earned.evidence),
        score=earned.score,
    )


def _valid_until(valid_from: datetime, valid_for: str | None, zone: ZoneInfo) -> datetime | None:
    return None if valid_for is None else Duration.parse(valid_for).after(valid_from, zone)


def _evidence(found: tuple[events.Evidence, ...]) -> tuple[Evidence, ...]:
    shown = tuple(_activity(each) for each in found[:MOST_EVIDENCE])
    more = len(found) - len(shown)
    if not more:
        return shown
    return (*shown, Evidence(f"{more} more", f"{more} more activities count towards this award."))


def _activity(activity: events.Evidence) -> Evidence:
    score = "" if activity.score is None else f", with {percent(activity.score)} %"
    recorded = f" (recorded as {activity.raw_score})" if activity.raw_score else ""
    return Evidence(
        name=cleaned(activity.object_name or activity.object_id),
        narrative=cleaned(
            f"{activity.verb.capitalize()} on {activity.occurred_at:%Y-%m-%d}{score}{recorded}: {activity.object_id}"
        ),
    )


def _recipient(subject: Subject, secret: bytes) -> Recipient:
    earned, learner = subject.earned, subject.learner
    if learner.email:
        kind, who = "emailAddress", identity.normal_address(learner.email)
    elif learner.identity_type == "emailAddress":
        kind, who = "emailAddress", identity.normal_address(learner.external_id)
    else:
        kind, who = learner.identity_type, learner.external_id
    return Recipient(
        subject_id=identity.subject_id(secret, earned.tenant, earned.learner),
        identity=who,
        identity_type=kind,
        salt=identity.salt(secret, earned.tenant, earned.award_id),
    )
