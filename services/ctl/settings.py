"""Which deployment the command speaks to: the environment's, else the one that `laurel up` started here."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from services.devstack.detached import running
from shared.contracts import topics
from shared.runtime.settings import Settings

STATE = Path(".laurel")


class CtlSettings(Settings):
    """What every service is told, and how topics are made."""

    topic_partitions: int = Field(default=6, ge=1)
    topic_replication: int = Field(default=3, ge=1)
    intake_topics: str = topics.SOURCES
    """what intake is told, to name sources that it would never read"""


def current(state: Path = STATE) -> CtlSettings:
    """`LAUREL_*` where set; else what `laurel up` wrote down while it runs; else the defaults."""
    told = {} if "LAUREL_KAFKA" in os.environ or "LAUREL_MONGO_URI" in os.environ else _running(state)
    return CtlSettings.model_validate(told) if told else CtlSettings()


def _running(state: Path) -> dict[str, object]:
    up = running(state)
    return {} if up is None else dict(up["settings"])
