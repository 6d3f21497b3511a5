"""`python -m services.devstack.mailsink PORT FOLDER`: takes every e-mail and keeps it as a file."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
from typing import cast

_ANSWERS = {
    b"EHLO": b"250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 localhost\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"DATA": b"354 Go on\r\n",
    b"RSET": b"250 OK\r\n",
    b"NOOP": b"250 OK\r\n",
    b"QUIT": b"221 Bye\r\n",
}
_LINE_END = b"\r\n"
_MESSAGE_END = b"\r\n.\r\n"


class Mailbox:
    """Writes each message, byte for byte, under a name that sorts by arrival."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = count(1 + sum(1 for _ in folder.glob("*.eml")))

    def keep(self, content: bytes) -> None:
        """Returns when it is written."""
        name = f"{next(self._numbers):08d}.eml"
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(content)
        unfinished.rename(self._folder / name)


class Conversation(asyncio.Protocol):
    """As much of SMTP as it takes to receive mail: no line of a message is looked at."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._received = bytearray()
        self._searched = 0
        self._end = _LINE_END
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 localhost\r\n")

    def data_received(self, data: bytes) -> None:
        """Works off what is complete."""
        self._received += data
        while (at := self._received.find(self._end, self._searched)) >= 0:
            taken = bytes(self._received[:at])
            del self._received[: at + len(self._end)]
            self._searched = 0
            if self._end is _MESSAGE_END:
                self._message(taken)
            else:
                self._command(taken[:4].upper())
        self._searched = max(0, len(self._received) - len(self._end))

    def _command(self, verb: bytes) -> None:
        self._transport.write(_ANSWERS.get(verb, b"502 not here\r\n"))
        if verb == b"QUIT":
            self._transport.close()
        if verb == b"DATA":
            self._end = _MESSAGE_END
            # the end of DATA's own line, so that a message without any line ends like the others
            self._received[:0] = _LINE_END

    def _message(self, content: bytes) -> None:
        lines = content.replace(b"\r\n..", b"\r\n.") + _LINE_END
        self._mailbox.keep(lines.removeprefix(_LINE_END))
        self._transport.write(b"250 kept\r\n")
        self._end = _LINE_END


async def serve(port: int, folder: Path) -> None:
    """Serves until the process is ended."""
    mailbox = Mailbox(folder)
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(mailbox), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Ends on SIGTERM, by its default action."""
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
