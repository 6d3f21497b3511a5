"""What both securings say when a document isn't what its issuer signed."""

from __future__ import annotations

from shared.errors import Rejected


class InvalidProof(Rejected):
    """The document isn't as its issuer signed it, or isn't signed in a way that Open Badges allows."""

    code = "invalid_proof"
