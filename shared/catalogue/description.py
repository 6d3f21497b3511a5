"""An issuer and an achievement in the words of Open Badges: what credentials say, and their own addresses too. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.catalogue.model import Achievement, Assessment, Issuer, Tenant
from shared.openbadges import did, vocabulary

_EQF = re.compile(r"EQF(?: level)? ([1-8])", re.IGNORECASE)
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""What an issuer's picture may be to be named and opened. An SVG can hold scripts: nobody is sent there."""


def profile_of(tenant: Tenant) -> vocabulary.Profile:
    """The issuer. Needs its picture's type alone, so that whoever signs needs no pictures."""
    issuer = tenant.issuer
    return vocabulary.Profile(
        id=issuer.id,
        name=issuer.name,
        url=issuer.url,
        email=issuer.email,
        description=issuer.description,
        image=f"{did.base_url(issuer.id)}/image" if tenant.issuer_image_type in PICTURES else None,
        recognised_by=tuple(vocabulary.Recognition(each.by, each.url) for each in issuer.accreditation),
    )


def description_of(issuer: Issuer, achievement: Achievement) -> vocabulary.AchievementDescription:
    """One version of an achievement, always the same: its address is its id."""
    address = did.achievement_url(issuer.id, achievement.id, achievement.version)
    previous = achievement.supersedes
    return vocabulary.AchievementDescription(
        id=address,
        type=achievement.type,
        name=achievement.name,
        description=achievement.description,
        criteria=_criteria(achievement),
        version=str(achievement.version),
        image=f"{address}/image",
        previous_version=None if previous is None else did.achievement_url(issuer.id, achievement.id, previous),
        tags=achievement.tags,
        alignments=_alignments(achievement, address),
        credits=achievement.credits.ects if achievement.credits else None,
    )


def _criteria(achievement: Achievement) -> str:
    """The designer's words, then outcomes, assessment and the like as Markdown: Open Badges has no members for them."""
    return "\n\n".join([achievement.criteria.strip(), *_paragraphs(achievement)])


def _alignments(achievement: Achievement, address: str) -> tuple[vocabulary.Alignment, ...]:
    """The designer's, and the level, which Open Badges knows as an alignment alone."""
    skills = [
        vocabulary.Alignment(each.name, each.url, each.framework, each.type, each.code, each.description)
        for each in achievement.alignment
    ]
    level = achievement.credits.level if achievement.credits else None
    return tuple(skills) if level is None else (*skills, _level(level, address))


def _level(level: str, address: str) -> vocabulary.Alignment:
    european = _EQF.fullmatch(level.strip())
    if european:
        return vocabulary.Alignment(
            name=level,
            url=f"http://data.europa.eu/snb/eqf/{european[1]}",
            framework="European Qualifications Framework",
            type="ext:QualificationLevel",
            code=european[1],
        )
    return vocabulary.Alignment(name=level, url=address, type="ext:QualificationLevel")


def _paragraphs(achievement: Achievement) -> Iterator[str]:
    if achievement.learning_outcomes:
        yield "**Learning outcomes**\n\n" + "\n".join(f"- {each}" for each in achievement.learning_outcomes)
    if achievement.assessment:
        yield f"**Assessment:** {_assessment(achievement.assessment)}"
    if achievement.credits and achievement.credits.workload:
        yield f"**Workload:** {achievement.credits.workload}"
    if achievement.participation:
        yield f"**Participation:** {achievement.participation}"
    if achievement.country:
        yield f"**Country:** {achievement.country}"
    if achievement.quality:
        link = f" ({achievement.quality.url})" if achievement.quality.url else ""
        yield f"**Quality assured by:** {achievement.quality.assured_by}{link}"


def _assessment(assessment: Assessment) -> str:
    said = [
        assessment.type,
        {True: "supervised", False: "unsupervised", None: ""}[assessment.supervised],
        {True: "identity checked", False: "identity not checked", None: ""}[assessment.identity_checked],
    ]
    return ", ".join(each for each in said if each)
