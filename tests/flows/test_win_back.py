"""Who may be asked to come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, ANAS, TUESDAY
from flows.win_back import Left, WhyNot, WinBackPeriod, why_not

PERIOD = WinBackPeriod(timedelta(days=30), timedelta(days=180))
LEFT = Left(ANAS, ANA, "es", marketing=True, at=TUESDAY, held=False, asked=False)


@pytest.mark.parametrize(
    ("changes", "days", "expected"),
    [
        ({}, 30, None),
        ({}, 180, None),
        ({}, 29, WhyNot.TOO_EARLY),
        ({}, 181, WhyNot.TOO_LATE),
        ({"marketing": None}, 60, WhyNot.NO_OPT_IN),
        ({"marketing": False}, 60, WhyNot.NO_OPT_IN),
        ({"held": True}, 60, WhyNot.NUMBER_HELD),
        ({"asked": True}, 60, WhyNot.ASKED),
    ],
)
def test_who_may_be_asked(changes: dict[str, object], days: int, expected: WhyNot | None) -> None:
    """Only who agreed themselves, whose number nobody has since, once, and in the period."""
    left = replace(LEFT, **changes)  # type: ignore[arg-type]
    assert why_not(left, TUESDAY + timedelta(days=days), PERIOD) is expected
