"""`python -m services.devstack.independent OUT`: verifies what a demo wrote, from its files alone and with no network.

It shares no code with Laurel: the verifier is openbadgeslib's, and all that is here is where it finds the files. With
`--changed` one byte of each credential is changed first; none may be accepted then.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from openbadgeslib.baking import extract_png
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.status import check_credential_status
from openbadgeslib.ob3.verifier import OB3Verifier

BAKED = b"openbadgecredential"


def main() -> None:
    """One JSON object a file on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--status", type=Path, help="folder of status lists; default: OUT/status")
    parser.add_argument("--changed", action="store_true", help="change one byte of each file first")
    parser.add_argument("--only", action="append", default=[], help="award ids; default: all")
    asked = parser.parse_args()
    web = Web(asked.out, asked.status or asked.out / "status")
    for path in sorted((asked.out / "credentials").iterdir()):
        if path.suffix in VERIFIERS and (not asked.only or path.stem in asked.only):
            sys.stdout.write(json.dumps(_verdict(path, web, changed=asked.changed)) + "\n")
            sys.stdout.flush()


class Web:
    """Answers for the issuers' hosts out of the folder."""

    def __init__(self, out: Path, status: Path) -> None:
        self._pages: dict[str, bytes] = {}
        for document in out.glob("issuers/*/did.json"):
            content = document.read_bytes()
            self._pages[_address(json.loads(content)["id"])] = content
        for url, forms in json.loads((status / "index.json").read_text()).items():
            self._pages[url] = (out / forms["jwt"]).read_bytes().strip()

    def __call__(self, url: str) -> bytes:
        """The page at this address; anything else is not to be had."""
        return self._pages[url]


def _address(did: str) -> str:
    host, *path = did.removeprefix("did:web:").split(":")
    return f"https://{'/'.join([host, *path])}/did.json" if path else f"https://{host}/.well-known/did.json"


def _jwt(content: bytes, web: Web) -> None:
    token = content.decode().strip()
    kid = json.loads(_part(token, 0))["kid"]
    verifier = OB3Verifier.for_issuer_did(kid.partition("#")[0], download=web)
    # lists are signed with a key of their own: the verifier finds it in the issuer's document
    check_credential_status(verifier.verify(token), download=web, verify_list=True)


def _json(content: bytes, web: Web) -> None:
    did = json.loads(content)["issuer"]["id"]
    OB3LdpVerifier.for_issuer_did(did).verify(content, check_status=True, download=web)


def _png(content: bytes, web: Web) -> None:
    baked = extract_png(content, keyword=BAKED)
    if baked is None:
        msg = "nothing is baked into the picture"
        raise LibOpenBadgesException(msg)
    _jwt(baked.encode(), web)


VERIFIERS: dict[str, Callable[[bytes, Web], None]] = {".jwt": _jwt, ".json": _json, ".png": _png}


def _verdict(path: Path, web: Web, *, changed: bool) -> dict[str, object]:
    content = path.read_bytes()
    if changed:
        content = _CHANGES[path.suffix](content)
    try:
        VERIFIERS[path.suffix](content, web)
    except (LibOpenBadgesException, ValueError, KeyError) as error:
        return {"award": path.stem, "form": path.suffix[1:], "accepted": False, "why": str(error)[:300]}
    return {"award": path.stem, "form": path.suffix[1:], "accepted": True, "why": ""}


def _one_digit(content: bytes) -> bytes:
    """The last digit of the year in which it became valid."""
    at = content.index(b'"validFrom"')
    at = next(place for place in range(at + 11, at + 40) if content[place : place + 1].isdigit()) + 3
    return content[:at] + (b"1" if content[at : at + 1] != b"1" else b"2") + content[at + 1 :]


def _in_token(content: bytes) -> bytes:
    token = content.decode().strip()
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(_one_digit(_part(token, 1))).rstrip(b"=").decode()
    return ".".join([header, payload, signature]).encode()


def _in_picture(content: bytes) -> bytes:
    baked = (extract_png(content, keyword=BAKED) or "").encode()
    changed = content.replace(baked, _in_token(baked))
    # with a checksum that fits: the signature has to notice, not the picture
    start = content.index(b"iTXt")
    end = start + 4 + int.from_bytes(content[start - 4 : start], "big")
    return changed[:end] + zlib.crc32(changed[start:end]).to_bytes(4, "big") + changed[end + 4 :]


_CHANGES: dict[str, Callable[[bytes], bytes]] = {".jwt": _in_token, ".json": _one_digit, ".png": _in_picture}


def _part(token: str, number: int) -> bytes:
    text = token.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    main()
