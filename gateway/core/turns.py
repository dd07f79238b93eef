"""One turn of a dialogue: who says what, where it leads, what is shown; durable before it is answered (ADR 0010).

A turn is identified by its session and its place in it. One that comes again, late or twice at once, is answered with
the words that it was answered with, and does nothing again.
"""

from __future__ import annotations

from typing import assert_never

from flows import resuming
from flows.session import Session
from gateway.core.beginnings import Beginnings
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.deadlines import Deadlines
from gateway.core.doors import Door
from gateway.core.facts import Facts
from gateway.core.hop import Hop, Written
from gateway.core.identity import Earlier, Newest, Next, TooLate, identify
from gateway.core.live_session import LiveSession
from gateway.core.live_sessions import LiveSessions
from gateway.core.menu_commands import MenuCommands
from gateway.core.menu_facts import MenuFacts
from gateway.core.menu_shelf import MenuShelf
from gateway.core.ordering import Ordering
from gateway.core.recollection import earlier_reply, newest_reply, recall
from gateway.core.settlements import Settlements
from gateway.core.showing import Showing
from gateway.core.turn import Input, Reply, Turn
from gateway.errors import ForeignSession, PurchaseUnclear, SessionOver, TurnTimedOut
from menus.values import Invoke, Moved, Over, Screen, Wrong
from store import turns
from store.errors import AlreadyWritten

LONGEST_TURN = 4.5
"""Seconds: no hop waits longer for anything (networks give up after five to ten)."""
_MOST_TRIES = 6
"""More than what anybody may set off a day (ADR 0012): who lost each time is told so, and not to try again."""


class TurnDesk:
    """Takes turns, one after another within a session: identify, begin or go on, step, write, answer."""

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        settlements: Settlements,
        *,
        shelf: MenuShelf,
        sessions: LiveSessions,
    ) -> None:
        menu_facts = MenuFacts(context, facts)
        self._context = context
        self._facts = facts
        self._committer = committer
        self._sessions = sessions
        self._beginnings = Beginnings(context, shelf, sessions)
        self._showing = Showing(context, menu_facts)
        commands = MenuCommands(context, facts, menu_facts)
        self._ordering = Ordering(context, committer, settlements, commands, self._showing)
        self._deadlines = Deadlines(LONGEST_TURN)

    async def take(self, turn: Turn) -> Reply:
        """The answer to a hop.

        Raises ForeignSession for another number's session, SessionOver, TurnTimedOut, StoreError; then nothing was
        answered, and the hop may come again. Raises PurchaseUnclear where an order was given and may be durable.
        """
        live, limit = self._sessions.open(turn.dialect, turn.key, turn.door), self._deadlines.limit()
        try:
            with limit:
                async with live.lock:
                    live.ordering = False
                    try:
                        return await self._take(live, turn, limit.until)
                    except (SessionOver, ForeignSession):
                        raise
                    except BaseException:  # what was written meanwhile is not known here: the next hop asks the store
                        live.forget()
                        raise
        except TimeoutError:
            if live.ordering:
                raise PurchaseUnclear("an order may be durable that nobody could be told of in time") from None
            raise TurnTimedOut("a hop could not be answered in time") from None

    async def ended(self, door: Door, session: str) -> None:
        """The network has closed a session: known here at once, and to whoever comes after. Raises StoreError."""
        key, at = door.session_key(session), self._context.clock()
        self._sessions.ended(door.dialect, key, at)
        await self._committer.note(turns.release(door.dialect, key, at))

    async def _take(self, live: LiveSession, turn: Turn, until: float) -> Reply:
        reader = self._context.reader
        if not live.read and _may_be_known(turn):  # a session that this process does not know may have begun in another
            await recall(reader, self._sessions, live)
        for _ in range(_MOST_TRIES):
            identity = identify(live, turn)
            match identity:
                case Next():
                    written = await self._forth(await self._hop(live, turn, identity, until))
                    if written is not None:
                        self._sessions.answered(live, identity, written, self._context.clock())
                        return newest_reply(live)
                case Newest():
                    return newest_reply(_own(live, turn))
                case Earlier():
                    return await earlier_reply(reader, _own(live, turn), identity)
                case TooLate():
                    raise SessionOver("the session is over")
                case _:
                    assert_never(identity)
            await recall(reader, self._sessions, live)  # another process, or this one before a stop, was quicker
        raise TurnTimedOut("a session is being written by somebody else")

    async def _hop(self, live: LiveSession, turn: Turn, place: Next, until: float) -> Hop:
        if place.begins:
            if turn.msisdn is None:
                raise SessionOver("the wire named no subscriber as the session began")
            person = await self._facts.subscriber(turn.msisdn)
            menu, session = await self._beginnings.dialled(turn, person, place.said)
            return Hop(turn, live, menu, person, session, place, until)
        assert live.session is not None, "a dialogue that goes on has a session"
        assert live.subscriber is not None, "and a person"
        _own(live, turn)
        menu, session = await self._beginnings.stood_in(live.session, live.subscriber, turn)
        return Hop(turn, live, menu, live.subscriber, session, place, until, afresh=session is not live.session)

    async def _forth(self, hop: Hop) -> Written | None:
        """Take the step and write it. None when the turn was written before."""
        if hop.session.left is not None:
            return await self._asked_to_resume(hop)
        shown, session = self._showing.shown, hop.session
        if hop.next.begins or hop.afresh:
            return await self._turned(hop, *await shown(hop, hop.person, session))
        went = hop.menu.step(session.place, hop.next.said)
        match went:
            case Moved(place):
                return await self._turned(hop, *await shown(hop, hop.person, session.standing(place)))
            case Wrong(place, reason):
                return await self._turned(hop, *await shown(hop, hop.person, session.standing(place), notice=reason))
            case Over(place):
                end = hop.menu.show_end(self._context.locale(hop.person.language), hop.turn.door.budget)
                return await self._turned(hop, end, session.standing(place))
            case Invoke():
                return await self._ordering.ordered(hop, went)
            case _:
                assert_never(went)

    async def _asked_to_resume(self, hop: Hop) -> Written | None:
        """Ask whether to go on where the last session was left, or do what was answered."""
        if hop.next.begins:
            text = resuming.question(self._context.voice(hop.person), hop.turn.door.budget)
            return await self._turned(hop, Screen(text, ends=False, place=hop.session.place), hop.session)
        session = resuming.answered(hop.session, hop.next.said)
        return await self._turned(hop, *await self._showing.shown(hop, hop.person, session))

    async def _turned(self, hop: Hop, screen: Screen, session: Session) -> Written | None:
        """Write a turn that asks for nothing."""
        row = hop.row(screen, session)
        try:
            await self._committer.note(turns.put(row))
        except AlreadyWritten:
            return None
        return Written(row, session, hop.person)


def _own(live: LiveSession, turn: Turn) -> LiveSession:
    """The session, if it is this number's. Raises ForeignSession."""
    if turn.msisdn is not None and live.subscriber is not None and live.subscriber.msisdn != turn.msisdn:
        raise ForeignSession("the session belongs to another number")
    return live


def _may_be_known(turn: Turn) -> bool:
    """Whether to ask the store for earlier turns: a beginning that was written is found as it is written."""
    said = turn.said
    return (not said.begins or said.reuses) if isinstance(said, Input) else said.text != ""
