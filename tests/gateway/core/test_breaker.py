"""A peer that does not answer is left alone, and taken up again by one probe at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.breaker import Attempt, Breaker, BreakerSettings


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


SETTINGS = BreakerSettings(failures=3, pause=1.0, longest_pause=8.0)


def breaker(clock: Clock) -> Breaker:
    """Without jitter: a pause is as long as it says."""
    return Breaker(SETTINGS, clock, jitter=lambda: 0.5)


def begun(one: Breaker) -> Attempt:
    """A call that is let through."""
    attempt = one.begin()
    assert attempt is not None
    return attempt


def opened(clock: Clock) -> Breaker:
    """One that has just opened."""
    one = breaker(clock)
    for _ in range(SETTINGS.failures):
        begun(one).failed()
    return one


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """An answer in between begins the count anew."""
    one = breaker(Clock())
    for well in (False, False, True, False, False):
        attempt = begun(one)
        attempt.succeeded() if well else attempt.failed()
    assert one.state == "closed"
    begun(one).failed()
    assert (one.state, one.begin(), one.seconds_left) == ("open", None, 1.0)


def test_after_its_pause_one_call_is_let_through_and_closes_it() -> None:
    """The others wait for how that one goes."""
    clock = Clock()
    one = opened(clock)
    clock.now = 1.0
    assert one.state == "half_open"
    probe = begun(one)
    assert one.begin() is None
    probe.succeeded()
    assert (one.state, one.seconds_left) == ("closed", 0.0)
    assert [one.begin() is not None for _ in range(3)] == [True] * 3


def test_a_probe_that_fails_opens_it_for_twice_as_long() -> None:
    """Up to a bound."""
    clock = Clock()
    one, pauses = opened(clock), [1.0]
    for _ in range(5):
        clock.now += one.seconds_left
        begun(one).failed()
        pauses.append(one.seconds_left)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_probe_that_nobody_waited_for_leaves_the_place_to_another() -> None:
    """Nothing is known by it."""
    clock = Clock()
    one = opened(clock)
    clock.now = 1.0
    begun(one).given_up()
    assert one.state == "half_open"
    begun(one).succeeded()
    assert (one.state, one.seconds_left) == ("closed", 0.0)


@pytest.mark.parametrize("well", [True, False])
def test_what_was_begun_before_it_opened_says_nothing_any_more(*, well: bool) -> None:
    """A late answer does not close it, a late failure does not open it for longer."""
    clock = Clock()
    one = breaker(clock)
    late = begun(one)
    for _ in range(SETTINGS.failures):
        begun(one).failed()
    clock.now = 0.5
    late.succeeded() if well else late.failed()
    assert (one.state, one.seconds_left) == ("open", 0.5)


def test_the_pause_is_not_the_same_for_every_process() -> None:
    """So they do not probe as one."""
    clock = Clock()
    pauses = set()
    for drawn in (0.0, 0.5, 1.0):
        one = Breaker(SETTINGS, clock, jitter=lambda drawn=drawn: drawn)  # type: ignore[misc]
        for _ in range(SETTINGS.failures):
            begun(one).failed()
        pauses.add(one.seconds_left)
    assert pauses == {0.75, 1.0, 1.25}


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["begin", "well", "badly", "given_up"])), max_size=60))
def test_whatever_happens_it_is_never_open_for_ever(steps: list[tuple[float, str]]) -> None:
    """Once its pause is over and nobody probes, somebody is let through."""
    clock = Clock()
    one, running = breaker(clock), list[Attempt]()
    for seconds, step in steps:
        clock.now += seconds
        if step == "begin":
            attempt = one.begin()
            running += [attempt] if attempt else []
        elif running:
            attempt = running.pop()
            {"well": attempt.succeeded, "badly": attempt.failed, "given_up": attempt.given_up}[step]()
    while running:
        running.pop().given_up()
    clock.now += SETTINGS.longest_pause * 1.25
    assert one.begin() is not None
