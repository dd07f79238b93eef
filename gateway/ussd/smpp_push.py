"""Sessions opened towards phones, over SMPP: their names, and what becomes of each (ADR 0014)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Final, Protocol

from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.smpp.pdu import Response, format_message
from gateway.ussd.smpp_dialect import SmppDialect
from gateway.ussd.smpp_failures import refusal
from gateway.ussd.smpp_pushed import Pushed, PushedSessions
from gateway.ussd.smpp_screens import Bind, Screens

_HAND_OVER: Final = 5.0
"""Seconds for which a busy SMSC is asked again to take a push."""


class Timer(Protocol):
    """Something that happens later, unless it is cancelled."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Makes the call after so many seconds."""


class SmppPusher:
    """Satisfies ``UssdPusher``. taking: whether the door is open."""

    def __init__(
        self,
        bind: Bind,
        dialect: SmppDialect,
        profile: UssdProfileConfig,
        door: Door,
        sessions: PushedSessions,
        *,
        later: Later,
    ) -> None:
        self._bind = bind
        self._screens = Screens(bind)
        self._dialect = dialect
        self._profile = profile
        self._door = door
        self._sessions = sessions
        self._later = later
        self.taking = False

    @property
    def door(self) -> Door:
        return self._door

    @property
    def ready(self) -> bool:
        return self.taking and self._bind.ready

    def new_session(self, msisdn: Msisdn) -> str:
        """The number, and what makes the name new. The network's ids come again; this is none of them."""
        return f"{msisdn}-push-{secrets.token_hex(8)}"

    async def push(self, request: PushRequest) -> PushOutcome:
        if not self.ready:
            return PushFailed("away", "the bind is down")
        pushed = self._sessions.reserve(request)
        if pushed is None:
            return PushFailed("busy", "a session to this number may still be open")
        try:
            outcome = await self._fate(pushed, format_message(self._dialect.push(request, pushed.id)))
        finally:
            self._sessions.no_receipt(pushed)
            pushed.settle(PushUnknown("given up"))
        if isinstance(outcome, PushFailed) and outcome.reason != "no_answer":
            self._sessions.refused(pushed)  # a late answer to a screen that was there is still a hop of it
        if outcome == Shown() and not request.asks:
            pushed.over = True
        return outcome

    async def _fate(self, pushed: Pushed, body: bytes) -> PushOutcome:
        """An answer may come before the SMSC's own to the push."""
        taken = asyncio.create_task(self._screens.show(body, _HAND_OVER))
        try:
            awaited: list[asyncio.Future[Any]] = [taken, pushed.fate]
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if pushed.fate.done():
                return pushed.fate.result()
            answer = taken.result()
            refused = refusal(answer, self._profile)
            if refused is not None and not pushed.arrived:
                return refused
            pushed.handed = True
            if isinstance(answer, Response):
                self._sessions.expect_receipt(answer.text, pushed)
            return await self._heard(pushed)
        finally:
            taken.cancel()

    async def _heard(self, pushed: Pushed) -> PushOutcome:
        """What comes from the phone or of it, within the time for which its network waits."""
        seconds = self._door.idle_seconds
        timer = self._later(seconds, lambda: pushed.silent(f"nothing came within {seconds:g} seconds"))
        try:
            return await pushed.fate
        finally:
            timer.cancel()
