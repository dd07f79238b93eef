"""A wire that does not say whether a hop begins a session: what such a hop is, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.values import Msisdn
from gateway.core.doors import Door
from gateway.core.identity import Identity, Newest, Next, TooLate, identify
from gateway.core.live_session import LiveSession
from gateway.core.transcript import digest
from gateway.core.turn import Input, Turn

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
DOOR = Door("d", "airtel", idle_seconds=60, total_seconds=180, repeat_seconds=2)
CODE, DEEP = Input("123", begins=None), Input("123*4", begins=None, dialled="4")
ANSWER = Input("1", begins=None)


def live(*said: str, ends: bool = False) -> LiveSession:
    """A session that was last answered at noon. said: what was dialled behind the code, then the answers."""
    if not said:
        return LiveSession("airtel", "s")
    return LiveSession(
        "airtel",
        "s",
        position=len(said) - 1,
        said=said[-1],
        transcript="*".join(filter(None, said)),
        ends=ends,
        began=NOON,
        answered=NOON,
    )


def identified(session: LiveSession, said: Input, seconds: float) -> Identity:
    """What a hop is that comes so long after noon. Only what leads to a menu could have been dialled."""
    menu = "main" if said.text.startswith("123") else ""
    at = NOON + timedelta(seconds=seconds)
    return identify(session, Turn("airtel", "s", Msisdn("254733112233"), menu, said, DOOR, at))


def after(position: int, opened: int, said: str, transcript: str) -> Next:
    """The next hop."""
    return Next(position, opened, said, transcript, digest(said))


@pytest.mark.parametrize(
    ("session", "said", "seconds", "is_"),
    [
        pytest.param(live(), CODE, 0, after(0, 0, "", ""), id="a code opens an unknown session"),
        pytest.param(live(), DEEP, 0, after(0, 0, "4", "4"), id="so does what stands behind one"),
        pytest.param(live(), ANSWER, 0, TooLate(), id="anything else does not"),
        pytest.param(live(""), CODE, 1, Newest(), id="the code again"),
        pytest.param(live("4"), DEEP, 1, Newest(), id="the whole code again"),
        pytest.param(live("4"), CODE, 1, after(1, 0, "123", "4*123"), id="another code is an answer"),
        pytest.param(live(""), CODE, -1, Newest(), id="the code twice at once"),
        pytest.param(live(""), CODE, 9, after(1, 0, "123", "123"), id="the code later is an answer"),
        pytest.param(live("", "1"), CODE, 1, after(2, 0, "123", "1*123"), id="the code further on is an answer"),
        pytest.param(live(""), ANSWER, 1, after(1, 0, "1", "1"), id="an answer"),
        pytest.param(live("", "1"), ANSWER, 1, Newest(), id="an answer again"),
        pytest.param(live("", "1", ends=True), CODE, 9, Newest(), id="the code after the end"),
        pytest.param(live("", "1"), CODE, 61, TooLate(), id="the code when the network has ended it"),
        pytest.param(live("", "1", ends=True), CODE, 3601, after(2, 2, "", ""), id="the id of a session long over"),
    ],
)
def test_what_could_be_dialled_begins_a_session_that_nobody_knows(
    session: LiveSession, said: Input, seconds: float, is_: Identity
) -> None:
    """And is an answer in one that goes on."""
    assert identified(session, said, seconds) == is_
