"""Errors over HTTP as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """What went wrong and what to do; `code` is for programs. Never holds personal data or a secret."""

    def __init__(self, status: HTTPStatus, detail: str, *, code: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """As it is answered."""
        return JSONResponse(
            {
                "type": "about:blank",
                "title": self.status.phrase,
                "status": self.status.value,
                "detail": self.detail,
                "code": self.code,
            },
            status_code=self.status.value,
            media_type=MEDIA_TYPE,
            headers=None if self.retry_after is None else {"Retry-After": str(self.retry_after)},
        )
