"""Multibase, as Multikeys (base58btc) and status lists (base64url) use it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_BASE58)}
_LONGEST = 256


def base58btc(data: bytes) -> str:
    """`z` and the digits."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + digits


def from_base58btc(text: str) -> bytes:
    """Raises ValueError for anything else; bounded, because the work grows with the square of the length."""
    if not text.startswith("z") or len(text) > _LONGEST:
        msg = "not base58btc"
        raise ValueError(msg)
    number = 0
    for character in text[1:]:
        if character not in _DIGITS:
            msg = "not base58btc"
            raise ValueError(msg)
        number = number * 58 + _DIGITS[character]
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url(data: bytes) -> str:
    """Without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Strict: only the canonical spelling, so that no character can be changed unseen. Raises ValueError."""
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if base64url(data) != text:
        msg = "not base64url"
        raise ValueError(msg)
    return data
