"""The HTTP server of a process: uvicorn in the service's own loop, stopped by the service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from shared.runtime.settings import Settings


class HttpServer(uvicorn.Server):
    """Leaves signals to the service, which has more to stop than HTTP."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield

    async def begin(self) -> None:
        """Listens, or raises OSError when the port is taken."""
        self._serving = asyncio.create_task(self.serve())
        while not self.started:
            if self._serving.done():
                msg = f"can't listen on {self.config.host}:{self.config.port}: is the port taken?"
                raise OSError(msg)
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Finishes what it is answering, then stops."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving
