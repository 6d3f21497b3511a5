"""From what is stored to an e-mail, or to the reason why there is none yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from services.notifier.domain import Deferred, Outcome, OwedDelivery, Refused, Unaddressed, Unwanted
from services.notifier.letter import Desk, UnusableAddress
from services.notifier.message import Mail, Stationery, composed
from services.notifier.picture import Pictures
from services.notifier.ports import Papers
from shared.catalogue.model import Catalogue, LiveAchievement
from shared.contracts.documents import Credential
from shared.openbadges.baking import bake_png


class CatalogueSource(Protocol):
    """The live catalogue. `refresh` reads it from the primary, and raises Unavailable."""

    @property
    def current(self) -> Catalogue:
        """Complete and immutable."""

    async def refresh(self) -> None:
        """Reads what is live, if it changed."""


class Composer:
    """Writes one e-mail at a time."""

    def __init__(
        self,
        desk: Desk,
        stationery: Stationery,
        catalogue: CatalogueSource,
        pictures: Pictures,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._stationery = stationery
        self._catalogue = catalogue
        self._pictures = pictures
        self._clock = clock

    async def compose(self, delivery: OwedDelivery, papers: Papers) -> Mail | Outcome:
        """What only this delivery lacks is an outcome, not a failure. Raises Unavailable."""
        if delivery.award_id in papers.quiet:
            return Unwanted()
        learner = papers.learners.get(delivery.learner)
        if learner is None or not (learner.email or "").strip():
            return Unaddressed()
        credential = papers.credentials.get(delivery.award_id)
        if credential is None:
            return Deferred("no_credential")
        live = await self._achievement(credential)
        at = self._catalogue.current.tenant(delivery.tenant)
        if live is None or at is None:
            return Deferred("unknown_achievement")
        try:
            letter = self._desk.write(
                delivery, learner, credential, papers.reasons.get(delivery.award_id, ""), live, at
            )
        except UnusableAddress as error:
            return Refused(error.code)
        shown, baked = await self._pictures.shown(live), bake_png(live.image, credential.jwt)
        return composed(letter, self._stationery, shown, baked, self._clock())

    async def _achievement(self, credential: Credential) -> LiveAchievement | None:
        wanted = (credential.tenant, credential.achievement, credential.version)
        if self._catalogue.current.achievement(*wanted) is None:
            await self._catalogue.refresh()
        return self._catalogue.current.achievement(*wanted)
