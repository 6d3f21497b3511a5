"""What the catalogue says of a source's facts: which number a letter is, and what is taught in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.intake.translation import Delivery, Fact, Translation
from shared.catalogue.courses import course_in
from shared.catalogue.scales import folded
from shared.contracts.events import Verb
from shared.errors import Rejected


def agreed(delivery: Delivery, translation: Translation) -> Translation:
    """The translation with its letters scaled and its courses told. Raises Rejected for a letter that has to count and
    that the source's scale doesn't know.
    """
    if delivery.source.course is None and all(fact.letter is None for fact in translation.facts):
        return translation
    facts = tuple(_with_course(delivery.source.course, _scaled(delivery.scale, each)) for each in translation.facts)
    return replace(translation, facts=facts)


def _scaled(scale: Mapping[str, float], fact: Fact) -> Fact:
    """By its letter, where it has no number."""
    if fact.letter is None or fact.score is not None:
        return fact
    wanted = folded(fact.letter)
    score = next((value for letter, value in scale.items() if folded(letter) == wanted), None)
    if score is None and fact.verb is Verb.SCORED:
        why = "the source's scale doesn't know it" if scale else "the source names no scale"
        raise Rejected(f"{fact.letter_at}: a letter or a word, and {why}", code="unscaled_letter")
    return replace(fact, score=score, raw_score=fact.raw_score or fact.letter)


def _with_course(template: str | None, fact: Fact) -> Fact:
    """By the first id that fits; none leaves what the LMS said."""
    if template is None:
        return fact
    ids = (*fact.course_ids, *(fact.object.ids if fact.object.kind.value == "course" else ()))
    course = next((found for each in ids if (found := course_in(template, each)) is not None), None)
    return fact if course is None else replace(fact, object=fact.object.model_copy(update={"course": course}))
