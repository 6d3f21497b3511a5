from shared.runtime.breaker import Breakers, Gate


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def breakers(clock: Clock, changes: list[tuple[str, str, bool]] | None = None) -> Breakers:
    told = changes if changes is not None else []
    return Breakers(
        refusals=50,
        retest_seconds=30,
        clock=clock,
        on_change=lambda topic, source, is_open: told.append((topic, source, is_open)),
    )


def refuse(some: Breakers, times: int, source: str = "north/moodle") -> None:
    for _ in range(times):
        some.observe("lms.moodle", source, refused=True)


def test_forty_nine_refusals_in_a_row_leave_a_source_readable() -> None:
    some = breakers(Clock())

    refuse(some, 49)

    assert some.gate("lms.moodle", "north/moodle") is Gate.CLOSED


def test_fifty_refusals_in_a_row_close_a_source_off() -> None:
    changes: list[tuple[str, str, bool]] = []
    some = breakers(Clock(), changes)

    refuse(some, 50)

    assert some.gate("lms.moodle", "north/moodle") is Gate.OPEN
    assert changes == [("lms.moodle", "north/moodle", True)]


def test_a_good_record_in_between_starts_the_count_again() -> None:
    some = breakers(Clock())

    refuse(some, 49)
    some.observe("lms.moodle", "north/moodle", refused=False)
    refuse(some, 49)

    assert some.gate("lms.moodle", "north/moodle") is Gate.CLOSED


def test_one_source_does_not_close_another_off() -> None:
    some = breakers(Clock())

    refuse(some, 50)

    assert some.gate("lms.moodle", "south/moodle") is Gate.CLOSED
    assert some.gate("lms.canvas", "north/moodle") is Gate.CLOSED


def test_one_record_is_tried_every_thirty_seconds() -> None:
    clock = Clock()
    some = breakers(clock)
    refuse(some, 50)

    clock.now = 29.9
    too_early = some.gate("lms.moodle", "north/moodle")
    clock.now = 30
    tried = some.gate("lms.moodle", "north/moodle")
    at_once_again = some.gate("lms.moodle", "north/moodle")

    assert (too_early, tried, at_once_again) == (Gate.OPEN, Gate.RETEST, Gate.OPEN)


def test_one_good_record_opens_the_source_for_reading_again() -> None:
    clock = Clock()
    changes: list[tuple[str, str, bool]] = []
    some = breakers(clock, changes)
    refuse(some, 50)
    clock.now = 30
    some.gate("lms.moodle", "north/moodle")

    some.observe("lms.moodle", "north/moodle", refused=False)

    assert some.gate("lms.moodle", "north/moodle") is Gate.CLOSED
    assert changes[-1] == ("lms.moodle", "north/moodle", False)
    assert some.untouched("lms.moodle")


def test_a_refused_trial_keeps_the_source_closed_off() -> None:
    clock = Clock()
    some = breakers(clock)
    refuse(some, 50)
    clock.now = 30
    some.gate("lms.moodle", "north/moodle")

    refuse(some, 1)

    clock.now = 59
    assert some.gate("lms.moodle", "north/moodle") is Gate.OPEN
    clock.now = 60
    assert some.gate("lms.moodle", "north/moodle") is Gate.RETEST


def test_a_topic_is_read_again_when_a_trial_of_any_of_its_sources_is_due() -> None:
    clock = Clock()
    some = breakers(clock)
    refuse(some, 50)

    assert not some.any_due("lms.moodle")
    assert some.any_due("lms.canvas")
    clock.now = 30
    assert some.any_due("lms.moodle")
