"""What only the evaluator needs to know."""

from __future__ import annotations

from pydantic import Field

from shared.runtime.settings import Settings


class EvaluatorSettings(Settings):
    """Times of the sweep."""

    patience_seconds: float = Field(default=15, gt=0)
    """how long the way from an award to its credential may take before the award is told again"""
