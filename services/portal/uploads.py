"""What somebody sends to be verified: a form with a file or a text, or the bare bytes. Bounded while it arrives."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from services.portal.domain import NothingSent, TooLarge

_ENVELOPE_BYTES = 64 * 1024
"""what a form has around the credential"""
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


async def presented(request: Request, max_bytes: int) -> bytes:
    """The credential as it was sent. Raises TooLarge or NothingSent."""
    bounded = _bounded(request, max_bytes + _ENVELOPE_BYTES)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _of_form(bounded, max_bytes) if media_type in _FORMS else await bounded.body()
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    if not body.strip():
        raise NothingSent("choose a file or paste a credential")
    return body


async def _of_form(request: Request, max_bytes: int) -> bytes:
    """The file if one was chosen, else the text."""
    try:
        async with request.form(max_files=1, max_fields=8, max_part_size=max_bytes) as form:
            for name in ("file", "credential"):
                match form.get(name):
                    case UploadFile() as file if content := await file.read(max_bytes + 1):
                        return content
                    case str() as text if text.strip():
                        return text.encode()
    except MultiPartException as error:
        raise NothingSent("this form can't be read") from error
    return b""


def _bounded(request: Request, limit: int) -> Request:
    """The same request, which raises TooLarge as soon as more than the limit was announced or has arrived."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit - _ENVELOPE_BYTES)
    arrived = 0

    async def receive() -> Message:
        nonlocal arrived
        message = await request.receive()
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise _too_large(limit - _ENVELOPE_BYTES)
        return message

    return Request(request.scope, receive)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"a credential has at most {max_bytes / 1024 / 1024:g} MB")
