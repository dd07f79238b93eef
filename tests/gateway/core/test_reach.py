"""Who is contacted and charged: what is configured, and what an operator has set since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes import ANA, BEN, TUESDAY
from flows.values import Purpose
from gateway.core.control_desk import checked
from gateway.core.reach import Reach
from gateway.errors import BadControl
from store.controls import Control, Kind

HOUR = timedelta(hours=1)


def control(kind: Kind, value: str, *, begins: float | None = None, ends: float | None = None) -> Control:
    """Set by somebody; begins, ends: hours from now."""
    times = [None if hours is None else TUESDAY + hours * HOUR for hours in (begins, ends)]
    return Control(kind, value, "ops", "", TUESDAY, times[0], times[1])


def reach(*controls: Control) -> Reach:
    """With these in force, as far as they are."""
    made = Reach()
    made.know(controls, TUESDAY)
    return made


def test_where_nothing_is_set_nobody_need_ask() -> None:
    """The lane skips all of it."""
    assert (reach().quiet, reach().withheld(ANA, Purpose.MARKETING), reach().stops()) == (True, "", False)


@pytest.mark.parametrize(
    ("control_", "purpose", "campaign", "stopped"),
    [
        (control("stop", "everything"), None, "", True),
        (control("stop", "everything"), Purpose.CONFIRMATION, "", True),
        (control("stop", "marketing"), Purpose.MARKETING, "", True),
        (control("stop", "marketing"), Purpose.MARKETING, "xmas", True),
        (control("stop", "marketing"), Purpose.ALERT, "", False),
        (control("stop", "marketing"), None, "", False),
        (control("stop", "campaign:xmas"), Purpose.MARKETING, "xmas", True),
        (control("stop", "campaign:xmas"), Purpose.ALERT, "xmas", True),
        (control("stop", "campaign:xmas"), Purpose.MARKETING, "easter", False),
        (control("stop", "campaign:xmas"), Purpose.MARKETING, "", False),
        (control("stop", "everything", begins=1), Purpose.ALERT, "", False),
        (control("stop", "everything", ends=-1), Purpose.ALERT, "", False),
        (control("stop", "everything", begins=-1, ends=1), Purpose.ALERT, "", True),
    ],
)
def test_a_stop_holds_what_it_names(
    control_: Control, purpose: Purpose | None, campaign: str, *, stopped: bool
) -> None:
    """No purpose: a charge."""
    assert reach(control_).stops(purpose, campaign) == stopped


@pytest.mark.parametrize(
    ("purpose", "withheld"),
    [
        (Purpose.ALERT, "blackout"),
        (Purpose.MARKETING, "blackout"),
        (Purpose.REPLY, ""),
        (Purpose.CONFIRMATION, ""),
        (None, ""),
    ],
)
def test_a_blackout_holds_what_nobody_asked_for(purpose: Purpose | None, withheld: str) -> None:
    """Of that number alone; its own purchases go on."""
    found = reach(control("blackout", ANA))
    assert (found.withheld(ANA, purpose), found.withheld(BEN, purpose)) == (withheld, "")


def test_test_numbers_of_the_configuration_and_of_the_operator_count_together() -> None:
    """With none left everybody is reached."""
    made = Reach(only=[ANA])
    made.know([control("test", BEN)], TUESDAY)
    assert [made.withheld(one) for one in (ANA, BEN)] == ["", ""]
    made.know([], TUESDAY)
    assert [made.withheld(one) for one in (ANA, BEN)] == ["", "not_a_test_number"]


def test_whoever_waits_is_told_of_changes_alone() -> None:
    """Also of those that the clock makes."""
    made, told = Reach(), list[int]()
    made.on_change(lambda: told.append(1))
    made.know([control("stop", "marketing", begins=1, ends=2)], TUESDAY)
    made.look(TUESDAY)
    assert not told
    for hours in (1.5, 1.6, 2.5, 3):
        made.look(TUESDAY + hours * HOUR)
    assert (len(told), made.quiet) == (2, True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("stop", "campaign:"), ("stop", "campaign:a b"), ("stop", ""), ("blackout", "12"), ("dry_run", "yes"), ("x", "y")],
)
def test_what_cannot_be_set_is_refused(kind: str, value: str) -> None:
    """In one line."""
    with pytest.raises(BadControl):
        checked(kind, value)


def test_a_number_is_kept_in_its_digits() -> None:
    """However it was written."""
    assert checked("blackout", f"+{ANA}").value == ANA


def test_what_begins_and_ends_counts_to_the_moment_also_when_the_clock_is_set_back() -> None:
    """It begins with its first moment and is over with its last."""
    made = reach(control("stop", "everything", begins=1, ends=2))
    said = []
    for seconds in (0, 3599, 3600, 7199, 7200, 3600, 0):
        made.look(TUESDAY + timedelta(seconds=seconds))
        said.append(made.stops())
    assert said == [False, False, True, True, False, True, False]
