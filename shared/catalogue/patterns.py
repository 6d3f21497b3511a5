"""Globs over the ids by which an LMS knows a thing, compiled once so that no id can make them slow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_MAX_LENGTH = 500
_MAX_ALTERNATIVES = 100


class PatternError(ValueError):
    """This is not a glob."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A glob without braces, as an index wants to know it."""

    prefix: str
    """what an id must begin with"""
    suffix: str
    """what it must end with"""
    literal: bool
    """the prefix is all there is"""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`*` (crosses `/`), `?`, `[a-z]`, `[!a-z]`, `{a,b}`; case-sensitive; the whole id must match."""

    text: str
    alternatives: tuple[Simple, ...] = field(compare=False)
    _literals: frozenset[str] = field(compare=False, repr=False)
    _ends: tuple[tuple[str, str], ...] = field(compare=False, repr=False)
    """of those with one `*` and nothing else: what stands before and after it"""
    _regex: re.Pattern[str] | None = field(compare=False, repr=False)
    """of the others, if there are any"""

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Raises PatternError."""
        if not text or len(text) > _MAX_LENGTH:
            msg = f"a pattern has 1 to {_MAX_LENGTH} characters"
            raise PatternError(msg)
        globs = {each: _simple(each) for each in _expand(text)}
        literals = frozenset(each for each, simple in globs.items() if simple.literal)
        ends = {each: tuple(each.split("*")) for each in globs if each.count("*") == 1 and not set(each) & set("?[")}
        wild = [regex_of(each) for each in globs if each not in literals and each not in ends]
        regex = re.compile("|".join(wild), re.DOTALL) if wild else None
        return cls(text, tuple(globs.values()), literals, tuple((first, last) for first, last in ends.values()), regex)

    def matches(self, ids: Iterable[str]) -> bool:
        """One of the ids matches."""
        return any(map(self._matches, ids))

    def _matches(self, name: str) -> bool:
        for first, last in self._ends:
            if name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last):
                return True
        return name in self._literals or (self._regex is not None and self._regex.fullmatch(name) is not None)

    def __str__(self) -> str:
        return self.text


def is_glob(text: str) -> bool:
    """It could match more than one id."""
    return any(each in text for each in "*?[{")


def _expand(text: str) -> list[str]:
    """`a{b,c{d,e}}` → ab, acd, ace."""
    opening = _find(text, "{", 0)
    if opening < 0:
        if _find(text, "}", 0) >= 0:
            msg = f'"{text}" closes a brace that was not opened'
            raise PatternError(msg)
        return [text]
    parts, closing = _choices(text, opening)
    expanded = [text[:opening] + part + rest for part in parts for rest in _rest(text, closing)]
    if len(expanded) > _MAX_ALTERNATIVES:
        msg = f"a pattern stands for at most {_MAX_ALTERNATIVES} alternatives"
        raise PatternError(msg)
    found = [each for glob in expanded for each in _expand(glob)]
    if len(found) > _MAX_ALTERNATIVES:
        msg = f"a pattern stands for at most {_MAX_ALTERNATIVES} alternatives"
        raise PatternError(msg)
    return list(dict.fromkeys(found))


def _rest(text: str, closing: int) -> tuple[str]:
    return (text[closing + 1 :],)


def _choices(text: str, opening: int) -> tuple[list[str], int]:
    parts: list[str] = []
    depth, start, at = 0, opening + 1, opening
    while at < len(text):
        match text[at]:
            case "[":
                at = max(at, _class_end(text, at))
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth == 0:
                    return [*parts, text[start:at]], at
            case "," if depth == 1:
                parts.append(text[start:at])
                start = at + 1
        at += 1
    msg = f'"{text}" opens a brace that is not closed'
    raise PatternError(msg)


def _find(text: str, wanted: str, start: int) -> int:
    """Outside of a character class."""
    at = start
    while at < len(text):
        if text[at] == wanted:
            return at
        if text[at] == "[":
            at = max(at, _class_end(text, at))
        at += 1
    return -1


def _class_end(text: str, opening: int) -> int:
    """Where the class that opens there closes, or -1: then the bracket stands for itself."""
    first = opening + 1
    if text[first : first + 1] in {"!", "^"}:
        first += 1
    return text.find("]", first + 1)


def regex_of(glob: str) -> str:
    """One without braces, as a part of a regular expression. Raises PatternError."""
    # atomic groups: each `*` takes the first place where what follows fits and never comes back, so time is linear
    chunks: list[str] = [""]
    at = 0
    while at < len(glob):
        if glob[at] == "*":
            chunks.append("")
        elif glob[at] == "[" and (end := _class_end(glob, at)) > 0:
            chunks[-1] += _class(glob[at + 1 : end])
            at = end
        else:
            chunks[-1] += "." if glob[at] == "?" else re.escape(glob[at])
        at += 1
    if len(chunks) == 1:
        return f"(?:{chunks[0]})"
    first, *middle, last = chunks
    return f"(?:{first}" + "".join(f"(?>.*?{each})" for each in middle if each) + f".*{last})"


def _class(inside: str) -> str:
    negated, members = ("^", inside[1:]) if inside[0] in "!^" else ("", inside)
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
    found = f"[{negated}{escaped}]"
    try:
        re.compile(found)
    except re.error as error:
        msg = f'"[{inside}]" is not a set of characters'
        raise PatternError(msg) from error
    return found


def _simple(glob: str) -> Simple:
    wild = [at for at, each in enumerate(glob) if each in "*?["]
    if not wild:
        return Simple(glob, glob, literal=True)
    suffix = "" if "[" in glob else glob[wild[-1] + 1 :]
    return Simple(glob[: wild[0]], suffix, literal=False)
