"""Rules that nothing comes for are seen, over restarts and whatever the store does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.evaluator.compiled import compiled
from services.evaluator.metrics import EvaluatorMetrics
from services.evaluator.watching import Name, Seen, Watching
from shared.errors import Unavailable
from tests.unit.evaluator.world import NOW, World, catalogue, did, live

INTRO = live("intro", {"completed": {"course": "intro"}})
EXPERT = live("expert", {"holds": {"achievement": "intro"}})
HOUR = timedelta(hours=1)


@dataclass
class Store:
    rules: dict[Name, Seen] = field(default_factory=dict)
    down: bool = False

    async def add(self, seen: Mapping[Name, Seen]) -> None:
        if self.down:
            raise Unavailable("mongodb")
        for name, each in seen.items():
            self.rules[name] = each.and_then(self.rules[name]) if name in self.rules else each

    async def all(self) -> dict[Name, Seen]:
        return dict(self.rules)


@dataclass
class Process:
    """One evaluator; another over the same store is one after a restart, or beside it."""

    store: Store
    now: datetime = NOW
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.metrics = EvaluatorMetrics(self.registry)
        self.watching = Watching(self.store, self.metrics, lambda: self.now)

    async def look(self, *achievements: object) -> None:
        await self.watching.look(compiled(catalogue(*(achievements or (INTRO, EXPERT)))))  # type: ignore[arg-type]

    def value(self, what: str, achievement: str) -> float | None:
        name = f"laurel_rule_{what}_timestamp_seconds"
        return self.registry.get_sample_value(name, {"tenant": "north", "achievement": achievement})


async def test_a_rule_that_nothing_came_for_shows_as_0_and_since_when_it_is_watched() -> None:
    process = Process(Store())

    await process.look()

    assert process.value("last_match", "intro") == 0
    assert process.value("last_touched", "intro") == 0
    assert process.value("watched_since", "intro") == NOW.timestamp()


async def test_a_rule_that_looks_at_badges_alone_is_touched_by_no_activity() -> None:
    process = Process(Store())

    await process.look()

    assert process.value("last_match", "expert") == 0
    assert process.value("last_touched", "expert") is None


async def test_what_was_seen_is_known_after_a_restart_and_to_every_process() -> None:
    store = Store()
    one, other = Process(store), Process(store, NOW + HOUR)
    one.metrics.touched({("north", "intro")}, NOW)
    one.metrics.awarded("north", "intro", "Badge", NOW)

    await one.look()
    await other.look()

    for process in (one, other):
        assert process.value("last_touched", "intro") == NOW.timestamp()
        assert process.value("last_match", "intro") == NOW.timestamp()
        assert process.value("watched_since", "intro") == NOW.timestamp()


async def test_what_could_not_be_written_down_is_written_later() -> None:
    store = Store(down=True)
    process = Process(store)
    process.metrics.touched({("north", "intro")}, NOW)
    with pytest.raises(Unavailable):
        await process.look()
    process.metrics.awarded("north", "intro", "Badge", NOW + HOUR)

    store.down = False
    await process.look()

    assert store.rules["north", "intro"].touched_at == NOW
    assert store.rules["north", "intro"].matched_at == NOW + HOUR


async def test_a_rule_that_is_live_no_more_or_retired_is_shown_no_more() -> None:
    process = Process(Store())
    await process.look()

    await process.look(live("intro", {"completed": {"course": "intro"}}, retire_on=date(2026, 10, 1)))

    assert b'achievement="' not in generate_latest(process.registry)


async def test_what_came_touches_the_rules_that_look_at_it_and_no_others() -> None:
    world = World(catalogue(INTRO, EXPERT, live("other", {"completed": {"course": "other"}})))

    await world.receive(did("e1", "intro"))

    assert world.tally.rules_touched == {("north", "intro")}
