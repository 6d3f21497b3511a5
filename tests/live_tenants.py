"""Tenants as they are read back from what is live."""

from __future__ import annotations

from shared.catalogue.model import Tenant


def since(tenants: tuple[Tenant, ...], revision: int) -> tuple[Tenant, ...]:
    """Each version knows when it went live."""
    return tuple(
        tenant.model_copy(
            update={
                "achievements": tuple(each.model_copy(update={"revision": revision}) for each in tenant.achievements)
            }
        )
        for tenant in tenants
    )
