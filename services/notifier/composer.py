"""From what is stored to an e-mail, or to the reason why there is none yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.notifier.domain import DIGEST, REVOKED, Deferred, Outcome, OwedDelivery, Refused, Unaddressed, Unwanted
from services.notifier.letter import Desk, Digest, Letter, UnusableAddress
from services.notifier.message import Mail, Stationery, composed, digested
from services.notifier.picture import Pictures
from services.notifier.ports import Papers
from shared.catalogue.model import Catalogue, LiveAchievement
from shared.contracts.documents import Credential, Learner
from shared.openbadges.baking import bake_png


class CatalogueSource(Protocol):
    """The live catalogue. `refresh` reads it from the primary, and raises Unavailable."""

    @property
    def current(self) -> Catalogue:
        """Complete and immutable."""

    async def refresh(self) -> None:
        """Reads what is live, if it changed."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is said of one badge, its picture as it is shown, and what is baked together."""

    letter: Letter
    shown: bytes
    image: bytes
    jwt: str


class Composer:
    """Writes one e-mail at a time."""

    def __init__(
        self,
        desk: Desk,
        single: Stationery,
        digest: Stationery,
        catalogue: CatalogueSource,
        pictures: Pictures,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._single = single
        self._digest = digest
        self._catalogue = catalogue
        self._pictures = pictures
        self._clock = clock

    async def compose(self, delivery: OwedDelivery, papers: Papers) -> Mail | Outcome:
        """What only this delivery lacks is an outcome, not a failure. Raises Unavailable."""
        if delivery.award_id in papers.quiet:
            return Unwanted()
        awards = delivery.awards if delivery.template == DIGEST else (delivery.award_id,)
        awards = tuple(each for each in awards if each not in papers.revoked)
        if not awards:
            return Unwanted(REVOKED)
        learner = papers.learners.get(delivery.learner)
        if learner is None or not (learner.email or "").strip():
            return Unaddressed()
        written = [await self._written(delivery, award, learner, papers) for award in awards]
        badges = [each for each in written if isinstance(each, Written)]
        if len(badges) < len(written):
            return next(each for each in written if not isinstance(each, Written))
        if len(badges) == 1:
            (only,) = badges
            return composed(only.letter, self._single, only.shown, bake_png(only.image, only.jwt), self._clock())
        digest = Digest(tuple(each.letter for each in badges))
        return digested(digest, self._digest, [each.shown for each in badges], self._clock())

    async def _written(self, delivery: OwedDelivery, award: str, learner: Learner, papers: Papers) -> Written | Outcome:
        credential = papers.credentials.get(award)
        if credential is None:
            return Deferred("no_credential")
        live = await self._achievement(credential)
        at = self._catalogue.current.tenant(delivery.tenant)
        if live is None or at is None:
            return Deferred("unknown_achievement")
        try:
            about = delivery.model_copy(update={"award_id": award})
            letter = self._desk.write(about, learner, credential, papers.reasons.get(award, ""), live, at)
        except UnusableAddress as error:
            return Refused(error.code)
        return Written(letter, await self._pictures.shown(live), live.image, credential.jwt)

    async def _achievement(self, credential: Credential) -> LiveAchievement | None:
        wanted = (credential.tenant, credential.achievement, credential.version)
        if self._catalogue.current.achievement(*wanted) is None:
            await self._catalogue.refresh()
        return self._catalogue.current.achievement(*wanted)
