"""The rolling state of one subscription's use, and its codec."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError, UsageStateMalformed
from scoring.features import UsageState, features, from_bytes, has_place, observe, observe_all, to_bytes

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 20_000 * DAY
MB = 2**20
KEEP = 0.5 ** (1 / 7)
SESSIONS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 10**9)), min_size=1, max_size=40)


def state_of(sessions: Sequence[tuple[int, int]]) -> UsageState:
    """A state that has observed (hour since MONDAY, bytes) in this order."""
    state = UsageState()
    for hour, used in sessions:
        state = observe(state, MONDAY + hour * HOUR, used)
    return state


def hourly_means(sessions: Sequence[tuple[int, int]], at: int) -> list[float]:
    """The decayed mean by hour of day, computed the long way over all closed hours."""
    first = min(hour for hour, _ in sessions)
    use = {hour: sum(b for h, b in sessions if h == hour) for hour, _ in sessions}
    means = []
    for of_day in range(24):
        total = weight = 0.0
        for hour in range(first, at):
            if hour % 24 == of_day:
                total, weight = total * KEEP + use.get(hour, 0), weight * KEEP + 1
        means.append(total / weight if weight else 0.0)
    return means


@given(SESSIONS, st.integers(0, 100))
def test_the_profile_is_the_decayed_mean_of_every_hour(sessions: list[tuple[int, int]], later: int) -> None:
    """Constant-time updates give what a pass over the whole history gives."""
    ordered = sorted(sessions)
    at = ordered[-1][0] + later
    known = features(state_of(ordered), MONDAY + at * HOUR)
    assert known.profile == pytest.approx(hourly_means(ordered, at), rel=1e-9, abs=1e-3)


@given(SESSIONS, st.integers(0, 100))
def test_the_recent_day_is_the_last_24_hours(sessions: list[tuple[int, int]], later: int) -> None:
    """What began in the present hour or the 23 before it counts, nothing else."""
    ordered = sorted(sessions)
    at = ordered[-1][0] + later
    expected = sum(used for hour, used in ordered if at - 24 < hour <= at)
    assert features(state_of(ordered), MONDAY + at * HOUR).recent_day == pytest.approx(expected, abs=1e-3)


@given(st.lists(st.integers(0, 2**34), min_size=2, max_size=30))
def test_daily_variation_is_the_decayed_deviation_of_log_totals(totals: list[int]) -> None:
    """Mean and deviation are those of the weighted sample of closed days."""
    state = state_of([(24 * day, used) for day, used in enumerate(totals)])
    known = features(state, MONDAY + 24 * HOUR * len(totals))
    values = np.log1p(np.array(totals) / MB)
    weights = KEEP ** np.arange(len(totals))[::-1]
    mean = np.average(values, weights=weights)
    assert known.log_day_mean == pytest.approx(mean)
    assert known.log_day_std == pytest.approx(math.sqrt(np.average((values - mean) ** 2, weights=weights)), abs=1e-6)


@given(st.integers(0, 23), st.integers(0, 23), st.integers(1, 10**9))
def test_a_late_report_counts_as_if_it_had_come_in_time(first: int, late: int, used: int) -> None:
    """Within 24 hours the order of reports does not matter."""
    first, late = min(first, late), max(first, late)
    in_time = state_of([(0, 5), (first, 7), (late, used), (23, 9)])
    too_late = state_of([(0, 5), (first, 7), (23, 9), (late, used)])
    at = MONDAY + 60 * HOUR
    assert features(too_late, at).profile == pytest.approx(features(in_time, at).profile)
    assert features(too_late, at).log_day_mean == pytest.approx(features(in_time, at).log_day_mean)


def test_a_report_older_than_a_day_is_left_out() -> None:
    """There is no place left for it in a state of constant size."""
    state = state_of([(0, 5), (100, 7)])
    assert observe(state, MONDAY + 76 * HOUR, 10**9) == state


@given(SESSIONS, st.integers(0, 40), st.randoms(use_true_random=False))
def test_sessions_at_once_are_as_sessions_one_by_one(
    sessions: list[tuple[int, int]], cut: int, order: random.Random
) -> None:
    """However they lie in the batch, and whatever was known before it: the state is that of the order of time."""
    ordered = sorted(sessions)
    before, batch = ordered[:cut], ordered[cut:]
    order.shuffle(batch)
    at_once = observe_all(state_of(before), [(MONDAY + hour * HOUR, used) for hour, used in batch])
    one_by_one = state_of(ordered)
    assert (at_once.first_hour, at_once.last_hour) == (one_by_one.first_hour, one_by_one.last_hour)
    assert at_once.log_days == one_by_one.log_days
    for name in ("sums", "ring", "today", "log_mean", "log_m2"):
        assert getattr(at_once, name) == pytest.approx(getattr(one_by_one, name), rel=1e-9, abs=1e-6)


@given(SESSIONS, SESSIONS)
def test_of_a_batch_only_what_is_older_than_a_day_is_left_out(
    before: list[tuple[int, int]], batch: list[tuple[int, int]]
) -> None:
    """Or older than all that is known; the others count as if those had not been told."""
    state = state_of(sorted(before))
    told = [(MONDAY + hour * HOUR, used) for hour, used in batch]
    oldest = max(state.last_hour - 23, state.first_hour) * HOUR
    assert [start for start, _ in told if has_place(state, start)] == [s for s, _ in told if s >= oldest]
    placed = [one for one in told if has_place(state, one[0])]
    assert observe_all(state, told) == observe_all(state, placed)


def test_one_session_that_cannot_be_refuses_the_batch() -> None:
    """Whoever reads files checks them before."""
    with pytest.raises(ScoringError, match="not a session"):
        observe_all(UsageState(), [(MONDAY, 1.0), (MONDAY, -1.0)])


def test_hours_without_reports_count_as_unused() -> None:
    """The same use a week ago says less today."""
    state = state_of([(hour, MB) for hour in range(72)])
    soon, later = features(state, MONDAY + 72 * HOUR), features(state, MONDAY + 240 * HOUR)
    assert later.profile.sum() < soon.profile.sum() / 1.5
    assert later.recent_day == 0


def test_a_state_without_observations_has_no_history() -> None:
    """All features are zero, none is NaN."""
    known = features(UsageState(), MONDAY)
    assert (known.profile.sum(), known.recent_day, known.log_day_std, known.days) == (0, 0, 0, 0)


def test_a_first_day_that_began_in_the_middle_is_no_daily_total() -> None:
    """A partial day would look like a light one."""
    assert state_of([(12, 10 * MB), (24, MB)]).log_days == 0
    assert state_of([(0, 10 * MB), (24, MB)]).log_days == 1


def test_a_gap_of_a_century_leaves_only_what_came_after() -> None:
    """What was used before has long been forgotten."""
    later = MONDAY + 36_500 * DAY
    known = features(observe(state_of([(0, MB)]), later, 2 * MB), later)
    assert known.recent_day == 2 * MB
    assert known.profile.sum() < 1


@pytest.mark.parametrize(
    ("start", "used"),
    [(-1, 5), (MONDAY, -5), (math.nan, 5), (MONDAY, math.nan), (math.inf, 5), (MONDAY, math.inf), (MONDAY, 1e30)],
)
def test_an_impossible_session_is_refused(start: float, used: float) -> None:
    """Negative, infinite and absurd figures never reach the state."""
    with pytest.raises(ScoringError, match="not a session"):
        observe(UsageState(), start, used)


@given(SESSIONS)
def test_the_codec_gives_back_what_it_was_given(sessions: list[tuple[int, int]]) -> None:
    """Counters exactly, hourly figures to seven digits, and the same bytes again."""
    state = state_of(sorted(sessions))
    data = to_bytes(state)
    back = from_bytes(data)
    assert to_bytes(back) == data
    assert (back.first_hour, back.last_hour, back.log_days, back.today) == (
        state.first_hour,
        state.last_hour,
        state.log_days,
        state.today,
    )
    assert back.sums == pytest.approx(state.sums, rel=1e-6)
    assert back.ring == pytest.approx(state.ring, rel=1e-6)


def test_a_state_takes_237_bytes() -> None:
    """75 million of them are 18 GB."""
    assert len(to_bytes(UsageState())) == 237


GOOD = to_bytes(state_of([(0, MB)]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        GOOD[:-1],
        GOOD + b"\0",
        b"\x02" + GOOD[1:],
        GOOD[:-4] + b"\0\0\xc0\x7f",
        GOOD[:-4] + b"\0\0\x80\xbf",
    ],
    ids=["empty", "short", "cut", "long", "other version", "nan", "negative"],
)
def test_malformed_bytes_are_refused(data: bytes) -> None:
    """No half-read state ever decides."""
    with pytest.raises(UsageStateMalformed):
        from_bytes(data)


@given(st.binary(min_size=237, max_size=237))
def test_any_bytes_give_a_usable_state_or_an_error(data: bytes) -> None:
    """Features of whatever the codec accepts are finite."""
    try:
        state = from_bytes(b"\x01" + data[1:])
    except UsageStateMalformed:
        return
    assert np.isfinite(features(state, state.last_hour * HOUR).profile).all()
