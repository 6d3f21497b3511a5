"""What somebody hands over as a badge: a token, a JSON document or a baked picture. Hostile until proven otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from shared.errors import Rejected
from shared.openbadges import baking, data_integrity, vc_jwt

MAX_CHARACTERS = 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class Unreadable(Rejected):
    """Neither a token nor a JSON document nor a picture with one of them in it."""

    code = "unreadable"


@dataclass(frozen=True, slots=True)
class Presented:
    """A secured document as it came. Nothing in it is verified."""

    document: Mapping[str, Any]
    """the credential; of a token without the claims that repeat it"""
    kid: str
    """the key that it says it was secured with"""
    token: str | None = None
    """the token, where it is one; else the document has a proof embedded"""

    @property
    def issuer(self) -> str | None:
        """Who is said to have issued it."""
        issuer = self.document.get("issuer")
        if isinstance(issuer, dict):
            issuer = issuer.get("id")
        return issuer if isinstance(issuer, str) else None

    @property
    def types(self) -> frozenset[str]:
        """What it says it is."""
        types = self.document.get("type")
        named = types if isinstance(types, list) else [types]
        return frozenset(each for each in named if isinstance(each, str))

    @property
    def statuses(self) -> tuple[Mapping[str, Any], ...]:
        """Its status entries; one that isn't an object counts as an empty one, so that it can't be overlooked."""
        status = self.document.get("credentialStatus")
        entries = [] if status is None else status if isinstance(status, list) else [status]
        return tuple(entry if isinstance(entry, dict) else {} for entry in entries)


def read(presented: bytes | str | Mapping[str, Any]) -> Presented:
    """Raises Unreadable, InvalidProof, or what a broken picture raises; never anything else."""
    if isinstance(presented, Mapping):
        return _kept(Presented(presented, data_integrity.kid_of(presented)))
    text = _text(presented).strip()
    if len(text) > MAX_CHARACTERS:
        msg = "that is larger than any credential"
        raise Unreadable(msg)
    if _TOKEN.fullmatch(text):
        return _kept(Presented(vc_jwt.unverified(text), vc_jwt.kid_of(text), text))
    document = _json(text)
    return _kept(Presented(document, data_integrity.kid_of(document)))


def _kept(presented: Presented) -> Presented:
    """What can be told again: no half characters, no endless nesting, no number beyond 64 bits."""
    try:
        orjson.dumps(presented.document)
    except TypeError as error:
        msg = "that is JSON of a kind that no credential is made of"
        raise Unreadable(msg) from error
    return presented


def _text(presented: bytes | str) -> str:
    if isinstance(presented, str):
        return presented
    if baking.is_png(presented):
        return baking.unbake_png(presented)
    try:
        return presented.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = "that is neither a text nor a PNG picture"
        raise Unreadable(msg) from error


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        msg = "that is neither a JSON document nor a signed token, or it is damaged"
        raise Unreadable(msg) from error
    if not isinstance(document, dict):
        msg = "that is JSON, but no credential"
        raise Unreadable(msg)
    return document


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # readers differ in which of two they take, so one could be shown and the other be signed
        msg = "a member stands there twice"
        raise ValueError(msg)
    return members


def _no_number(name: str) -> float:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)
