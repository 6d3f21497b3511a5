"""A document in both securings: the token and the embedded proof say the same, made of the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from services.signer.keyring import KeyPair
from services.signer.ports import Tally
from shared.openbadges import data_integrity, vc_jwt
from shared.openbadges.shapes import Shapes


class Securing:
    """CPU work: call it in a thread."""

    def __init__(self, shapes: Shapes, tally: Tally) -> None:
        self._shapes = shapes
        self._tally = tally

    def secured(self, document: Mapping[str, Any], pair: KeyPair, created: datetime) -> tuple[str, str]:
        """The token, and the JSON text with the proof. Raises Rejected for what can't be signed wholly."""
        with self._tally.signing("data-integrity", pair.proof.alg):
            proven = data_integrity.sign(document, pair.proof, created, self._shapes)
        with self._tally.signing("jwt", pair.token.alg):
            token = vc_jwt.sign(document, pair.token)
        return token, orjson.dumps(proven).decode()

    def prove(self, document: Mapping[str, Any], pair: KeyPair, created: datetime) -> None:
        """Signs and verifies, uncounted. Raises InvalidProof if what comes out doesn't hold."""
        vc_jwt.verify(vc_jwt.sign(document, pair.token), pair.token.public())
        proven = data_integrity.sign(document, pair.proof, created, self._shapes)
        data_integrity.verify(proven, pair.proof.public(), self._shapes)
