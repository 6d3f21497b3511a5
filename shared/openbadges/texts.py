"""What people write into badges, made fit to be signed: refused or percent-encoded here, never dropped later."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from shared.errors import Rejected
from shared.openbadges.nquads import is_iri, is_signable

_SAFE = "/?:@!$&'()*+,;=-._~%"


class UnsignableText(Rejected):
    """A text or an address that verifiers would read differently, or not at all."""

    code = "unsignable_text"


def plain(text: str, what: str) -> str:
    """The text as it is, if all verifiers read it alike."""
    if not is_signable(text):
        msg = f"{what} has control characters or half a character: remove them"
        raise UnsignableText(msg)
    return text


def cleaned(text: str) -> str:
    """The text with a space for each character that can't be signed: no learning system's slip costs a badge."""
    return text if is_signable(text) else "".join(each if is_signable(each) else " " for each in text)


def address(url: str, what: str) -> str:
    """An absolute address, percent-encoded where it has to be; an encoded one stays as it is."""
    if is_iri(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
        encoded = urlunsplit(
            (parts.scheme, host, *(quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment)))
        )
    except (ValueError, UnicodeError) as error:
        raise _no_address(what) from error
    if not is_iri(encoded):
        raise _no_address(what)
    return encoded


def _no_address(what: str) -> UnsignableText:
    return UnsignableText(f"{what} isn't an absolute address such as https://www.example.edu/page")
