"""Standard Webhooks signatures: who may speak for a source."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from math import floor

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError, hmac_data


class UnusableSecret(Exception):
    """The secret is empty, or not base64 with or without `whsec_`."""


class _ByteExactWebhook(Webhook):
    """The package signs text; a body is bytes, and one that isn't UTF-8 is still signed rightly or wrongly."""

    def sign(self, msg_id: str, timestamp: datetime, data: str) -> str:
        signed = f"{msg_id}.{floor(timestamp.timestamp())}.".encode() + data.encode("utf-8", "surrogateescape")
        return "v1," + base64.b64encode(hmac_data(self._whsecret, signed)).decode()


def is_signed(secrets: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body is signed under one of the secrets, separated by blanks so that they can be rotated, at a time
    within five minutes of now. Raises UnusableSecret.
    """
    if not secrets.strip():
        raise UnusableSecret
    return any(_is_signed_under(secret, headers, body) for secret in secrets.split())


def _is_signed_under(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        webhook = _ByteExactWebhook(secret)
    except (binascii.Error, ValueError, EmptyWebhookSecretError):
        raise UnusableSecret from None
    try:
        webhook.verify(body.decode("utf-8", "surrogateescape"), dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # it lets a signature without a comma or in no base64 through
        return False
    return True
