from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.ctl.sending import signed

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def test_a_signature_is_one_that_standard_webhooks_accepts() -> None:
    body = b'{"name": "\xc3\xbc"}'

    headers = signed(SECRET, "line-1", datetime.now(UTC), body)

    assert Webhook(SECRET).verify(body.decode(), headers) == {"name": "ü"}


def test_another_body_is_not_covered() -> None:
    headers = signed(SECRET, "line-1", datetime.now(UTC), b"{}")

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify("[]", headers)


def test_of_two_secrets_the_first_signs() -> None:
    other = "whsec_" + base64.b64encode(b"another one that is older").decode()

    headers = signed(f"{SECRET} {other}", "line-1", datetime.now(UTC), b"{}")

    assert Webhook(SECRET).verify("{}", headers) == {}
