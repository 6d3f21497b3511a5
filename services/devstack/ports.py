"""Free loopback ports, and whether somebody answers on one."""

from __future__ import annotations

import random
import socket
import struct

# Below the kernel's ephemeral range: no outgoing connection can take a port between our look and the server's bind,
# nor while a server that was killed is being restarted on it.
LOWEST, HIGHEST = 20_000, 29_999
_ANY = random.SystemRandom()


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    for _ in range(200):
        port = _ANY.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    msg = f"no free port between {LOWEST} and {HIGHEST}"
    raise OSError(msg)


def accepts(port: int) -> bool:
    """Whether a TCP connection is accepted."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def speaks_kafka(port: int) -> bool:
    """Whether an ApiVersions request (key 18, version 0) is answered."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.settimeout(1)
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(8)) > 0
    except OSError:
        return False
