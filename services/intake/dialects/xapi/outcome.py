"""What came of it: whether it succeeded, with what score, and how long it took."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from services.intake.dialects.shapes import invalid
from services.intake.dialects.xapi import verbs
from services.intake.dialects.xapi.shape import Result, ScoreShape, Statement
from shared.contracts.events import Verb

_LETTERS = (
    "http://www.tincanapi.co.uk/activitytypes/grade_classification",
    "http://www.tincanapi.co.uk/extensions/result/classification",
)
_PROGRESS = ("https://w3id.org/xapi/cmi5/result/extensions/progress", "http://adlnet.gov/expapi/extensions/progress")
_LETTER_MAX = 100
_GRADED = {"pass": Verb.PASSED, "passed": Verb.PASSED}
_NOT_PASSED = ("fail", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """As a fact has it."""

    verb: Verb
    succeeded: bool | None
    score: float | None
    letter: str | None
    raw_score: str | None
    duration: timedelta | None


def outcome(statement: Statement, verb: str, meant: Verb, at: str) -> Outcome:
    """What the verb and the result say together."""
    result = statement.result or Result()
    score, raw_score = _score(result.score, at)
    letter = _letter(result)
    succeeded = _succeeded(result)
    if verb == verbs.EARNED and (raw_score or letter):
        meant, succeeded = _grade(letter, succeeded)
    if meant is Verb.SCORED and score is None and letter is None:
        raise invalid(f"{at}result.score.scaled: missing, and raw, min and max don't make up for it")
    if meant is Verb.PROGRESSED and raw_score is None:
        raw_score = _progress(result)
    return Outcome(meant, succeeded, score, letter if score is None else None, raw_score, result.duration)


def _grade(letter: str | None, succeeded: bool | None) -> tuple[Verb, bool | None]:
    """A badge that is earned is done with; a grade is earned again with each exercise, and may say `Fail` all along."""
    word = (letter or "").casefold()
    return _GRADED.get(word, Verb.SCORED), False if word in _NOT_PASSED else succeeded


def _letter(result: Result) -> str | None:
    extensions = result.extensions if isinstance(result.extensions, dict) else {}
    found = next((each for name in _LETTERS if isinstance(each := extensions.get(name), str)), "")
    return found.strip()[:_LETTER_MAX] or None


def _progress(result: Result) -> str | None:
    """How far, of 100: progress is no score, so it is only kept as it was sent."""
    extensions = result.extensions if isinstance(result.extensions, dict) else {}
    found = next((each for name in _PROGRESS if isinstance(each := extensions.get(name), int | float)), None)
    return None if found is None or isinstance(found, bool) else f"{found:g} %"


def _succeeded(result: Result) -> bool | None:
    """An explicit no to either is a no."""
    said = [each for each in (result.success, result.completion) if each is not None]
    return all(said) if said else None


def _score(score: ScoreShape | None, at: str) -> tuple[float | None, str | None]:
    if score is None:
        return None, None
    if score.scaled is not None:
        if not -1 <= score.scaled <= 1:
            raise invalid(f"{at}result.score.scaled: should be between -1 and 1")
        return max(0.0, score.scaled), _as_sent(score)
    if score.raw is None or score.max is None:
        return None, _as_sent(score)
    low = score.min or 0.0
    reach = score.max - low
    scaled = (score.raw - low) / reach if reach > 0 else math.nan
    return (min(max(scaled, 0.0), 1.0) if math.isfinite(scaled) else None), _as_sent(score)


def _as_sent(score: ScoreShape) -> str | None:
    if score.raw is None:
        return None if score.scaled is None else repr(score.scaled)
    return f"{score.raw:g}" if score.max is None else f"{score.raw:g}/{score.max:g}"
