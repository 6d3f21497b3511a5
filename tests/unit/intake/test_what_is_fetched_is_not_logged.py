"""An operator's addresses may hold passwords: what is fetched there is no line in the log."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import asyncio
from services.intake.download import download
from shared.runtime import logs

async def serve(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 404 x\\r\\nContent-Length: 0\\r\\n\\r\\n")
    writer.close()

async def main():
    logs.configure("intake", "INFO")
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await download(f"http://laurel:pass:word@127.0.0.1:{port}/schemas?token=opensesame", seconds=5)

asyncio.run(main())
print("done")
"""


def test_neither_a_password_nor_an_address_is_logged() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
