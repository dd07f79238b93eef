"""What becomes of a subscription when its SIM or number does."""

from __future__ import annotations

import pytest

from fakes import TUESDAY, ana
from flows.effects import (
    RecordAudit,
    RecordBundlesOver,
    RecordOffersOver,
    RecordPointless,
    RecordPreference,
    RecordSimsOver,
    RecordSimSwapped,
    RecordSubscriptionState,
)
from flows.events import LifeCycle, LifeCycleChanged
from flows.life_cycle import change


@pytest.mark.parametrize(
    ("event", "before", "after"),
    [
        (LifeCycle.ACTIVATED, "active", None),
        (LifeCycle.ACTIVATED, "suspended", "active"),
        (LifeCycle.SUSPENDED, "active", "suspended"),
        (LifeCycle.SUSPENDED, "suspended", None),
        (LifeCycle.RECYCLED, "active", "ended"),
        (LifeCycle.PORTED_OUT, "active", "ended"),
        (LifeCycle.PORTED_OUT, "suspended", "ended"),
        (LifeCycle.SIM_SWAPPED, "active", None),
        (LifeCycle.SIM_SWAPPED, "suspended", None),
    ],
)
def test_an_event_moves_the_subscription_only_where_it_says_something_new(
    event: LifeCycle, before: str, after: str | None
) -> None:
    """A recycled or ported number ends it; a new SIM is the same person; each is noted, and ends what was offered."""
    effects = change(ana(state=before), LifeCycleChanged(event), TUESDAY)
    assert effects[0] == RecordAudit("ocs", event.value, ana().id, TUESDAY)
    states = [one.state for one in effects if isinstance(one, RecordSubscriptionState)]
    assert states == ([] if after is None else [after])
    now = after or before
    silent = now in ("ended", "suspended")
    gone = RecordPointless(ana().id, TUESDAY, f"subscription_{now}")  # nothing that waits goes to whoever comes next
    assert [one for one in effects if isinstance(one, RecordPointless)] == ([gone] if silent else [])
    assert (RecordBundlesOver(ana().id) in effects) is silent
    swapped = event is LifeCycle.SIM_SWAPPED
    assert (RecordOffersOver(ana().id, TUESDAY) in effects) is (silent or swapped)
    assert (RecordSimSwapped(ana().id, TUESDAY) in effects) is swapped
    assert (RecordSimsOver(ana().id, TUESDAY) in effects) is (swapped or now == "ended")


def test_an_activation_tells_how_to_speak_to_the_person() -> None:
    """What is told is written; what is not told stays as it was."""
    fact = LifeCycleChanged(LifeCycle.ACTIVATED, language="en", segment="youth")
    written = [one for one in change(ana(), fact, TUESDAY) if isinstance(one, RecordPreference)]
    assert written == [RecordPreference(ana().id, "language", "en"), RecordPreference(ana().id, "segment", "youth")]


def test_only_an_activation_sets_attributes() -> None:
    """The next holder's language is not written to the last one's row."""
    fact = LifeCycleChanged(LifeCycle.RECYCLED, language="en")
    assert not [one for one in change(ana(), fact, TUESDAY) if isinstance(one, RecordPreference)]


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (LifeCycle.ACTIVATED, True),
        (LifeCycle.SIM_SWAPPED, True),
        (LifeCycle.RECYCLED, False),
        (LifeCycle.PORTED_OUT, False),
    ],
)
def test_a_handset_that_is_told_is_written(event: LifeCycle, *, written: bool) -> None:
    """A new SIM may be in a new phone; of whoever has left nothing is."""
    told = RecordPreference(ana().id, "handset", "feature")
    assert (told in change(ana(), LifeCycleChanged(event, handset="feature"), TUESDAY)) is written
