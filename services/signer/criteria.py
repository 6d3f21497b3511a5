"""What a person reads about how a badge is earned, and what its skills and level align to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.catalogue.model import Achievement
from shared.openbadges.vocabulary import Alignment

_EQF = re.compile(r"EQF(?: level)? ([1-8])", re.IGNORECASE)


def criteria_text(achievement: Achievement) -> str:
    """The designer's words, then outcomes, assessment and the like as Markdown: Open Badges has no members for them."""
    return "\n\n".join([achievement.criteria.strip(), *_paragraphs(achievement)])


def alignments(achievement: Achievement, address: str) -> tuple[Alignment, ...]:
    """The designer's, and the level, which Open Badges knows as an alignment alone."""
    skills = [
        Alignment(each.name, each.url, each.framework, each.type, each.code, each.description)
        for each in achievement.alignment
    ]
    level = achievement.credits.level if achievement.credits else None
    return tuple(skills) if level is None else (*skills, _level(level, address))


def _level(level: str, address: str) -> Alignment:
    european = _EQF.fullmatch(level.strip())
    if european:
        return Alignment(
            name=level,
            url=f"http://data.europa.eu/snb/eqf/{european[1]}",
            framework="European Qualifications Framework",
            type="ext:QualificationLevel",
            code=european[1],
        )
    return Alignment(name=level, url=address, type="ext:QualificationLevel")


def _paragraphs(achievement: Achievement) -> Iterator[str]:
    if achievement.learning_outcomes:
        yield "**Learning outcomes**\n\n" + "\n".join(f"- {each}" for each in achievement.learning_outcomes)
    if achievement.assessment:
        yield f"**Assessment:** {_assessment(achievement)}"
    if achievement.credits and achievement.credits.workload:
        yield f"**Workload:** {achievement.credits.workload}"
    if achievement.participation:
        yield f"**Participation:** {achievement.participation}"
    if achievement.country:
        yield f"**Country:** {achievement.country}"
    if achievement.quality:
        link = f" ({achievement.quality.url})" if achievement.quality.url else ""
        yield f"**Quality assured by:** {achievement.quality.assured_by}{link}"


def _assessment(achievement: Achievement) -> str:
    assessment = achievement.assessment
    if assessment is None:
        return ""
    said = [
        assessment.type,
        {True: "supervised", False: "unsupervised", None: ""}[assessment.supervised],
        {True: "identity checked", False: "identity not checked", None: ""}[assessment.identity_checked],
    ]
    return ", ".join(each for each in said if each)
