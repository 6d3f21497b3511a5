"""What only intake needs to be told."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts import topics
from shared.runtime.settings import Settings


class IntakeSettings(Settings):
    """See `shared.runtime.settings`."""

    intake_topics: str = topics.SOURCES
    """regular expression of the topics that LMSs write to; dead letters are never among them"""
    event_max_bytes: int = topics.MIB
    webhook_max_bytes: int = 256 * 1024
    clock_tolerance: timedelta = timedelta(minutes=5)
    """how far an LMS's clock may be ahead"""
    waiting_max: int = 10_000
    """deliveries of one source that wait for their learners' profiles; more are refused"""
    waiting_age: timedelta = timedelta(days=30)
    """how long one waits before it is dead-lettered"""

    @property
    def topic_pattern(self) -> str:
        """What is subscribed to: `intake_topics` without dead letters, which share the sources' prefix."""
        return topics.read_by_intake(self.intake_topics)
