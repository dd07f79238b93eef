"""What is worked out of all sessions at once is what the rolling state says after each."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import UsageState, features, observe
from scoring.sessions import sessions
from scoring.usage_history import known_at

BEGINS = 1_767_571_200 + 7 * 3600 + 12
SESSIONS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 20 * 86_400), st.integers(0, 10**9)), min_size=1, max_size=40
)
MOMENTS = st.lists(st.tuples(st.integers(0, 2), st.integers(-86_400, 25 * 86_400)), min_size=1, max_size=8)


@given(SESSIONS, MOMENTS)
def test_history_is_the_state_at_every_moment(told: list[tuple[int, int, int]], asked: list[tuple[int, int]]) -> None:
    """Profile, last hours, daily mean and deviation, days known: for three people, at any time, in any order."""
    person, start, used = (np.array(column) for column in zip(*told, strict=True))
    found = sessions(person, BEGINS + start.astype(float), used.astype(float), 3)
    whose, at = np.array([one for one, _ in asked]), np.array([BEGINS + float(when) for _, when in asked])
    with patch("scoring.usage_history._AT_ONCE", 2):  # so that three people are more than are held at once
        known = known_at(found, whose, at)
    for row, (one, when) in enumerate(zip(whose, at, strict=True)):
        state = UsageState()
        for first, begun, much in sorted(zip(start.tolist(), person.tolist(), used.tolist(), strict=True)):
            if begun == one and BEGINS + first <= when:
                state = observe(state, BEGINS + first, much)
        said = features(state, when)
        clock = int(when // 3600) % 24
        np.testing.assert_allclose(known.profile[row], said.profile, rtol=1e-9, atol=1e-3)
        np.testing.assert_allclose(known.ring[row][(clock - np.arange(24)) % 24], said.recent, rtol=1e-9, atol=1e-3)
        np.testing.assert_allclose(
            (known.log_day_mean[row], known.log_day_std[row], known.days[row]),
            (said.log_day_mean, said.log_day_std, said.days),
            rtol=1e-9,
            atol=1e-6,
        )


@given(SESSIONS, MOMENTS)
def test_nothing_after_the_moment_counts(told: list[tuple[int, int, int]], asked: list[tuple[int, int]]) -> None:
    """Take away all that comes later, and the same is known."""
    person, start, used = (np.array(column) for column in zip(*told, strict=True))
    whose, when = asked[0]
    early = start <= when
    at = np.array([BEGINS + float(when)])
    all_of_it, before = (
        known_at(sessions(person[kept], BEGINS + start[kept].astype(float), used[kept].astype(float), 3),
                 np.array([whose]), at)
        for kept in (np.ones(len(start), dtype=bool), early)
    )  # fmt: skip
    for name in ("profile", "ring", "log_day_mean", "log_day_std", "days"):
        np.testing.assert_allclose(getattr(all_of_it, name), getattr(before, name), rtol=1e-9, atol=1e-6)
