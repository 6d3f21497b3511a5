"""What a tenant's folder says, after reading: the issuer, its sources and its achievements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.catalogue.mapping import EventMapping

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=100)]
Duration = Annotated[
    str, Field(pattern=r"^(P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|\d+[dhm])$")
]
"""ISO 8601 such as `P3Y` or `PT20H`, or short: `30d`, `12h`, `45m`. `P1Y` is a calendar year."""


class Entry(BaseModel):
    """A part of a catalogue file. A field that is not listed is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")


class Accreditation(Entry):
    """Who recognises the issuer."""

    by: str
    url: str | None = None


class Issuer(Entry):
    """An Open Badges Profile, and where its documents live."""

    tenant: Slug
    id: Annotated[str, Field(pattern=r"^did:web:[A-Za-z0-9.\-%]+(:[A-Za-z0-9._\-%]+)*$")]
    name: str
    url: str
    email: str | None = None
    timezone: str = "UTC"
    description: str | None = None
    image: str | None = None
    linkedin_organization_id: int | None = None
    accreditation: tuple[Accreditation, ...] = ()
    address_wait: Duration = "P1D"
    """how long an award waits for its learner's address before it is signed to the LMS's identity"""


class WebhookAuth(Entry):
    """How a webhook knows its LMS: by a Standard Webhooks signature, unless the LMS can't make one."""

    scheme: Literal["standard", "secret", "canvas"] = "standard"
    """`secret`: the shared secret itself, in `header` or in the body's `field`; `canvas`: the body is a signed JWT"""
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$", max_length=100)] | None = None
    field: str | None = None
    keys: str | None = None
    """where Canvas publishes its public keys, a JWKS; default: Instructure's own address"""
    account: str | None = None
    """`canvas`: uuid or global id of the root account, for Instructure signs every school's events with one key"""


class Source(Entry):
    """Where events come from, and what they are trusted for."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    dialect: str
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=249)] | None = None
    webhook: bool = False
    secret_env: str | None = None
    learner: Literal["id", "sis_id", "email"] = "id"
    directory: str | None = None
    course: Annotated[str, Field(pattern=r"^[^{}]*\{course\}[^{}]*$", max_length=200)] | None = None
    """how what is taught is told from the id of a run: a glob with `{course}` in it, such as `????.{course}-*`"""
    scale: str | None = None
    """which of the tenant's `scales` its letter grades are on"""
    mapping: tuple[EventMapping, ...] = ()
    """for dialects that have none of their own: `cloudevents` with other data, `rows`"""
    schema_registry: str | None = None
    """address of a Confluent or Apicurio schema registry; without one the bundled schemas are used"""
    auth: WebhookAuth = WebhookAuth()
    rate_per_minute: Annotated[int, Field(ge=1)] | None = None
    """deliveries that its webhook takes in a minute; more are answered with 429"""

    def directory_of(self) -> str:
        """Sources that name one directory share learners: the tenant's for addresses and SIS ids, else its own."""
        if self.directory is not None:
            return self.directory
        return self.name if self.learner == "id" else f"tenant:{self.learner}"

    def secret_variable(self, tenant: str) -> str:
        """The environment variable of a webhook's secret: `secret_env`, else `LAUREL_WEBHOOK_<TENANT>_<SOURCE>`."""
        return self.secret_env or re.sub(r"[^A-Z0-9]+", "_", f"LAUREL_WEBHOOK_{tenant}_{self.name}".upper())


class Alignment(Entry):
    """A skill in a framework: ESCO, CASE, CTDL, national ones."""

    name: str
    url: str
    framework: str | None = None
    type: str | None = None
    code: str | None = None
    description: str | None = None


class Credits(Entry):
    """What it is worth in study credit."""

    ects: float | None = None
    level: str | None = None
    workload: Duration | None = None


class Assessment(Entry):
    """How it was assessed."""

    type: str
    supervised: bool | None = None
    identity_checked: bool | None = None


class Quality(Entry):
    """Who assures its quality."""

    assured_by: str
    url: str | None = None


class Offer(Entry):
    """For people who choose; on pages only, never signed."""

    url: str | None = None
    cost: str | None = None
    language: str | None = None
    prerequisites: str | None = None


class Texts(Entry):
    """The same words in another language."""

    name: str | None = None
    description: str | None = None
    criteria: str | None = None


class Achievement(Entry):
    """One version of an Open Badges Achievement. A live version never changes: an edit is the next version."""

    id: Slug
    version: Annotated[int, Field(ge=1)]
    supersedes: int | None = None
    retire_on: date | None = None
    type: str
    name: str
    description: str
    image: str | None = None
    criteria: str
    learning_outcomes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    texts: dict[str, Texts] = Field(default_factory=dict)
    alignment: tuple[Alignment, ...] = ()
    credits: Credits | None = None
    assessment: Assessment | None = None
    quality: Quality | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    participation: Literal["online", "onsite", "blended"] | None = None
    offer: Offer | None = None
    valid_for: Duration | None = None
    repeatable: bool = False
    issue_after: Duration | None = None
    approval: Literal["none", "required"] = "none"
    on_correction: Literal["keep", "suspend", "revoke"] = "keep"


class LiveAchievement(BaseModel):
    """An achievement as it is live: with its criteria as written, and its picture."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    achievement: Achievement
    earned_when: dict[str, Any]
    """as the designer wrote it; `criteria.parse` makes a tree of it"""
    image: bytes
    """a PNG: the designer's, or one drawn from name and issuer. Never changes for a version"""
    revision: int | None = None
    """of the catalogue, from which on it is live; None where that isn't known"""

    @property
    def drawn(self) -> bool:
        """The designer gave no PNG."""
        return not (self.achievement.image or "").lower().endswith(".png")


class Tenant(BaseModel):
    """An issuer with its sources and every version of its achievements that ever was live."""

    model_config = ConfigDict(frozen=True)

    issuer: Issuer
    sources: tuple[Source, ...]
    achievements: tuple[LiveAchievement, ...]
    scales: dict[str, dict[str, float]] = Field(default_factory=dict)
    """letter grades as 0..1, by the scale's name"""
    issuer_image: bytes | None = None
    issuer_image_type: str | None = None


class Catalogue:
    """Everything that is live, at one revision. Immutable, and quick to ask."""

    def __init__(self, revision: int, tenants: tuple[Tenant, ...]) -> None:
        self.revision = revision
        self.tenants = tenants
        self._by_tenant = {tenant.issuer.tenant: tenant for tenant in tenants}
        self._versions = {
            (live.tenant, live.achievement.id, live.achievement.version): live
            for tenant in tenants
            for live in tenant.achievements
        }
        self._by_topic = {
            source.topic: (tenant, source) for tenant in tenants for source in tenant.sources if source.topic
        }
        self._by_name = {(tenant.issuer.tenant, source.name): source for tenant in tenants for source in tenant.sources}

    def tenant(self, tenant: str) -> Tenant | None:
        """The tenant of that name."""
        return self._by_tenant.get(tenant)

    def achievement(self, tenant: str, slug: str, version: int) -> LiveAchievement | None:
        """That version, live or superseded."""
        return self._versions.get((tenant, slug, version))

    def current(self, tenant: str) -> tuple[LiveAchievement, ...]:
        """The newest version of each achievement: what it is shown as."""
        newest: dict[str, LiveAchievement] = {}
        for live in self._by_tenant[tenant].achievements if tenant in self._by_tenant else ():
            known = newest.get(live.achievement.id)
            if known is None or known.achievement.version < live.achievement.version:
                newest[live.achievement.id] = live
        return tuple(newest.values())

    def earnable(self, tenant: str) -> tuple[LiveAchievement, ...]:
        """What may be earned now: every version that no other one supersedes. Superseding one supersedes its elders."""
        owner = self._by_tenant.get(tenant)
        superseded: dict[str, int] = {}
        for live in owner.achievements if owner else ():
            each = live.achievement
            superseded[each.id] = max(each.supersedes or 0, superseded.get(each.id, 0))
        return tuple(
            live
            for live in (owner.achievements if owner else ())
            if live.achievement.version > superseded[live.achievement.id]
        )

    def source_of_topic(self, topic: str) -> tuple[Tenant, Source] | None:
        """Whose topic it is: tenant and source are named by where an event came from, never by its payload."""
        return self._by_topic.get(topic)

    def scale_of(self, tenant: str, source: Source) -> Mapping[str, float]:
        """What the letters of its grades are worth: nothing, where it names no scale."""
        known = self._by_tenant.get(tenant)
        return known.scales.get(source.scale, {}) if known and source.scale else {}

    def source(self, tenant: str, name: str) -> Source | None:
        """A tenant's source by name."""
        return self._by_name.get((tenant, name))
