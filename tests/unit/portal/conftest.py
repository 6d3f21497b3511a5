from __future__ import annotations

import pytest

from tests.unit.portal.world import EDS, World


@pytest.fixture
def world() -> World:
    """One issuer at a host of its own, two below one host."""
    made = World()
    made.issuer("edu", "did:web:badges.example.edu", EDS)
    made.issuer("north", "did:web:badges.example.org:issuers:north", EDS)
    made.issuer("south", "did:web:badges.example.org:issuers:south", EDS)
    return made
