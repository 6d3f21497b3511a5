"""Who may speak for a webhook source, by the scheme that the catalogue names for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import jwt

from services.intake import canvas_jwt, canvas_keys, shared_secret, signature
from services.intake.origins import Origin

AUTHORIZATION = "authorization"


class NotAuthentic(Exception):
    """Whoever sent this didn't prove to be the source; `code` is for programs."""

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


class NotSetUp(Exception):
    """What the scheme needs is missing or unusable; `lacks` names the environment variable or the field."""

    def __init__(self, lacks: str) -> None:
        super().__init__(lacks)
        self.lacks = lacks


class Keys(Protocol):
    """Public keys that somebody else publishes."""

    async def key(self, address: str, kid: str) -> jwt.PyJWK | None:
        """The key of that id at that address; None if there is none. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Authentication:
    """Knows every scheme. A secret that was sent as proof stays here."""

    environment: Mapping[str, str]
    """where secrets are looked up, by name"""
    keys: Keys

    async def event(self, origin: Origin, headers: Mapping[str, str], body: bytes) -> bytes:
        """The event that an authentic delivery holds. Raises NotAuthentic, NotSetUp, Unavailable."""
        match origin.source.auth.scheme:
            case "standard":
                return self._signed(origin, headers, body)
            case "secret":
                return self._with_secret(origin, headers, body)
            case "canvas":
                return await self._from_canvas(origin, body)

    def _signed(self, origin: Origin, headers: Mapping[str, str], body: bytes) -> bytes:
        variable = origin.source.secret_variable(origin.tenant)
        try:
            if signature.is_signed(self.environment.get(variable, ""), headers, body):
                return body
        except signature.UnusableSecret:
            raise NotSetUp(variable) from None
        detail = "the Standard Webhooks signature is missing, wrong or older than five minutes"
        raise NotAuthentic(detail, code="bad_signature")

    def _with_secret(self, origin: Origin, headers: Mapping[str, str], body: bytes) -> bytes:
        auth = origin.source.auth
        variable = origin.source.secret_variable(origin.tenant)
        secrets = self.environment.get(variable, "")
        try:
            if auth.field is not None:
                event, place = shared_secret.without_secret(secrets, auth.field, body), f"body's field {auth.field}"
            else:
                header = auth.header or AUTHORIZATION
                event = body if shared_secret.is_in_header(secrets, headers.get(header)) else None
                place = f"header {header}"
        except signature.UnusableSecret:
            raise NotSetUp(variable) from None
        if event is None:
            raise NotAuthentic(f"the secret in the {place} is missing or wrong", code="bad_secret")
        return event

    async def _from_canvas(self, origin: Origin, body: bytes) -> bytes:
        auth = origin.source.auth
        if auth.account is None:
            raise NotSetUp("auth.account")
        token = body.strip()
        try:
            key = await self.keys.key(auth.keys or canvas_keys.PUBLISHED, canvas_jwt.key_id(token))
            if key is None:
                raise canvas_jwt.BadToken("the JWT is signed with a key that Instructure doesn't publish")
            return canvas_jwt.event(token, key, auth.account)
        except canvas_jwt.BadToken as error:
            raise NotAuthentic(str(error), code="bad_token") from None
