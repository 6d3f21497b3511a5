"""Interleaved rounds: each round measures every contestant once, so that a busy minute hurts all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: a ratio with its goal, or a figure without one."""

    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    detail: str = ""


def at_least(what: str, value: float, goal: float, detail: str = "") -> Line:
    """A ratio that should not be smaller than its goal."""
    return Line(what, value, "×", f"≥ {goal:g}", value >= goal, detail)


def at_most(what: str, value: float, unit: str, goal: float, detail: str = "") -> Line:
    """A figure that should not be larger than its goal."""
    return Line(what, value, unit, f"≤ {goal:g} {unit}", value <= goal, detail)


def figure(what: str, value: float, unit: str, detail: str = "") -> Line:
    """A figure to know."""
    return Line(what, value, unit, detail=detail)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process for one call."""
    before = time.process_time()
    work()
    return time.process_time() - before


def medians(contestants: dict[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of each contestant's figure over interleaved rounds, after one round to warm up."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, measure in contestants.items():
            found = measure()
            if number:
                figures[name].append(found)
    return {name: statistics.median(found) for name, found in figures.items()}
