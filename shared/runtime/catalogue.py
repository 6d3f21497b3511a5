"""The live catalogue in a service: polled, swapped whole, never half of a revision."""

from __future__ import annotations

import structlog

from shared.catalogue.documents import from_documents
from shared.catalogue.model import Catalogue
from shared.contracts import documents
from shared.runtime.mongo import Database, translated

logger = structlog.get_logger()


class LiveCatalogue:
    """`current` is always complete and immutable; a new revision is a new object."""

    def __init__(self, database: Database, *, pictures: bool) -> None:
        self._collection = database[documents.CATALOGUE]
        self._pictures = pictures
        self.current = Catalogue(0, ())

    async def refresh(self) -> None:
        """Reads what is live from the primary, if it changed. Raises Unavailable."""
        with translated("catalogue"):
            head = await self._collection.find_one({"_id": "head"})
            if head is None or head["revision"] == self.current.revision:
                return
            without = None if self._pictures else {"image": 0, "issuer_image": 0}
            found = await self._collection.find({}, without).to_list(None)
        # the head is written last: with the one that was there before reading, nothing of its revision is missing
        self.current = Catalogue(head["revision"], from_documents(found).tenants)
        logger.info("catalogue", revision=self.current.revision)
