"""What a hop is to its session, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.values import Msisdn
from gateway.core.doors import Door
from gateway.core.identity import Earlier, Identity, Newest, Next, TooLate, identify
from gateway.core.live_session import LiveSession
from gateway.core.transcript import digest
from gateway.core.turn import Input, Said, Transcript, Turn

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
DOOR = Door("d", "any", idle_seconds=60, total_seconds=180, repeat_seconds=2)


def live(
    *said: str, opened: int = 0, ends: bool = False, gave_way: bool = False, released: bool = False
) -> LiveSession:
    """A session that was last answered at noon, and began half a minute before. said: what was dialled, the answers."""
    if not said:
        return LiveSession("any", "s")
    dialled, *answers = said
    made = LiveSession(
        "any",
        "s",
        opened=opened,
        position=opened + len(answers),
        said=said[-1],
        transcript="*".join([dialled, *answers] if dialled else answers),
        ends=ends,
        began=NOON - timedelta(seconds=30),
        answered=NOON,
        gave_way=gave_way,
    )
    if released:
        made.released = NOON
    return made


def identified(session: LiveSession, said: Said, after: float) -> Identity:
    """What a hop is that comes so many seconds after noon."""
    at = NOON + timedelta(seconds=after)
    return identify(session, Turn("any", "s", Msisdn("573001112233"), "main", said, DOOR, at))


def after(position: int, said: str, transcript: str, opened: int = 0, *, counted: bool = False) -> Next:
    """The next hop of a wire that says what is new (or counts it); a transcript's digest is that of all of it."""
    return Next(position, opened, said, transcript, digest(said if counted else transcript))


DIAL, ONE, TWO = Input("", begins=True), Input("1"), Input("2")
AGAIN = Input("", begins=True, reuses=True)


@pytest.mark.parametrize(
    ("session", "said", "seconds", "is_"),
    [
        pytest.param(live(), Transcript(""), 0, after(0, "", ""), id="a first hop"),
        pytest.param(live(), Transcript("4*1"), 0, after(0, "4*1", "4*1"), id="a first hop with what was dialled"),
        pytest.param(live("", "2"), Transcript("2"), 9, Newest(), id="the same transcript"),
        pytest.param(live("", "2"), Transcript("2*1"), 9, after(2, "1", "2*1"), id="one answer more"),
        pytest.param(live("", "2"), Transcript("2*1*7"), 9, after(2, "1*7", "2*1*7"), id="a star in an answer"),
        pytest.param(live("", "2", "1"), Transcript("2"), 9, Earlier(digest=digest("2")), id="late"),
        pytest.param(live("", "2"), Transcript("3"), 9, Earlier(digest=digest("3")), id="contradicts"),
        pytest.param(live("", "2", ends=True), Transcript("2*1"), 9, Earlier(digest=digest("2*1")), id="after the end"),
        pytest.param(live("", "2"), Transcript("2*1"), 61, TooLate(), id="silent for too long"),
        pytest.param(live("", "2"), Transcript("2"), 61, Newest(), id="a repetition is never too late"),
        pytest.param(live("", "2", gave_way=True), Transcript("2*1"), 9, TooLate(), id="gave way to a newer session"),
        pytest.param(live("", "2", released=True), Transcript("2*1"), 9, TooLate(), id="the network has ended it"),
        pytest.param(
            live("", "2", released=True), Transcript("2*1"), 1, after(2, "1", "2*1"), id="overtaken by the end"
        ),
    ],
)
def test_a_wire_that_repeats_all_that_was_said(
    session: LiveSession, said: Transcript, seconds: float, is_: Identity
) -> None:
    """The transcript alone tells."""
    assert identified(session, said, seconds) == is_


@pytest.mark.parametrize(
    ("session", "said", "seconds", "is_"),
    [
        pytest.param(live(), DIAL, 0, after(0, "", "", counted=True), id="a first hop"),
        pytest.param(live(""), DIAL, 9, Earlier(position=0), id="a first hop again"),
        pytest.param(live("", "2"), DIAL, 9, Earlier(position=0), id="a first hop, late"),
        pytest.param(live(""), DIAL, 3601, after(1, "", "", 1, counted=True), id="the id of a session long over"),
        pytest.param(live(""), AGAIN, 1, Earlier(position=0), id="a first hop again where ids are used again"),
        pytest.param(live("", "2"), AGAIN, 9, after(2, "", "", 2, counted=True), id="an id that is used again"),
        pytest.param(live(), ONE, 0, TooLate(), id="an answer in a session that nobody knows"),
        pytest.param(live("", "2"), ONE, 9, after(2, "1", "2*1", counted=True), id="an answer"),
        pytest.param(live("", "2"), TWO, 9, after(2, "2", "2*2", counted=True), id="the same answer, a while later"),
        pytest.param(live("", "2"), TWO, 1, Newest(), id="the same answer within moments"),
        pytest.param(live("", "2"), ONE, 1, after(2, "1", "2*1", counted=True), id="another answer within moments"),
        pytest.param(live("", "2"), ONE, -0.1, Newest(), id="an answer before its screen was out"),
        pytest.param(live("", "2", ends=True), ONE, 9, Newest(), id="after the end"),
        pytest.param(live("", "2", ends=True), ONE, 61, TooLate(), id="long after the end"),
        pytest.param(live("", "2"), ONE, 61, TooLate(), id="silent for too long"),
        pytest.param(live("", "2"), ONE, 151, TooLate(), id="lasted too long"),
        pytest.param(live("", "2", gave_way=True), ONE, 9, TooLate(), id="gave way to a newer session"),
        pytest.param(live("4*1"), ONE, 9, after(1, "1", "4*1*1", counted=True), id="after what was dialled"),
    ],
)
def test_a_wire_that_says_what_is_new_and_counts_nothing(
    session: LiveSession, said: Input, seconds: float, is_: Identity
) -> None:
    """Time tells most repetitions; the menu makes the others harmless."""
    assert identified(session, said, seconds) == is_


@pytest.mark.parametrize(
    ("session", "number", "seconds", "is_"),
    [
        pytest.param(live(), 1, 0, TooLate(), id="a session that nobody knows"),
        pytest.param(live("", "2"), 2, 0.1, after(2, "1", "2*1", counted=True), id="the next"),
        pytest.param(live("", "2"), 2, -0.1, after(2, "1", "2*1", counted=True), id="the next, however soon"),
        pytest.param(live("", "2"), 4, 9, after(4, "1", "2*1", counted=True), id="the next, after some that were lost"),
        pytest.param(live("", "2"), 1, 9, Newest(), id="the same count: the first counts"),
        pytest.param(live("", "2", "3"), 1, 9, Earlier(position=1), id="late"),
        pytest.param(live("", "2", opened=5), 2, 9, after(7, "1", "2*1", 5, counted=True), id="counted from its first"),
        pytest.param(live("", "2", ends=True), 2, 9, Newest(), id="after the end"),
        pytest.param(live("", "2"), 2, 61, TooLate(), id="silent for too long"),
    ],
)
def test_a_wire_that_counts_its_hops(session: LiveSession, number: int, seconds: float, is_: Identity) -> None:
    """The count alone tells."""
    assert identified(session, Input("1", number=number), seconds) == is_
