"""Answers with the headers that every answer of the portal has."""

from __future__ import annotations

import hashlib

import orjson
from starlette.requests import Request
from starlette.responses import Response

_POLICY = (
    "default-src 'none'; style-src 'self'{style}; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SANDBOXED = "default-src 'none'; sandbox; frame-ancestors 'none'"

FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
A_MINUTE = "public, max-age=60"
"""Keys and status lists: how long a revocation or a new key may go unnoticed."""
ASK_AGAIN = "no-cache"


def answer(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    cache: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """A body with its entity tag, or 304 where the client has it already."""
    tag = f'"{hashlib.sha256(media_type.encode() + body).hexdigest()[:32]}"'
    shown = {"ETag": tag, "Cache-Control": cache} | (headers or {})
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=shown)
    return Response(body, media_type=media_type, headers=shown)


def page(request: Request, html: str, *, headers: dict[str, str] | None = None) -> Response:
    """A page, which is asked for again each time: a badge may have been revoked meanwhile."""
    return answer(request, html.encode(), "text/html", cache=ASK_AGAIN, headers=headers)


def as_json(value: object) -> bytes:
    """Readable: people open these addresses too."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def problem(status: int, title: str, detail: str, code: str) -> Response:
    """RFC 9457; `code` is a bounded word for programs."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return Response(as_json(body), status_code=status, media_type="application/problem+json")


def policy(style: str = "") -> str:
    """The content security policy of a page: no scripts at all, and `style` beside our own stylesheet."""
    return _POLICY.format(style=f" {style}" if style else "")


def secured(response: Response) -> Response:
    """With the headers that protect the reader; what a handler set itself stays."""
    for name, value in (_SECURITY | {"Content-Security-Policy": policy()}).items():
        response.headers.setdefault(name, value)
    if not (response.media_type or "").startswith("text/html"):
        # verifiers run in browsers too, and everything here is public
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response


def _has(header: str, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in header.split(",")}
    return tag in known or "*" in known
