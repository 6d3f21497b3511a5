from pathlib import Path

import pytest

from shared.runtime.inflight import InFlight


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evaluator-1.inflight"


def die_with(path: Path, spans: dict[str, tuple[int, int]], times: int = 1) -> None:
    for _ in range(times):
        InFlight(path).enter(spans)


def test_a_clean_end_leaves_no_suspects(path: Path) -> None:
    marker = InFlight(path)
    marker.enter({"a/0": (5, 9)})
    marker.leave()
    marker.close()

    again = InFlight(path)

    assert not again.careful("a/0", range(5, 10))


def test_two_deaths_are_not_yet_suspicious(path: Path) -> None:
    die_with(path, {"a/0": (5, 9)}, times=2)

    assert not InFlight(path).careful("a/0", [5])


def test_after_three_deaths_the_records_that_were_in_flight_go_one_by_one(path: Path) -> None:
    die_with(path, {"a/0": (5, 9), "a/1": (1, 2)}, times=3)

    marker = InFlight(path)

    assert marker.careful("a/0", [9])
    assert not marker.careful("a/0", [10])
    assert not marker.deadly("a/0", 5)


def test_a_batch_that_grows_between_deaths_is_the_same_batch(path: Path) -> None:
    die_with(path, {"a/0": (5, 9)})
    die_with(path, {"a/0": (5, 200)})
    die_with(path, {"a/0": (5, 7)})

    assert InFlight(path).careful("a/0", [150])


def test_deaths_at_other_offsets_do_not_add_up(path: Path) -> None:
    die_with(path, {"a/0": (5, 9)}, times=2)
    die_with(path, {"a/0": (10, 19)}, times=2)

    assert not InFlight(path).careful("a/0", range(5, 20))


def test_a_record_alone_in_flight_at_three_deaths_is_deadly(path: Path) -> None:
    die_with(path, {"a/0": (5, 9)}, times=3)
    die_with(path, {"a/0": (7, 7)}, times=3)

    marker = InFlight(path)

    assert marker.deadly("a/0", 7)
    assert not marker.deadly("a/0", 6)
    assert marker.careful("a/0", [8])


def test_a_marker_of_nonsense_is_a_clean_start(path: Path) -> None:
    InFlight(path).close()
    path.write_bytes(b"\xff{nonsense" + b"\0" * (path.stat().st_size - 10))

    assert not InFlight(path).careful("a/0", [1])
