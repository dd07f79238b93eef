"""One turn of a dialogue: who says what, where it leads, what is shown; durable before it is answered (ADR 0010).

A turn is identified by its session and its place in it. One that comes again, late or twice at once, is answered with
the words that it was answered with, and does nothing again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, assert_never

from flows import resuming
from flows.dialogue import NOT_TOLD, Carried, CommandGiven, carry_out
from flows.records import Subscriber
from flows.session import Session, from_json, to_json
from flows.values import OrderKey
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.deadlines import Deadlines
from gateway.core.facts import Facts
from gateway.core.identity import Earlier, Newest, Next, TooLate, identify
from gateway.core.live_sessions import LiveSession, LiveSessions
from gateway.core.menu_commands import Answered, MenuCommands
from gateway.core.menu_facts import MenuFacts
from gateway.core.menu_shelf import Beginning, MenuShelf
from gateway.core.recollection import earlier_reply, newest_reply, recall
from gateway.core.settlements import Settlement, Settlements
from gateway.core.transcript import turn_key
from gateway.core.turn import Input, Reply, Turn
from gateway.errors import ForeignSession, SessionOver, TurnTimedOut
from gateway.telemetry import around
from menus.table import CompiledMenu
from menus.values import Invoke, Moved, Notice, Over, Place, Screen, Unmistakable, Wrong
from store import turns
from store.errors import AlreadyWritten
from store.turns import TurnRow
from store.unit import Op

_LOG = logging.getLogger(__name__)
LONGEST_TURN = 4.5
"""Seconds: no hop waits longer for anything (networks give up after five to ten)."""
_LONGEST_WAIT = 3.0
"""Of these, for the result of a purchase; a later one comes by SMS."""
_FIRST_OF_DOUBT, _APART = 200, 10
"""Higher than any list counts; and no two turns number an order alike."""
_MOST_TRIES = 6
"""More than what anybody may set off a day (ADR 0012): who lost each time is told so, and not to try again."""


class _Hop(NamedTuple):
    """A turn that is being taken. next: its place in its session.

    afresh: the version that the session stood in is gone, so what was said was said to a screen that nobody has.
    """

    turn: Turn
    live: LiveSession
    menu: CompiledMenu
    person: Subscriber
    session: Session
    next: Next
    afresh: bool = False


class _Written(NamedTuple):
    """A turn that is durable. awaits: the result of a purchase may still change its words."""

    row: TurnRow
    session: Session
    person: Subscriber
    awaits: bool


class TurnDesk:
    """Takes turns, one after another within a session."""

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
        self._context = context
        self._facts = facts
        self._committer = committer
        self._settlements = settlements
        self._shelf = shelf
        self._sessions = sessions
        self._menu_facts = MenuFacts(context, facts)
        self._fetched = around(context.traces, "facts", self._menu_facts.fetch)
        self._commands = MenuCommands(context, facts, self._menu_facts)
        self._since = context.clock()
        self._deadlines = Deadlines(LONGEST_TURN)

    async def take(self, turn: Turn) -> Reply:
        """The answer to a hop.

        Raises ForeignSession for another number's session, SessionOver, TurnTimedOut, StoreError; then nothing was
        answered, and the hop may come again.
        """
        live = self._sessions.open(turn.dialect, turn.session, turn.door)
        try:
            with self._deadlines.limit():
                async with live.lock:
                    try:
                        return await self._take(live, turn)
                    except (SessionOver, ForeignSession):
                        raise
                    except BaseException:  # what was written meanwhile is not known here: the next hop asks the store
                        live.forget()
                        raise
        except TimeoutError:
            raise TurnTimedOut("a hop could not be answered in time") from None

    def ended(self, dialect: str, session: str) -> None:
        """The network has closed a session."""
        self._sessions.ended(dialect, session)

    async def _take(self, live: LiveSession, turn: Turn) -> Reply:
        if not live.read and _may_be_known(turn):  # a session that this process does not know may have begun in another
            await recall(self._context.reader, live)
        for _ in range(_MOST_TRIES):
            identity = identify(live, turn)
            match identity:
                case Next():
                    reply = await self._forth(await self._hop(live, turn, identity))
                case Newest():
                    reply = newest_reply(_own(live, turn))
                case Earlier():
                    reply = await earlier_reply(self._context.reader, _own(live, turn), identity)
                case TooLate():
                    raise SessionOver("the session is over")
                case _:
                    assert_never(identity)
            if reply is not None:
                return reply
            await recall(self._context.reader, live)  # another process, or this one before a stop, was quicker
        raise TurnTimedOut("a session is being written by somebody else")

    async def _hop(self, live: LiveSession, turn: Turn, place: Next) -> _Hop:
        if place.begins:
            return await self._begun(live, turn, place)
        assert live.session is not None
        assert live.subscriber is not None
        _own(live, turn)
        menu, session = await self._stood_in(live.session, live.subscriber, turn)
        return _Hop(turn, live, menu, live.subscriber, session, place, afresh=session is not live.session)

    async def _begun(self, live: LiveSession, turn: Turn, place: Next) -> _Hop:
        if turn.msisdn is None:
            raise SessionOver("the wire named no subscriber as the session began")
        person = await self._facts.subscriber(turn.msisdn)
        begun = self._shelf.begin(turn.menu, person.id)
        dialled = place.said.split("*") if place.said else []
        session = Session(begun.menu.id, begun.menu.version, begun.menu.direct(dialled), arm=begun.arm)
        if turn.door.resume_seconds and not dialled:
            session = replace(session, left=await self._left(person, begun, turn))
        return _Hop(turn, live, begun.menu, person, session, place)

    async def _left(self, person: Subscriber, begun: Beginning, turn: Turn) -> Session | None:
        """The session that this person was in a moment ago, if it is worth asking about."""
        seconds, menu = turn.door.resume_seconds, begun.menu
        stood = self._sessions.standing((person.id, menu.id))
        if stood is not None:
            left, answered, ended = stood.session, stood.answered, stood.ends
        elif (turn.at - self._since).total_seconds() <= seconds:  # it may have been left before the last stop
            row = await turns.newest_in(self._context.reader, person.id, menu.id)
            if row is None:
                return None
            left, answered, ended = from_json(row.state), row.at, row.ends
        else:
            return None
        if left is None or ended or left.version != menu.version:
            return None
        asked = resuming.worth_asking(left, menu.start, answered=answered, at=turn.at, seconds=seconds)
        return left if asked else None

    async def _stood_in(self, session: Session, person: Subscriber, turn: Turn) -> tuple[CompiledMenu, Session]:
        """The version that the session began in; where nobody has it any more, what the person would begin in now."""
        shelf, version = self._shelf, (session.menu, session.version)
        menu = shelf.known(*version) or await shelf.fetch(*version)
        if menu is not None:
            return menu, session
        begun = shelf.begin(session.menu if session.menu in shelf.menus else turn.menu or session.menu, person.id)
        return begun.menu, _carried_over(session, begun)

    # ── what it leads to ──

    async def _forth(self, hop: _Hop) -> Reply | None:
        """Take the step, write it, answer. None when the turn was written before."""
        if hop.session.left is not None:
            return await self._asked_to_resume(hop)
        if hop.next.begins or hop.afresh:
            return await self._turned(hop, *await self._shown(hop, hop.person, hop.session))
        went = hop.menu.step(hop.session.place, hop.next.said)
        match went:
            case Moved(place):
                shown = await self._shown(hop, hop.person, hop.session.standing(place))
            case Wrong(place, reason):
                shown = await self._shown(hop, hop.person, hop.session.standing(place), notice=reason)
            case Over(place):
                end = hop.menu.show_end(self._context.locale(hop.person.language), hop.turn.door.budget)
                shown = end, hop.session.standing(place)
            case Invoke():
                return await self._invoked(hop, went)
            case _:
                assert_never(went)
        return await self._turned(hop, *shown)

    async def _asked_to_resume(self, hop: _Hop) -> Reply | None:
        """Ask whether to go on where the last session was left, or do what was answered."""
        if hop.next.begins:
            text = resuming.question(self._context.voice(hop.person), hop.turn.door.budget)
            return await self._turned(hop, Screen(text, ends=False, place=hop.session.place), hop.session)
        session = resuming.answered(hop.session, hop.next.said)
        return await self._turned(hop, *await self._shown(hop, hop.person, session))

    async def _shown(
        self, hop: _Hop, person: Subscriber, session: Session, *, notice: Notice = ""
    ) -> tuple[Screen, Session]:
        """The screen of the session's place, or of the page that is shown instead."""
        language = self._context.locale(person.language)
        for _ in hop.menu.menu.pages:  # detours never lead in a circle
            names = hop.menu.facts_of(session.place.page)
            values = await self._fetched(names, person, session)
            screen = hop.menu.show(
                session.place, language, values, hop.turn.door.budget, notice, unmistakable=_unmistakable(hop)
            )
            if isinstance(screen, Screen):
                return screen, session.standing(screen.place, self._price(names, session))
            session = session.standing(screen.place)
        raise RuntimeError(f"menu {hop.menu.id}: page {session.place.page} leads in a circle")

    def _price(self, names: Sequence[str], session: Session) -> int:
        """The price that a page names, to be held against the one that is charged."""
        bundle = self._context.catalogue.get(session.place.chosen.get("bundle", "")) if "bundle" in names else None
        return bundle.price.amount if bundle is not None else session.price

    async def _turned(self, hop: _Hop, screen: Screen, session: Session) -> Reply | None:
        """Write a turn that asks for nothing."""
        row = _row(hop, screen, session)
        try:
            await self._committer.note(turns.put(row))
        except AlreadyWritten:
            return None
        return self._answered(hop, _Written(row, session, hop.person, awaits=False))

    # ── commands ──

    async def _invoked(self, hop: _Hop, invoke: Invoke) -> Reply | None:
        carried = carry_out(await self._given(hop, invoke), self._context.machines.offer)
        if carried.awaits is None:
            written = await self._carried(hop, invoke, carried)
        else:
            written = await self._bought(hop, invoke, carried, carried.awaits)
        return None if written is None else self._answered(hop, written)

    async def _bought(self, hop: _Hop, invoke: Invoke, carried: Carried, key: OrderKey) -> _Written | None:
        """Write the order with the turn and wait a little: an end that comes in time is what the turn says."""
        begun: asyncio.Future[_Written | None] = asyncio.get_running_loop().create_future()
        told: list[_Written] = []

        async def words(settlement: Settlement) -> Sequence[Op]:
            written = await begun
            if written is None or not written.awaits:
                return ()
            told.append(await self._told(hop, invoke, written, settlement))
            return (turns.answer(told[0].row),)

        with self._settlements.expected(key, words) as expected:
            try:
                written = await self._carried(hop, invoke, carried)
            except BaseException:
                begun.set_result(None)
                raise
            begun.set_result(written)
            if written is None or not written.awaits:
                return written
            settlement = await expected.within(_LONGEST_WAIT)
            return told[0] if settlement is not None and told else written

    async def _given(self, hop: _Hop, invoke: Invoke) -> CommandGiven:
        """What the command's flow must know."""
        key = turn_key(hop.turn.dialect, hop.turn.session, hop.next.position)
        answered = Answered(hop.turn.session, prompt=hop.live.reply, reply=hop.next.said, key=key)
        return await self._commands.given(invoke.command, hop.person, hop.session, answered)

    async def _carried(self, hop: _Hop, invoke: Invoke, carried: Carried) -> _Written | None:
        """Write a command's effects with the turn, and its page; None when the turn was written before."""
        session = carried.session.standing(hop.menu.after(invoke, carried.outcome))
        screen, session = await self._shown(hop, carried.subscriber, session)
        row = _row(hop, screen, session)
        try:
            opened = await self._committer.commit(carried.effects, beside=(turns.put(row),))
        except AlreadyWritten:  # and so nothing of this step was
            return None
        if opened:
            return _Written(row, session, carried.subscriber, carried.awaits is not None)
        # another channel ended the offer between our look and our commit
        return await self._carried(hop, invoke, replace(carried, outcome="gone", effects=(), awaits=None))

    async def _told(self, hop: _Hop, invoke: Invoke, written: _Written, settlement: Settlement) -> _Written:
        """The turn with the result that came in time, to be written with it; nobody has seen it answered otherwise."""
        balance = self._context.voice(hop.person).money(settlement.balance) if settlement.balance else NOT_TOLD
        session = replace(written.session, purchase={**written.session.purchase, "balance": balance})
        session = session.standing(hop.menu.after(invoke, _word(settlement)))
        screen, session = await self._shown(hop, hop.person, session)
        row = replace(written.row, state=to_json(session), reply=screen.text, ends=screen.ends)
        return written._replace(row=row, session=session)

    def _answered(self, hop: _Hop, written: _Written) -> Reply:
        """The turn is durable: the session goes on from here."""
        live, row, place = hop.live, written.row, hop.next
        live.opened, live.position = place.opened, place.position
        live.said, live.transcript = place.said, place.transcript
        live.reply, live.ends, live.answered = row.reply, row.ends, self._context.clock()
        live.session, live.subscriber, live.read = written.session, written.person, True
        if place.begins:
            live.began, live.gave_way = live.answered, False
            self._sessions.stands(live)
        if row.ends:
            self._sessions.close(live, "completed")
        return newest_reply(live)


def _word(settlement: Settlement) -> str:
    if settlement.confirmed:
        return "done"
    return "too_little" if settlement.reason == "insufficient_funds" else "refused"


def _row(hop: _Hop, screen: Screen, session: Session) -> TurnRow:
    return TurnRow(
        dialect=hop.turn.dialect,
        session=hop.turn.session,
        position=hop.next.position,
        subscription=hop.person.id,
        digest=hop.next.digest,
        said=hop.next.said,
        state=to_json(session),
        reply=screen.text,
        ends=screen.ends,
        at=hop.turn.at,
        menu=session.menu,
        version=session.version,
        arm=session.arm,
        opened=hop.next.opened,
    )


def _unmistakable(hop: _Hop) -> Unmistakable | None:
    """How orders are numbered on a wire that counts nothing (ADR 0013); None on all others."""
    said, position = hop.turn.said, hop.next.position
    if not isinstance(said, Input) or said.number is not None:
        return None
    said_so_far = hop.next.transcript.split("*") if hop.next.transcript else []
    heard = frozenset(said_so_far)
    return Unmistakable(heard, _FIRST_OF_DOUBT + _APART * position if len(heard) < len(said_so_far) else 1)


def _own(live: LiveSession, turn: Turn) -> LiveSession:
    """The session, if it is this number's. Raises ForeignSession."""
    if turn.msisdn is not None and live.subscriber is not None and live.subscriber.msisdn != turn.msisdn:
        raise ForeignSession("the session belongs to another number")
    return live


def _may_be_known(turn: Turn) -> bool:
    """Whether to ask the store for earlier turns: a beginning that was written is found as it is written."""
    said = turn.said
    return (not said.begins or said.reuses) if isinstance(said, Input) else said.text != ""


def _carried_over(session: Session, begun: Beginning) -> Session:
    """The session in another version, on its page if that is still there: it is shown again, and asked again."""
    menu, stood = begun.menu, session.place
    place = Place(stood.page, chosen=stood.chosen) if stood.page in menu.menu.pages else menu.start
    return replace(session, menu=menu.id, version=menu.version, place=place, arm=begun.arm)
