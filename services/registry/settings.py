"""What only the registry needs to know."""

from __future__ import annotations

from pydantic import Field

from shared.runtime.settings import Settings


class RegistrySettings(Settings):
    """Times of the sweeps; the defaults keep every list younger than ten minutes."""

    list_max_age_seconds: float = Field(default=300, gt=0)
    """a published list is drawn again at this age, so that its freshness shows that the pipeline lives"""
    patience_seconds: float = Field(default=5, gt=0)
    """how long a next step may take before a sweep does it again"""
