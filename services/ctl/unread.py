"""Sources that would stay silent: their topic exists, and intake never reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shared.catalogue.model import Tenant
from shared.contracts import topics
from shared.errors import LaurelError

SETTING = "LAUREL_INTAKE_TOPICS"


class NoPattern(LaurelError):
    """The setting is no regular expression."""


def unread(tenants: Iterable[Tenant], sources: str) -> tuple[str, ...]:
    """`tenant/source (topic)` of each whose topic the setting, as far as the command knows it, leaves out."""
    try:
        pattern = re.compile(topics.read_by_intake(sources))
    except re.error as error:
        msg = f"{SETTING} is no regular expression: {error}"
        raise NoPattern(msg) from error
    return tuple(
        f"{tenant.issuer.tenant}/{source.name} ({source.topic})"
        for tenant in tenants
        for source in tenant.sources
        if source.topic and not pattern.match(source.topic)
    )


def in_words(names: Iterable[str], sources: str) -> str:
    """What becomes of them, and what to do."""
    known = f"{SETTING} is {sources}, as far as `laurel` was told"
    return f"never read: {', '.join(names)}; {known}: rename the topic, or set it for intake and `laurel`"
