"""Sessions that we open towards phones, over SMPP: their names, their fate, and which hops are theirs (ADR 0014)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.smpp.pdu import Message, Response, format_message
from gateway.smpp.receipts import is_receipt, parse_receipt
from gateway.ussd.dialect import Hop
from gateway.ussd.smpp_dialect import Heard, SmppDialect, wire_session
from gateway.ussd.smpp_failures import by_end, by_receipt, refusal
from gateway.ussd.smpp_screens import Bind, Screens

_HAND_OVER: Final = 5.0
"""Seconds for which a busy SMSC is asked again to take a push."""
_MOST: Final = 100_000


@dataclass(slots=True, eq=False)
class _Pushed:
    """One session that we opened. session: the core's name. handed: the SMSC has it. arrived: the answer is worked on.

    until: monotonic seconds after which the network has ended the session, however late its hops come.
    """

    session: str
    asks: bool
    until: float
    fate: asyncio.Future[PushOutcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    handed: bool = False
    arrived: bool = False
    receipt: str = ""

    def settle(self, outcome: PushOutcome) -> None:
        """The first word counts."""
        if not self.fate.done():
            self.fate.set_result(outcome)


class SmppPusher:
    """Satisfies ``UssdPusher``. What is open is known in memory alone: hops that come after a restart of the process
    are those of a session that nobody knows, and what was pushed is ``PushUnknown`` to the core.
    """

    def __init__(
        self, bind: Bind, screens: Screens, dialect: SmppDialect, profile: UssdProfileConfig, door: Door
    ) -> None:
        self._bind = bind
        self._screens = screens
        self._dialect = dialect
        self._profile = profile
        self._door = door
        self._numbers = count(secrets.randbelow(1 << 16))  # not where the last process began: its sessions may live yet
        self._open: dict[str, _Pushed] = {}
        self._receipts: dict[str, _Pushed] = {}
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self.taking = False

    @property
    def door(self) -> Door:
        return self._door

    @property
    def ready(self) -> bool:
        return self.taking and self._bind.ready

    def new_session(self, msisdn: Msisdn) -> str:
        info = self._dialect.info
        for _ in range(info.numbers):
            session = info.naming(next(self._numbers) % info.numbers)
            if wire_session(msisdn, session) not in self._open:
                break
        return f"{msisdn}-{session}-{secrets.token_hex(4)}"

    async def push(self, request: PushRequest) -> PushOutcome:
        if not self.ready:
            return PushFailed("away", "the bind is down")
        self._forget_old()
        session = request.session.split("-")[1]
        wire = wire_session(request.msisdn, session)
        under_way = self._open.get(wire)
        if under_way is not None and not under_way.fate.done():
            return PushFailed("busy", "another push to this number is under way")
        pushed = _Pushed(request.session, request.asks, self._clock() + self._door.total_seconds)
        self._open.pop(wire, None)
        self._open[wire] = pushed
        try:
            outcome = await self._fate(pushed, format_message(self._dialect.push(request, session)))
        finally:
            self._receipts.pop(pushed.receipt, None)
            pushed.settle(PushUnknown("given up"))
        if isinstance(outcome, PushFailed) and outcome.reason != "no_answer" and self._open.get(wire) is pushed:
            del self._open[wire]  # no phone has this session; a late answer to a screen that was there is still a hop
        return outcome

    async def _fate(self, pushed: _Pushed, body: bytes) -> PushOutcome:
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
                if isinstance(answer, Response) and answer.text:
                    pushed.receipt = answer.text
                    self._receipts[answer.text] = pushed
                await asyncio.wait([pushed.fate], timeout=self._door.idle_seconds)
            if not pushed.fate.done() and not pushed.arrived:
                return PushFailed("no_answer", f"nothing came within {self._door.idle_seconds:g} seconds")
            return await pushed.fate
        finally:
            taken.cancel()

    # ── what the door tells ──

    def of(self, heard: Heard) -> Heard:
        """The hop by the core's name of its session, if we opened it; a phone that dials has left it."""
        wire, hop = heard.hop.session, heard.hop
        pushed = self._open.get(wire)
        if pushed is None:
            return heard
        if heard.begins or self._clock() > pushed.until:
            del self._open[wire]
            pushed.settle(PushFailed("busy", "the phone opened a session of its own"))
            return heard
        pushed.arrived = True
        hop = Hop(pushed.session, hop.msisdn, hop.service, hop.network, hop.said)
        return Heard(hop, replace(heard.leg, opened="us"))

    def answered(self, wire: str) -> None:
        """The hop of this session has been taken."""
        self._settle(wire, Shown())

    def confirmed(self, wire: str) -> None:
        """The phone has shown a notification: the first screen, or the last of a session."""
        pushed = self._open.get(wire)
        if pushed is not None and not pushed.asks:
            pushed.settle(Shown())

    def ended(self, wire: str, message: Message) -> str:
        """The network has closed a session; the core's name of it."""
        pushed = self._open.pop(wire, None)
        if pushed is None:
            return wire
        if not pushed.arrived:
            pushed.settle(by_end(message))
        return pushed.session

    def awaits(self, message: Message) -> bool:
        """Whether a delivery receipt is about a push that is under way."""
        return bool(self._receipts) and is_receipt(message) and self._meant(message) is not None

    def receipt(self, message: Message) -> None:
        """A delivery receipt came."""
        pushed = self._meant(message)
        if pushed is None or pushed.arrived:
            return
        found = by_receipt(parse_receipt(self._bind.name, message), asks=pushed.asks)
        if found is not None:
            pushed.settle(Shown() if found == "shown" else found)

    def link_lost(self) -> None:
        """What the SMSC has may be shown yet, or may not."""
        for pushed in tuple(self._open.values()):
            if pushed.handed and not pushed.arrived:
                pushed.settle(PushUnknown("the link was lost"))

    def close(self) -> None:
        """Push nothing more, and wait for nothing."""
        self.taking = False
        for pushed in tuple(self._open.values()):
            pushed.settle(PushUnknown("stopped"))

    def _settle(self, wire: str, outcome: PushOutcome) -> None:
        pushed = self._open.get(wire)
        if pushed is not None:
            pushed.settle(outcome)

    def _meant(self, message: Message) -> _Pushed | None:
        receipt = parse_receipt(self._bind.name, message)
        found = (self._receipts.get(spelled) for spelled in (receipt.message_id, *receipt.also))
        return next((pushed for pushed in found if pushed is not None), None)

    def _forget_old(self) -> None:
        """Forget the oldest: all have the same time to live, so they stand in front."""
        while self._open:
            wire, pushed = next(iter(self._open.items()))
            old = pushed.until < self._clock() and pushed.fate.done()
            if not old and len(self._open) < _MOST:
                return
            del self._open[wire]
            pushed.settle(PushUnknown("given up"))
