"""Made-up people are as unlike a model's assumptions as they should be, and known to the last byte."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.simulated.market import WORLDS, Person, people

HABITS = list(people("habits", 150, 6, seed=5))
HOURS = 6 * 168


def sizes(crowd: list[Person]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of all sessions."""
    return np.concatenate([one.life.used for one in crowd])


def test_a_tenth_of_the_sessions_carries_most_of_the_volume() -> None:
    """As on a real network, where it is 86 %; and a third of them carries nothing."""
    used = np.sort(sizes(HABITS))[::-1]
    assert 0.80 < used[: len(used) // 10].sum() / used.sum() < 0.93
    assert 0.30 < np.mean(used == 0) < 0.40


def test_days_have_their_rhythm_and_weekends_theirs() -> None:
    """The busiest hour sees several times the sessions of the quietest, and a person's weekend is not their week."""
    hours = np.concatenate([one.life.hours for one in HABITS])
    by_hour = np.bincount(hours.astype(int) % 24, minlength=24)
    assert by_hour.max() > 2.5 * by_hour.min()
    free = [np.mean(one.life.hours % 168 >= 120) for one in HABITS if len(one.life.hours) > 200]
    assert np.std(free) > 0.05


def test_people_are_off_for_days() -> None:
    """Most have a spell of a day or more without any session."""
    longest = [np.diff(one.life.hours).max() for one in HABITS if len(one.life.hours) > 50]
    assert np.mean(np.array(longest) > 24) > 0.6


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_the_same_seed_makes_the_same_people(world: str) -> None:
    """However many there are beside them; another seed makes others."""
    three, two, others = (list(people(world, n, 2, seed)) for n, seed in ((3, 9), (2, 9), (2, 10)))
    for one, again, other in zip(three, two, others, strict=False):
        np.testing.assert_array_equal(one.life.used, again.life.used)
        assert one.bundles == again.bundles
        assert len(one.life.used) != len(other.life.used)


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_the_truth_is_what_the_sessions_say(world: str) -> None:
    """What was left is used up in the session that the truth names, wherever that can be seen."""
    checked = 0
    for one in people(world, 12, 5, seed=2):
        for told in one.told:
            ends = told.at + told.hours
            if not ends < 5 * 168 - 0.01:
                continue
            after = (one.life.hours > told.at) & (one.life.hours <= ends + 1e-9)
            until = one.life.used[after]
            assert until.sum() >= told.remaining
            assert until[:-1].sum() < told.remaining
            checked += 1
    assert checked > 30


def test_the_worlds_are_unlike_each_other() -> None:
    """Empty sessions in one, hours of sleep in the other: who passes both has not learnt one of them by heart."""
    states = list(people("states", 60, 3, seed=5))
    assert np.mean(sizes(states) == 0) < 0.05
    silent = [
        np.median([_silent_hours(one) for one in crowd if len(one.life.hours) > 150]) for crowd in (states, HABITS)
    ]
    assert silent[0] >= silent[1] + 3


def _silent_hours(one: Person) -> int:
    """Hours of the day with hardly any sessions."""
    by_hour = np.bincount(one.life.hours.astype(int) % 24, minlength=24)
    return int(np.sum(by_hour < 0.004 * by_hour.sum()))
