"""What a hop is to its session: the next one, one that was answered, or one that comes too late. Pure (ADR 0013).

Two kinds of wires. One repeats all that was said, and a hop is what its transcript has more than the last one's. The
other says what is new alone: where it counts its hops the count tells them apart; where it does not, an answer that
came before its screen was out, or the same answer again within moments, is a repetition. What that leaves open, a
repetition that comes later, is made harmless by the menu: see ``Place.heard``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, assert_never

from flows.frozen import dataclass
from gateway.core.live_session import LiveSession
from gateway.core.transcript import digest, said_since
from gateway.core.turn import Input, Transcript, Turn


class Next(NamedTuple):
    """A new hop. opened: the position of its dialogue's first turn, its own for one that begins.

    said: what is new in it; transcript: all that was said with it; digest: tells it apart in its session.
    """

    position: int
    opened: int
    said: str
    transcript: str
    digest: str

    @property
    def begins(self) -> bool:
        """Whether a dialogue begins with it."""
        return self.position == self.opened


_ANOTHER_SESSION = timedelta(hours=1)
"""No network brings a beginning again after so long, and no session lasts so long."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The last hop once more, or one that contradicts it: the first counts."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A hop from before the last one: by position, or by digest. What nobody remembers is answered as ``Newest``."""

    position: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class TooLate:
    """The session is over, or nobody knows it."""


Identity = Next | Newest | Earlier | TooLate


def identify(live: LiveSession, turn: Turn) -> Identity:
    """What this hop is to the session as it is known. Blanks around an answer say nothing."""
    said = turn.said
    if isinstance(said, Input) and said.text != said.text.strip():
        turn = turn._replace(said=said._replace(text=said.text.strip()))
    match turn.said:
        case Transcript(text):
            return _by_transcript(live, turn, text)
        case Input(begins=True):
            return _beginning(live, turn, turn.said)
        case Input(begins=None) if turn.menu:
            return _perhaps_beginning(live, turn, turn.said)
        case Input(number=None):
            return _uncounted(live, turn, turn.said.text)
        case Input():
            return _counted(live, turn, turn.said)
        case _:
            assert_never(turn.said)


def _by_transcript(live: LiveSession, turn: Turn, text: str) -> Identity:
    if live.position < 0:
        return Next(0, 0, text, text, digest(text))
    if text == live.transcript:
        return Newest()
    said = said_since(live.transcript, text)
    if said is None or live.ends:
        return Earlier(digest=digest(text))
    if _over(live, turn):
        return TooLate()
    return Next(live.position + 1, live.opened, said, text, digest(text))


def _beginning(live: LiveSession, turn: Turn, said: Input) -> Identity:
    """A session's first hop. Where ids are used again, one that is no repetition of the last hop begins anew."""
    moved_on = live.position > live.opened and (live.ends or turn.at > live.began + _moments(turn))
    repeats = not moved_on and _within_moments(live, turn)
    anew = live.position < 0 or _long_over(live, turn) or (said.reuses and not repeats)
    if not anew:
        return Earlier(position=live.opened)
    position = live.position + 1
    return Next(position, position, said.text, said.text, digest(said.text))


def _perhaps_beginning(live: LiveSession, turn: Turn, said: Input) -> Identity:
    """A hop with what could be dialled, on a wire that does not say whether it was."""
    if live.position < 0 or _long_over(live, turn):
        position = live.position + 1
        return Next(position, position, said.dialled, said.dialled, digest(said.dialled))
    if live.position == live.opened and said.dialled == live.said and _within_moments(live, turn):
        return Newest()
    return _uncounted(live, turn, said.text)


def _counted(live: LiveSession, turn: Turn, said: Input) -> Identity:
    assert said.number is not None
    if live.position < 0:
        return TooLate()
    position = live.opened + said.number
    if position < live.position:
        return Earlier(position=position)
    if position == live.position:
        return Newest()
    return _unless_over(live, turn, _next(live, position, said.text))


def _uncounted(live: LiveSession, turn: Turn, text: str) -> Identity:
    if live.position < 0:
        return TooLate()
    too_soon = turn.at < live.answered  # nobody answers a screen that is not out yet
    again = live.position > live.opened and text == live.said and _within_moments(live, turn)
    if too_soon or again:
        return Newest()
    return _unless_over(live, turn, _next(live, live.position + 1, text))


def _unless_over(live: LiveSession, turn: Turn, following: Next) -> Identity:
    """The last words once more as long as the session's end is fresh; who comes later may be somebody else."""
    if _over(live, turn):
        return TooLate()
    return Newest() if live.ends else following


def _next(live: LiveSession, position: int, text: str) -> Next:
    transcript = f"{live.transcript}*{text}" if live.transcript else text
    return Next(position, live.opened, text, transcript, digest(text))


def _within_moments(live: LiveSession, turn: Turn) -> bool:
    return turn.at <= live.answered + _moments(turn)


def _moments(turn: Turn) -> timedelta:
    return timedelta(seconds=turn.door.repeat_seconds)


def _over(live: LiveSession, turn: Turn) -> bool:
    """Whether the network has ended the session, or must have by now, or a newer one has taken its place.

    An answer that the notice of the end has overtaken still counts, for moments.
    """
    door, at = turn.door, turn.at
    return (
        live.gave_way
        or (at - live.answered).total_seconds() > door.idle_seconds
        or (at - live.began).total_seconds() > door.total_seconds
        or (at - live.released).total_seconds() > door.repeat_seconds
    )


def _long_over(live: LiveSession, turn: Turn) -> bool:
    """Whether so much time has passed that an id which comes again can only be another session's."""
    return turn.at - live.answered > _ANOTHER_SESSION
