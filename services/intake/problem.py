"""Errors over HTTP as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse


def problem(status: HTTPStatus, detail: str, *, code: str, retry_after: int | None = None) -> JSONResponse:
    """What went wrong and what to do; `code` is for programs."""
    return JSONResponse(
        {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, "code": code},
        status_code=status.value,
        media_type="application/problem+json",
        headers=None if retry_after is None else {"Retry-After": str(retry_after)},
    )
