from __future__ import annotations

import pytest

from shared.catalogue.model import Issuer, Source, Tenant


def tenant(name: str, *sources: Source) -> Tenant:
    issuer = Issuer(tenant=name, id=f"did:web:{name}.example.org", name=name.title(), url="https://example.org")
    return Tenant(issuer=issuer, sources=sources, achievements=())


@pytest.fixture
def tenants() -> tuple[Tenant, ...]:
    """Two issuers; both call a source `bus`."""
    return (
        tenant(
            "north",
            Source(name="bus", dialect="cloudevents", topic="lms.north.bus"),
            Source(name="hook", dialect="cloudevents", webhook=True, secret_env="NORTH_HOOK"),
        ),
        tenant(
            "south",
            Source(name="bus", dialect="xapi", topic="lms.south.bus"),
            Source(name="lrs", dialect="xapi", topic="lms.south.lrs"),
        ),
    )
