"""Screens that never arrived, and hops that come once more for them."""

from __future__ import annotations

from gateway.core.turn import Reply
from gateway.smpp.pdu import Message
from gateway.smpp.vocabulary import Command
from gateway.ussd.smpp_repeats import Repeats

LIST, CONFIRM = Reply("1 One\n2 Two", ends=False), Reply("1 Buy", ends=False)


def typed(text: str) -> Message:
    """A deliver_sm with this answer."""
    return Message(Command.DELIVER_SM, 1, 1, 1, "573001112233", 0, 0, "*123#", text.encode())


def test_the_same_octets_get_the_screen_that_never_arrived() -> None:
    """However late, as long as the session lives."""
    repeats = Repeats(lambda: 0.0, 180)
    hop = repeats.taken("s")
    repeats.missed("s", typed("2"), LIST, hop)
    assert repeats.reply("s", typed("2")) == LIST


def test_a_screen_that_was_answered_was_seen() -> None:
    """Whatever became of its acknowledgement: an old screen is never shown again, for keys mean other things now."""
    repeats = Repeats(lambda: 0.0, 180)
    listed = repeats.taken("s")
    repeats.taken("s")
    repeats.seen("s")
    repeats.missed("s", typed("2"), LIST, listed)
    assert repeats.reply("s", typed("2")) is None


def test_the_newest_screen_alone_is_remembered() -> None:
    """Also when both got lost, and the older one's time is over later."""
    repeats = Repeats(lambda: 0.0, 180)
    listed, confirmed = repeats.taken("s"), repeats.taken("s")
    repeats.missed("s", typed("1"), CONFIRM, confirmed)
    repeats.missed("s", typed("2"), LIST, listed)
    assert repeats.reply("s", typed("1")) == CONFIRM
