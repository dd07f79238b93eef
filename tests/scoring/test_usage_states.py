"""Many states at once say what each says alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import UsageStateMalformed
from scoring.features import UsageState, from_bytes, observe, to_bytes
from scoring.features import features as of_one
from scoring.usage_states import STATE, features, readable

HOUR = 3600
START = 1_790_000_000 // HOUR * HOUR
SESSIONS = st.lists(st.tuples(st.integers(0, 40 * 24 * HOUR), st.floats(0, 1e10)), max_size=25)


def state_of(sessions: list[tuple[int, float]]) -> UsageState:
    """What is remembered of sessions, so many seconds after the start each."""
    state = UsageState()
    for start, used in sorted(sessions):
        state = observe(state, START + start, used)
    return state


@given(st.lists(SESSIONS, min_size=1, max_size=8), st.integers(-2 * 24, 200 * 24))
def test_features_of_many_are_those_of_each(people: list[list[tuple[int, float]]], hours: int) -> None:
    """Of new people, of those who used something a moment ago and of those who have not for months."""
    at = float(START + hours * HOUR)
    data = [to_bytes(state_of(sessions)) for sessions in people]
    states = np.frombuffer(b"".join(data), STATE)
    assert readable(states).all()
    found = features(states, at)
    for row, one in enumerate(data):
        alone = of_one(from_bytes(one), at)
        np.testing.assert_allclose(found.profile[row], alone.profile, rtol=1e-12)
        together = (found.recent_day, found.log_day_mean, found.log_day_std, found.days)
        expected = (alone.recent_day, alone.log_day_mean, alone.log_day_std, alone.days)
        np.testing.assert_allclose([figure[row] for figure in together], expected, rtol=1e-9, atol=1e-9)


@given(st.binary(min_size=STATE.itemsize, max_size=STATE.itemsize), st.sampled_from([0, 1, 2]))
def test_what_one_refuses_is_not_readable_among_many(data: bytes, version: int) -> None:
    """And the features of what is readable are finite."""
    data = bytes([version]) + data[1:]
    try:
        from_bytes(data)
        whole = True
    except UsageStateMalformed:
        whole = False
    states = np.frombuffer(data, STATE)
    assert readable(states).tolist() == [whole]
    if whole:
        assert np.isfinite(features(states, START).profile).all()


@given(
    SESSIONS,
    st.sampled_from(["first_hour", "today", "sums", "ring", "log_m2"]),
    st.sampled_from([-1.0, np.nan, np.inf]),
)
def test_one_impossible_figure_is_enough(sessions: list[tuple[int, float]], name: str, figure: float) -> None:
    """Wherever it stands; the states beside it stay readable."""
    states = np.frombuffer(to_bytes(state_of(sessions)) * 3, STATE).copy()
    if name == "first_hour":
        states[name][1] = states["last_hour"][1] + 1
    else:
        states[name][1] = figure
    assert readable(states).tolist() == [True, False, True]


def test_a_record_is_as_long_as_a_state() -> None:
    """Without gaps."""
    assert len(to_bytes(UsageState())) == STATE.itemsize


def test_no_states_have_no_features() -> None:
    """A shard may be empty."""
    assert features(np.zeros(0, STATE), START).profile.shape == (0, 24)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(0, 40))
def test_the_last_hours_begin_with_the_present_one(ages: list[int], later: int) -> None:
    """What was used so many hours ago stands at that place, as long as it is one of the last 24."""
    state = state_of([((30 - age) * HOUR, 2.0**age) for age in ages])
    at = START + (30 + later) * HOUR
    expected = np.zeros(24)
    for age in ages:
        ago = age + later
        if ago < 24:
            expected[ago] += 2.0**age
    found = features(np.frombuffer(to_bytes(state), STATE), at)
    np.testing.assert_allclose(found.recent()[0], expected)
