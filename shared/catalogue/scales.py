"""Letter grades as 0..1, as a tenant writes its scales down: `scales: {us-letters: {A+: 100%, A: 95%}}`."""

from __future__ import annotations

import re
from typing import Any

from shared.catalogue.problems import Finding, Location
from shared.catalogue.scores import NotAScore, UnscaledLetter, fraction

LETTER_MAX = 50
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read(raw: Any, location: Location) -> tuple[dict[str, dict[str, float]], list[Finding]]:
    """What could be read, and what is wrong with the rest."""
    if raw is None:
        return {}, []
    if not isinstance(raw, dict):
        return {}, [Finding(location, "needs scales by name, such as us-letters: {A: 95%, B: 85%}")]
    found: dict[str, dict[str, float]] = {}
    findings: list[Finding] = []
    for name, letters in raw.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            findings.append(Finding((*location, name), f'"{name}" needs lower-case letters, digits and single dashes'))
        scale, wrong = _scale(letters, (*location, name))
        findings += wrong
        if not wrong:
            found[str(name)] = scale
    return found, findings


def names(raw: Any) -> frozenset[str]:
    """Of every scale that is written there, readable or not."""
    return frozenset(each for each in raw if isinstance(each, str)) if isinstance(raw, dict) else frozenset()


def folded(letter: str) -> str:
    """As letters are compared: `b+ ` is `B+`."""
    return letter.strip().casefold()


def _scale(raw: Any, location: Location) -> tuple[dict[str, float], list[Finding]]:
    if not isinstance(raw, dict) or not raw:
        return {}, [Finding(location, "needs letters with their scores, such as A: 95%")]
    scale: dict[str, float] = {}
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for letter, score in raw.items():
        place = (*location, letter)
        if not isinstance(letter, str) or not 0 < len(letter.strip()) <= LETTER_MAX:
            findings.append(Finding(place, f'"{letter}" needs quotes: a letter or a word is meant'))
            continue
        if (first := seen.setdefault(folded(letter), letter)) != letter:
            findings.append(Finding(place, f'"{letter}" and "{first}" are one: capitals don\'t count'))
        try:
            scale[letter] = fraction(score)
        except UnscaledLetter:
            findings.append(Finding(place, f'"{score}" is not a score: write 80%, 0.8 or 16/20'))
        except NotAScore as error:
            findings.append(Finding(place, str(error)))
    return scale, findings
