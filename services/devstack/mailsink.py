"""`python -m services.devstack.mailsink PORT FOLDER`: takes every e-mail and keeps it as a file."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Writes each message, byte for byte, under a name that sorts by arrival; acknowledges once it is written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = count(1 + sum(1 for _ in folder.glob("*.eml")))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """aiosmtpd's hook: the answer goes back to the sender."""
        del server, session
        content = envelope.original_content or b""
        name = f"{next(self._numbers):08d}.eml"
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(content)
        unfinished.rename(self._folder / name)
        return "250 kept"


async def serve(port: int, folder: Path) -> None:
    """Serves until the process is ended."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost"), host="127.0.0.1", port=port
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    """Ends on SIGTERM, by its default action."""
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
