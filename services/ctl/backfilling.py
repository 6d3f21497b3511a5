"""Awarding those who had earned it before: every learner of whom something was judged under an older catalogue is
asked to be judged again. What is left to do is told by what is stored, so a stopped backfill just begins again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from services.ctl.settings import CtlSettings
from services.ctl.walking import portions, read
from services.evaluator.index import Index
from services.evaluator.rules import Rule, compile_rules
from shared.catalogue.facts import fact_of
from shared.catalogue.model import Catalogue
from shared.contracts.documents import ACTIVITIES
from shared.contracts.learners import JudgementRequested
from shared.errors import LaurelError
from shared.runtime.mongo import Database, translated
from shared.runtime.publisher import Publisher

Learner = tuple[str, str]
BATCH = 200
UNDER_WAY = 5_000
"""learners that were asked for and may not be judged yet: others' activities wait behind them"""
_LOOK_AGAIN = 0.25
_FIELDS = ("tenant", "learner", "event_id", "source", "verb", "object", "occurred_at", "fact", "judged_under")


class Mails(StrEnum):
    """What learners hear of it."""

    EACH = "each"
    DIGEST = "digest"
    NONE = "none"


class Standstill(LaurelError):
    """Nobody judges what was asked for."""


@dataclass(slots=True)
class Done:
    """How far it came."""

    request_id: str = field(default_factory=lambda: str(uuid4()))
    asked: int = 0
    """learners"""
    seconds: float = 0.0


class Backfill:
    """Of one revision that is live."""

    def __init__(
        self,
        settings: CtlSettings,
        database: Database,
        catalogue: Catalogue,
        *,
        achievement: tuple[str, str] | None = None,
        rate: float | None = None,
        mail: Mails = Mails.EACH,
        patience: float = 60.0,
    ) -> None:
        self._settings = settings
        self._database = database
        self._revision = catalogue.revision
        self._index = Index(_only(compile_rules(catalogue).all, achievement)) if achievement else None
        self._rate = rate
        self._mail = mail
        self._patience = patience

    async def left(self) -> int:
        """Activities that were judged under an older catalogue. Raises Unavailable."""
        with translated(ACTIVITIES):
            counted: int = await self._database[ACTIVITIES].count_documents(self._older)
            return counted

    async def run(self, looked: Callable[[float, int], None]) -> Done:
        """Until nobody is left; `looked` is told how much of the way is done, and how many learners were asked for.

        Raises Unavailable, or Standstill when nobody judges: what was asked for is judged once somebody does.
        """
        begun, done = time.monotonic(), Done()
        publisher = Publisher(self._settings)
        await publisher.start()
        try:
            # what an evaluator stored meanwhile under the older catalogue, it judges again itself
            every = await portions(self._database)
            behind: list[Mapping[str, Any]] = []
            waiting = 0
            for number, portion in enumerate(every, start=1):
                learners = await self._learners(portion)
                if learners:
                    await self._ask(publisher, learners, done, begun)
                    behind.append(portion)
                    waiting += len(learners)
                if waiting >= UNDER_WAY or number == len(every):
                    await self._judged(behind)
                    behind, waiting = [], 0
                looked(number / len(every), done.asked)
        finally:
            await publisher.stop()
        done.seconds = time.monotonic() - begun
        return done

    @property
    def _older(self) -> dict[str, Any]:
        return {"judged_under": {"$lt": self._revision}}

    async def _learners(self, portion: Mapping[str, Any]) -> list[Learner]:
        """Those of a portion who are to be judged."""
        found = await read(self._database, ACTIVITIES, portion, self._older, _FIELDS)
        if self._index is None:
            return list(found)
        index = self._index
        return [
            learner
            for learner, activities in found.items()
            if any(index.touched_by(learner[0], fact_of(each)) for each in activities)
        ]

    async def _ask(self, publisher: Publisher, learners: list[Learner], done: Done, begun: float) -> None:
        for start in range(0, len(learners), BATCH):
            some = learners[start : start + BATCH]
            requests = [
                JudgementRequested(
                    request_id=done.request_id,
                    tenant=tenant,
                    learner=learner,
                    quiet=self._mail is Mails.NONE,
                    digest=self._mail is Mails.DIGEST,
                    requested_at=datetime.now(UTC),
                )
                for tenant, learner in some
            ]
            await publisher.publish(requests)
            done.asked += len(some)
            if self._rate:
                await asyncio.sleep(max(0.0, begun + done.asked / self._rate - time.monotonic()))

    async def _judged(self, behind: list[Mapping[str, Any]]) -> None:
        """Returns when of these portions nobody is left."""
        patience = time.monotonic() + self._patience
        left: int | None = None
        while behind:
            now_left = len(await self._learners(behind[0]))
            if now_left == 0:
                behind, left = behind[1:], None
                continue
            if left is None or now_left < left:
                patience, left = time.monotonic() + self._patience, now_left
            if time.monotonic() > patience:
                msg = (
                    f"nobody was judged for {self._patience:.0f} s: is the evaluator running? What was asked for is "
                    "judged once it is; the same command goes on with whoever is left"
                )
                raise Standstill(msg)
            await asyncio.sleep(_LOOK_AGAIN)


def _only(rules: tuple[Rule, ...], achievement: tuple[str, str] | None) -> list[Rule]:
    return [each for each in rules if (each.tenant, each.achievement) == achievement]
