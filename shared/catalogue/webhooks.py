"""What a source says about its webhook, and whether that fits together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.catalogue.model import Source, WebhookAuth
from shared.catalogue.problems import Location

_FITS = {"header": "secret", "field": "secret", "keys": "canvas", "account": "canvas"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def webhook_problems(source: Source) -> Iterator[tuple[Location, str]]:
    """Each with its place below the source."""
    if not source.webhook:
        for name in ("auth", "rate_per_minute"):
            if name in source.model_fields_set:
                yield (name,), f'"{name}" is for webhooks: add "webhook: true", or leave it out'
        return
    auth = source.auth
    for name, scheme in _FITS.items():
        if name in auth.model_fields_set and auth.scheme != scheme:
            yield ("auth", name), f'"{name}" belongs to the scheme {scheme}, and this is {auth.scheme}'
    if auth.scheme == "secret" and auth.header is not None and auth.field is not None:
        yield ("auth", "field"), 'the secret is either in a "header" or in a "field" of the body'
    if auth.scheme == "canvas":
        yield from _canvas_problems(source, auth)


def _canvas_problems(source: Source, auth: WebhookAuth) -> Iterator[tuple[Location, str]]:
    if not auth.account:
        needed = 'needs "account", the uuid of your root account: Instructure signs every school\'s events alike'
        yield ("auth",), needed
    if auth.keys is not None and not _is_safe(auth.keys):
        yield ("auth", "keys"), "needs an https address"
    if source.secret_env is not None:
        yield ("secret_env",), "the scheme canvas has no secret: leave it out"


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        return False
