"""The facts that services tell each other about people's accounts. They hold no address and no name."""

from __future__ import annotations

from pydantic import AwareDatetime

from shared.contracts.events import OPERATOR, Event


class LearnerReachable(Event):
    """An address of a learner is known for the first time: the topic `learner.reachable.v1`. It holds no address."""

    tenant: str
    learner: str


class JudgementRequested(Event):
    """Somebody is to be judged by everything that is known of them: the topic `learner.judgement-requested.v1`.

    Asked for when a catalogue has gone live under which they may have earned something before.
    """

    request_id: str
    """of the backfill"""
    tenant: str
    learner: str
    quiet: bool = False
    """no e-mail is written about what they are awarded by it"""
    digest: bool = False
    """one e-mail is written about everything that they are awarded by it"""
    requested_at: AwareDatetime


class LearnerMergeRequested(Event):
    """An operator says that two accounts are one person's: the topic `learner.merge-requested.v1`."""

    request_id: str
    tenant: str
    learner: str
    """the account that is given up: from now on it is `into`"""
    into: str
    reason: str
    requested_by: str = OPERATOR
    requested_at: AwareDatetime


class LearnerMerged(Event):
    """Everything of one account is the other's: the topic `learner.merged.v1`."""

    tenant: str
    learner: str
    """the account that was given up"""
    into: str
    merged_at: AwareDatetime
