"""The parts that a credential is built of, in Open Badges' own words.

What each badge has of its own is a tuple: quick to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

ACHIEVEMENT_TYPES = frozenset([
        "Achievement", "ApprenticeshipCertificate", "Assessment", "Assignment", "AssociateDegree", "Award",
        "Badge", "BachelorDegree", "Certificate", "CertificateOfCompletion", "Certification",
        "CommunityService", "Competency", "Course", "CoCurricular", "Degree", "Diploma", "DoctoralDegree",
        "Fieldwork", "GeneralEducationDevelopment", "JourneymanCertificate", "LearningProgram", "License",
        "Membership", "ProfessionalDoctorate", "QualityAssuranceCredential", "MasterCertificate",
        "MasterDegree", "MicroCredential", "ResearchDoctorate", "SecondarySchoolDiploma",
])  # fmt: skip
"""`achievementType`; anything else must be `ext:…`."""
TARGET_TYPES = frozenset([
    "ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion",
    "CFRubricCriterionLevel", "CTDL",
])  # fmt: skip
"""An alignment's `targetType`; anything else must be `ext:…`."""
IDENTITY_TYPES = frozenset({"emailAddress", "sisSourcedId", "ltiUserId", "accountId"})


@dataclass(frozen=True, slots=True)
class Recognition:
    """Who recognises an issuer or assures a badge's quality."""

    by: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The issuer."""

    id: str
    """its did:web"""
    name: str
    url: str
    email: str | None = None
    description: str | None = None
    image: str | None = None
    """the picture's address"""
    recognised_by: tuple[Recognition, ...] = ()


@dataclass(frozen=True, slots=True)
class Alignment:
    """A skill or a level in somebody's framework."""

    name: str
    url: str
    framework: str | None = None
    type: str | None = None
    code: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AchievementDescription:
    """One version of an achievement. `criteria` is what a person reads, with all that belongs to it."""

    id: str
    """its address, one per version"""
    type: str
    name: str
    description: str
    criteria: str
    version: str
    image: str | None = None
    previous_version: str | None = None
    """the address of the version that this one supersedes"""
    language: str | None = None
    tags: tuple[str, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    credits: float | None = None


class Recipient(NamedTuple):
    """Who earned it: an opaque id, and an identity that only who knows it can compare."""

    subject_id: str
    identity: str
    """normalised already; only its hash gets into the credential"""
    identity_type: str
    salt: str


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where the credential's bit is."""

    list_url: str
    index: int


class Evidence(NamedTuple):
    """One thing that was done."""

    name: str
    narrative: str


class Award(NamedTuple):
    """That it was earned: when, why, on what evidence."""

    credential_id: str
    valid_from: datetime
    valid_until: datetime | None
    why: str
    evidence: tuple[Evidence, ...] = ()
    score: float | None = None
    """0..1"""
