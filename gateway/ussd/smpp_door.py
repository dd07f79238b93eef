"""The door of one bind: hops come as deliver_sm or data_sm, their screens leave as submit_sm (ADR 0014).

A hop is acknowledged (deliver_sm_resp) once its turn is durable, which is when its reply is there; both leave in one
piece. That takes milliseconds, and at most the four and a half seconds that a turn may take (``LONGEST_TURN``): less
than the ten to sixty after which SMSCs give up on an answer. A hop that comes again because they did gets the same
screen. Beyond ``limit`` hops that wait, for their replies or for the network to take their screens, the SMSC is told to
come again, so that reading never stops.

A screen that cannot be shown costs nobody anything: the turn is durable, what was bought in it is confirmed by SMS.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final, NamedTuple, Protocol

from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushUnknown, Shown
from gateway.core.turn import Reply
from gateway.smpp.outcomes import RETRYABLE
from gateway.smpp.pdu import Message, Response, format_message
from gateway.smpp.receipts import is_receipt
from gateway.smpp.session import Answer, Session
from gateway.smpp.vocabulary import Status
from gateway.ussd.dialect import BadHop, Ended, Hop
from gateway.ussd.smpp_dialect import Address, Confirmed, Heard, SmppDialect
from gateway.ussd.smpp_push import Later, SmppPusher
from gateway.ussd.smpp_pushed import Pushed, PushedSessions
from gateway.ussd.smpp_repeats import Repeats
from gateway.ussd.smpp_screens import Bind, Screens

_LOG: Final = logging.getLogger(__name__)
_EMPTY_ID: Final = b"\0"
_SHOWN_WITHIN: Final = 5.0
"""Seconds after a hop for which a busy SMSC is asked again to take its screen; at least ``_LEAST``."""
_LEAST: Final = 0.5
_FINISH: Final = 5.0
"""Seconds that hops have to be finished when the door closes."""


class Desk(Protocol):
    """Who answers hops: ``Answering``."""

    async def answer(self, hop: Hop, door: Door) -> Reply: ...

    async def ended(self, ended: Ended, door: Door) -> None: ...

    def count(self, door: Door, outcome: str) -> None: ...


class _Shown(NamedTuple):
    """A screen that was handed over. answer: to it; number: of its hop."""

    reply: Reply
    answer: Answer | None
    number: int


class SmppDoor:
    """Satisfies ``UssdSide`` for one bind. own: the address that pushes come from.

    limit: how many hops may be under way, from their arrival until the network has taken their screens. later: what
    ends the wait for a phone.
    """

    def __init__(
        self,
        bind: Bind,
        answering: Desk,
        door: Door,
        profile: UssdProfileConfig,
        own: Address,
        *,
        limit: int = 2000,
        later: Later | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._clock: Callable[[], float] = loop.time
        self._answering = answering
        self._door = door
        self._limit = limit
        self._dialect = SmppDialect(profile, door, own)
        self._screens = Screens(bind)
        self._repeats = Repeats(self._clock, door.total_seconds)
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = False
        self._pushed = PushedSessions(bind.name, self._clock, self._dialect.info, door.total_seconds)
        self.pusher = SmppPusher(bind, self._dialect, profile, door, self._pushed, later=later or loop.call_later)

    def open(self) -> None:
        """Take hops from now on: what is behind the door runs."""
        self._open = self.pusher.taking = True

    async def close(self) -> None:
        """Take no more hops; finish those that wait, and with them the pushes that they answer."""
        self._open = self.pusher.taking = False
        self._pushed.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_FINISH)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    # ── what the bind tells ──

    def takes(self, message: Message) -> bool:
        return self._dialect.is_ussd(message) or self._pushed.awaits(message)

    def take(self, session: Session, message: Message) -> None:
        if is_receipt(message):
            self._pushed.receipt(message)
            session.respond(message, Status.OK, _EMPTY_ID)
            return
        try:
            heard = self._dialect.parse(message)
        except BadHop as error:
            self._answering.count(self._door, "bad_request")
            _LOG.warning("a message that is no hop: %s", error, extra={"door": self._door.name})
            session.respond(message, error.status, _EMPTY_ID)
            return
        if isinstance(heard, Heard):
            self._take_hop(session, message, heard)
            return
        self._take_note(message, heard)
        session.respond(message, Status.OK, _EMPTY_ID)

    def link_lost(self) -> None:
        self._pushed.link_lost()

    def _take_note(self, message: Message, heard: Confirmed | Ended) -> None:
        if isinstance(heard, Confirmed):
            self._pushed.confirmed(heard.session)
        else:
            self._repeats.seen(heard.session)
            ended = Ended(self._pushed.ended(heard.session, message), heard.status)
            self._work(self._answering.ended(ended, self._door))

    # ── hops ──

    def _take_hop(self, session: Session, message: Message, heard: Heard) -> None:
        if not self._open or self._under_way >= self._limit:
            self._answering.count(self._door, "put_off")
            session.respond(message, Status.TEMPORARY_APP_ERROR, _EMPTY_ID)
            return
        self._under_way += 1
        known = None if heard.begins else self._repeats.reply(heard.hop.session, message)
        self._work(self._hop(session, message, heard, self._pushed.answering(heard), known))

    def _work(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hop(
        self, session: Session, message: Message, heard: Heard, pushed: Pushed | None, known: Reply | None
    ) -> None:
        """Answer. pushed: the session, if we opened it; known: the reply, if the hop came before."""
        since, taken = self._clock(), False
        number = self._repeats.taken(heard.hop.session)
        named = heard if pushed is None else pushed.named(heard)
        try:
            reply = known or await self._answering.answer(named.hop, self._door)
            session.respond(message, Status.OK, _EMPTY_ID)
            taken = True
            if pushed is not None:
                pushed.settle(Shown())
            body = format_message(self._dialect.format(reply, named.leg))
            answer = await self._screens.show(body, max(_LEAST, since + _SHOWN_WITHIN - self._clock()))
            await self._note(message, heard, pushed, _Shown(reply, answer, number))
        except Exception:  # one hop must not end a bind
            _LOG.exception("a hop failed", extra={"door": self._door.name})
            self._answering.count(self._door, "error")
            if not taken:
                session.respond(message, Status.SYSTEM_ERROR, _EMPTY_ID)
        finally:
            self._under_way -= 1
            if pushed is not None:
                pushed.settle(PushUnknown("the answer was not taken"))

    async def _note(self, message: Message, heard: Heard, pushed: Pushed | None, screen: _Shown) -> None:
        """What became of the screen, as far as we know."""
        wire, reply, answer = heard.hop.session, screen.reply, screen.answer
        status = answer.status if isinstance(answer, Response) else None
        shown, gone = status == Status.OK, status not in (None, Status.OK, *RETRYABLE)
        if shown:
            self._repeats.seen(wire)
        else:
            self._answering.count(self._door, "not_shown")
            if not heard.begins:
                self._repeats.missed(wire, message, reply, screen.number)
        if gone:  # the network knows no such session any more
            await self._answering.ended(Ended(wire if pushed is None else pushed.session, "failed"), self._door)
        if pushed is not None and (gone or (reply.ends and shown)):
            pushed.over = True
