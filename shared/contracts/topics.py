"""Every topic that Laurel owns, with what it carries and what keeps its records in order. Names stand nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.contracts.events import (
    AchievementEarned,
    AwardDecisionRequested,
    CredentialIssued,
    CredentialSigned,
    CredentialStatusChanged,
    Event,
    LearningActivity,
    StatusChangeRequested,
    StatusListDrafted,
    StatusListSigned,
)
from shared.contracts.learners import JudgementRequested, LearnerMerged, LearnerMergeRequested, LearnerReachable

E_co = TypeVar("E_co", bound=Event, covariant=True)
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic(Generic[E_co]):
    """A name, the event it carries, and the partition key: things that must stay in order share topic and key."""

    name: str
    carries: type[E_co]
    key: Callable[..., str]
    consumers: tuple[str, ...]
    """the consumer groups; each has dead letters of its own"""


def _learner(
    event: LearningActivity
    | AchievementEarned
    | CredentialSigned
    | CredentialIssued
    | LearnerReachable
    | JudgementRequested
    | LearnerMergeRequested
    | LearnerMerged,
) -> str:
    return f"{event.tenant}|{event.learner}"


def _award(event: StatusChangeRequested | AwardDecisionRequested) -> str:
    return f"{event.tenant}|{event.award_id}"


def _list(event: StatusListDrafted | StatusListSigned) -> str:
    return f"{event.tenant}|{event.list_number}"


LEARNING_ACTIVITY = Topic("learning.activity.v1", LearningActivity, _learner, ("evaluator",))
ACHIEVEMENT_EARNED = Topic("achievement.earned.v1", AchievementEarned, _learner, ("signer",))
CREDENTIAL_SIGNED = Topic("credential.signed.v1", CredentialSigned, _learner, ("registry",))
CREDENTIAL_ISSUED = Topic("credential.issued.v1", CredentialIssued, _learner, ("notifier",))
STATUS_CHANGE_REQUESTED = Topic("status.change-requested.v1", StatusChangeRequested, _award, ("registry",))
CREDENTIAL_STATUS_CHANGED = Topic(
    "credential.status-changed.v1", CredentialStatusChanged, _learner, ("evaluator", "notifier")
)
STATUS_LIST_DRAFTED = Topic("status-list.drafted.v1", StatusListDrafted, _list, ("signer",))
STATUS_LIST_SIGNED = Topic("status-list.signed.v1", StatusListSigned, _list, ("registry",))
LEARNER_REACHABLE = Topic("learner.reachable.v1", LearnerReachable, _learner, ("evaluator",))
JUDGEMENT_REQUESTED = Topic("learner.judgement-requested.v1", JudgementRequested, _learner, ("evaluator",))
LEARNER_MERGE_REQUESTED = Topic("learner.merge-requested.v1", LearnerMergeRequested, _learner, ("intake",))
LEARNER_MERGED = Topic("learner.merged.v1", LearnerMerged, _learner, ("evaluator",))
AWARD_DECISION_REQUESTED = Topic("award.decision-requested.v1", AwardDecisionRequested, _award, ("evaluator",))

ALL: tuple[Topic[Event], ...] = (
    LEARNING_ACTIVITY,
    ACHIEVEMENT_EARNED,
    CREDENTIAL_SIGNED,
    CREDENTIAL_ISSUED,
    STATUS_CHANGE_REQUESTED,
    CREDENTIAL_STATUS_CHANGED,
    STATUS_LIST_DRAFTED,
    STATUS_LIST_SIGNED,
    LEARNER_REACHABLE,
    JUDGEMENT_REQUESTED,
    LEARNER_MERGE_REQUESTED,
    LEARNER_MERGED,
    AWARD_DECISION_REQUESTED,
)
OF: dict[type[Event], Topic[Event]] = {topic.carries: topic for topic in ALL}
"""The topic of each kind of event: publishing names the event and nothing else."""

WEBHOOK = "webhook"
"""Webhook deliveries have no topic of their own, but dead letters (`webhook.intake.dlq`) and replays have: a replayed
delivery is a record of this topic with the header `laurel-source: <tenant>/<source>`."""
SOURCE_HEADER = "laurel-source"
SOURCES = r"^(webhook|lms\..*)$"
"""The topics that intake reads, unless LAUREL_INTAKE_TOPICS says otherwise."""

SOURCE_MAX_BYTES = 4 * MIB
DEAD_LETTER_MAX_BYTES = 5 * MIB


def read_by_intake(sources: str) -> str:
    """What intake subscribes to: a pattern of sources' topics without dead letters, which share their prefix."""
    return rf"(?!.*\.dlq$){sources}"


def dead_letters(topic: str, group: str) -> str:
    """Each consumer group owns its dead letters: one group's poison is another's food."""
    return f"{topic}.{group}.dlq"
