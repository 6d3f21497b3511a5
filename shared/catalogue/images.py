"""Which pictures a catalogue may hold."""

from __future__ import annotations

import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 2 * 1024 * 1024
_MAX_SIDE = 4096

_TYPES = {"png": "image/png", "svg": "image/svg+xml", "jpg": "image/jpeg", "jpeg": "image/jpeg"}


def media_type(name: str) -> str | None:
    """By the name's ending."""
    return _TYPES.get(name.rsplit(".", 1)[-1].lower())


def problem(name: str, content: bytes | None, endings: tuple[str, ...]) -> str | None:
    """What is wrong with it, or None."""
    if name.rsplit(".", 1)[-1].lower() not in endings:
        return f'"{name}" is not a picture of a kind that is read here: {", ".join(endings)}'
    if content is None:
        return f'there is no file "{name}" beside this one'
    if not 0 < len(content) <= MAX_BYTES:
        return f'"{name}" is empty, or larger than {MAX_BYTES // 1024 // 1024} MiB'
    if name.lower().endswith(".png"):
        return _png_problem(name, content)
    return None


def _png_problem(name: str, content: bytes) -> str | None:
    """Baking writes between its chunks, so they must be sound."""
    if not content.startswith(PNG_SIGNATURE):
        return f'"{name}" is not a PNG'
    if (chunks := _chunks(content)) is None or chunks[:1] != [b"IHDR"] or chunks[-1:] != [b"IEND"]:
        return f'"{name}" is a damaged PNG'
    width, height = struct.unpack(">II", content[16:24])
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        return f'"{name}" is {width}x{height}: at most {_MAX_SIDE}x{_MAX_SIDE}'
    return None


def _chunks(content: bytes) -> list[bytes] | None:
    found: list[bytes] = []
    at = len(PNG_SIGNATURE)
    while at < len(content):
        if at + 12 > len(content):
            return None
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        end = at + 12 + length
        if end > len(content):
            return None
        (checksum,) = struct.unpack(">I", content[end - 4 : end])
        if zlib.crc32(content[at + 4 : end - 4]) != checksum:
            return None
        found.append(kind)
        at = end
        if kind == b"IEND":
            return found
    return None
