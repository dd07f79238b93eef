"""Sessions opened towards phones, over SMPP: their names, and what becomes of each (ADR 0014)."""

from __future__ import annotations

import asyncio
import secrets
from itertools import count
from typing import Any, Final

from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown
from gateway.smpp.pdu import Response, format_message
from gateway.ussd.smpp_dialect import SmppDialect, wire_session
from gateway.ussd.smpp_failures import refusal
from gateway.ussd.smpp_pushed import Pushed, PushedSessions
from gateway.ussd.smpp_screens import Bind, Screens

_HAND_OVER: Final = 5.0
"""Seconds for which a busy SMSC is asked again to take a push."""


class SmppPusher:
    """Satisfies ``UssdPusher``. taking: whether the door is open."""

    def __init__(
        self, bind: Bind, dialect: SmppDialect, profile: UssdProfileConfig, door: Door, sessions: PushedSessions
    ) -> None:
        self._bind = bind
        self._screens = Screens(bind)
        self._dialect = dialect
        self._profile = profile
        self._door = door
        self._sessions = sessions
        self._numbers = count(secrets.randbelow(1 << 16))  # not where the last process began: its sessions may live yet
        self.taking = False

    @property
    def door(self) -> Door:
        return self._door

    @property
    def ready(self) -> bool:
        return self.taking and self._bind.ready

    def new_session(self, msisdn: Msisdn) -> str:
        """The number, the wire's id, and what makes the name new: wire ids come again, names of sessions must not."""
        info = self._dialect.info
        for _ in range(info.numbers):
            session = info.naming(next(self._numbers) % info.numbers)
            if wire_session(msisdn, session) not in self._sessions:
                break
        return f"{msisdn}-{session}-{secrets.token_hex(4)}"

    async def push(self, request: PushRequest) -> PushOutcome:
        if not self.ready:
            return PushFailed("away", "the bind is down")
        session = request.session.split("-")[1]
        wire = wire_session(request.msisdn, session)
        if self._sessions.under_way(wire):
            return PushFailed("busy", "another push to this number is under way")
        until = asyncio.get_running_loop().time() + self._door.total_seconds
        pushed = Pushed(request.session, request.asks, until)
        self._sessions.open(wire, pushed)
        try:
            outcome = await self._fate(pushed, format_message(self._dialect.push(request, session)))
        finally:
            self._sessions.no_receipt(pushed)
            pushed.settle(PushUnknown("given up"))
        if isinstance(outcome, PushFailed) and outcome.reason != "no_answer":
            self._sessions.drop(wire, pushed)  # a late answer to a screen that was there is still a hop of it
        return outcome

    async def _fate(self, pushed: Pushed, body: bytes) -> PushOutcome:
        """An answer may come before the SMSC's own to the push."""
        taken = asyncio.create_task(self._screens.show(body, _HAND_OVER))
        try:
            awaited: list[asyncio.Future[Any]] = [taken, pushed.fate]
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if not pushed.fate.done():
                answer = taken.result()
                refused = refusal(answer, self._profile)
                if refused is not None and not pushed.arrived:
                    return refused
                pushed.handed = True
                if isinstance(answer, Response):
                    self._sessions.expect_receipt(answer.text, pushed)
                await asyncio.wait([pushed.fate], timeout=self._door.idle_seconds)
            if not pushed.fate.done() and not pushed.arrived:
                return PushFailed("no_answer", f"nothing came within {self._door.idle_seconds:g} seconds")
            return await pushed.fate
        finally:
            taken.cancel()
