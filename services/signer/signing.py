"""The use cases: awards become signed credentials, drafts become signed status lists."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

import structlog

from services.signer.domain import Subject, UnknownAchievement, UnknownLearner, credential
from services.signer.keyring import KeyPair, KeyRing
from services.signer.ports import Learners, LiveCatalogue, Tally
from services.signer.securing import Securing
from shared.catalogue.model import Tenant
from shared.contracts import documents
from shared.contracts.documents import KeyPurpose
from shared.contracts.events import AchievementEarned, CredentialSigned, StatusListDrafted, StatusListSigned
from shared.errors import Rejected
from shared.openbadges.dates import parse_timestamp
from shared.openbadges.did import credential_url
from shared.openbadges.status_list import decode, status_list_credential

logger = structlog.get_logger()

A = TypeVar("A")


class Signing:
    """Answers each event in its place: signed, refused, or None while its issuer's key isn't there.

    What is None is announced again by its owner's sweep, so nothing is lost and no other issuer waits.
    """

    def __init__(
        self,
        catalogue: LiveCatalogue,
        learners: Learners,
        keyring: KeyRing,
        securing: Securing,
        tally: Tally,
        secret: bytes,
    ) -> None:
        self._catalogue = catalogue
        self._learners = learners
        self._keyring = keyring
        self._securing = securing
        self._tally = tally
        self._secret = secret

    async def credentials(self, batch: Sequence[AchievementEarned]) -> list[CredentialSigned | Rejected | None]:
        """Everything that it needs is read in bulk. Raises Unavailable."""
        if not all(self._knows(each) for each in batch):
            # it may have been applied a moment ago
            await self._catalogue.refresh()
        learners = await self._learners.find({each.learner for each in batch})
        pairs = await self._keyring.pairs(self._tenants(batch), KeyPurpose.CREDENTIAL)

        def signed(each: AchievementEarned) -> CredentialSigned | Rejected | None:
            try:
                return self._credential(self._subject(each, learners), pairs)
            except Rejected as refused:
                return refused

        return self._told(await asyncio.to_thread(lambda: [signed(each) for each in batch]))

    async def status_lists(self, batch: Sequence[StatusListDrafted]) -> list[StatusListSigned | Rejected | None]:
        """The same draft in both securings, in one message. Raises Unavailable."""
        if not all(self._catalogue.current.tenant(each.tenant) for each in batch):
            await self._catalogue.refresh()
        pairs = await self._keyring.pairs(self._tenants(batch), KeyPurpose.STATUS_LIST)

        def signed(draft: StatusListDrafted) -> StatusListSigned | Rejected | None:
            try:
                return self._status_list(draft, pairs)
            except Rejected as refused:
                return refused

        return self._told(await asyncio.to_thread(lambda: [signed(draft) for draft in batch]))

    def _credential(self, subject: Subject, pairs: Mapping[str, KeyPair]) -> CredentialSigned | None:
        earned = subject.earned
        document = credential(subject, self._secret)
        if earned.tenant not in pairs:
            return None
        token, proven = self._securing.secured(document, pairs[earned.tenant], earned.valid_from)
        until = document.get("validUntil")
        return CredentialSigned(
            award_id=earned.award_id,
            credential_id=credential_url(subject.tenant.issuer.id, earned.award_id),
            tenant=earned.tenant,
            achievement=earned.achievement,
            version=earned.version,
            learner=earned.learner,
            valid_from=parse_timestamp(document["validFrom"]),
            valid_until=None if until is None else parse_timestamp(until),
            status_list=earned.status_list,
            status_index=earned.status_index,
            jwt=token,
            data_integrity=proven,
            received_at=earned.received_at,
        )

    def _status_list(self, draft: StatusListDrafted, pairs: Mapping[str, KeyPair]) -> StatusListSigned | None:
        tenant = self._catalogue.current.tenant(draft.tenant)
        if tenant is None:
            msg = f"tenant {draft.tenant} isn't in the catalogue: apply it, then replay"
            raise Rejected(msg, code="unknown_tenant")
        decode(draft.encoded_list)
        if draft.tenant not in pairs:
            return None
        document = status_list_credential(tenant.issuer.id, draft.list_number, draft.encoded_list, draft.drawn_at)
        token, proven = self._securing.secured(document, pairs[draft.tenant], draft.drawn_at)
        return StatusListSigned(
            tenant=draft.tenant,
            list_number=draft.list_number,
            version=draft.version,
            jwt=token,
            data_integrity=proven,
            drawn_at=draft.drawn_at,
        )

    def _subject(self, earned: AchievementEarned, learners: Mapping[str, documents.Learner]) -> Subject:
        tenant = self._catalogue.current.tenant(earned.tenant)
        live = self._catalogue.current.achievement(earned.tenant, earned.achievement, earned.version)
        if tenant is None or live is None:
            name = f"{earned.tenant}/{earned.achievement} version {earned.version}"
            msg = f"achievement {name} isn't in the catalogue: apply it, then replay"
            raise UnknownAchievement(msg)
        learner = learners.get(earned.learner)
        if learner is None:
            msg = f"the learner of award {earned.award_id} isn't in the directory: nobody can be named as its holder"
            raise UnknownLearner(msg)
        return Subject(earned, tenant, live, learner)

    def _knows(self, earned: AchievementEarned) -> bool:
        return self._catalogue.current.achievement(earned.tenant, earned.achievement, earned.version) is not None

    def _tenants(self, batch: Sequence[AchievementEarned] | Sequence[StatusListDrafted]) -> list[Tenant]:
        found = (self._catalogue.current.tenant(name) for name in {each.tenant for each in batch})
        return [tenant for tenant in found if tenant is not None]

    def _told(self, answers: list[A]) -> list[A]:
        left = sum(answer is None for answer in answers)
        if left:
            self._tally.deferred(left)
            logger.warning("left_unsigned", records=left)
        return answers
