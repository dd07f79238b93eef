"""Numbers from names: even, and the same for ever."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.lottery import drawn, is_held_out

NAMES = [f"01PERSON{number:06d}" for number in range(5_000)]


def test_numbers_are_the_same_for_ever() -> None:
    """On every machine: who is held out must not change with an upgrade."""
    assert drawn("holdout", "01ANA") == 0.2230192124193754
    assert drawn("offer", "01ANA") != drawn("holdout", "01ANA")


def test_numbers_are_even() -> None:
    """Over names; none reaches one."""
    numbers = np.array([drawn("offer", name) for name in NAMES])
    assert (numbers.min() >= 0, numbers.max() < 1) == (True, True)
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert counts.min() > 400


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_share_of_people_is_held_out(share: float) -> None:
    """About as many as were asked for; none or all where that is it."""
    held = sum(is_held_out(name, share) for name in NAMES) / len(NAMES)
    assert held == pytest.approx(share, abs=0.03 if 0 < share < 1 else 0)


def test_who_is_held_out_stays_so_as_the_share_grows() -> None:
    """Nobody changes sides but those who are added."""
    few, many = ({name for name in NAMES if is_held_out(name, share)} for share in (0.1, 0.2))
    assert few < many
