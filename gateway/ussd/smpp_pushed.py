"""Sessions that we opened towards phones and that may still go on: what the network says of each, and its hops."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.smpp.pdu import Message
from gateway.smpp.receipts import is_receipt, parse_receipt
from gateway.ussd.dialect import Hop
from gateway.ussd.smpp_dialect import Heard, wire_session
from gateway.ussd.smpp_failures import by_end, by_receipt
from gateway.ussd.smpp_session import SessionInfo

_MOST: Final = 100_000


@dataclass(slots=True, eq=False)
class Pushed:
    """One session that we opened.

    session: the core's name; id: the network's, among the subscriber's; wire: what it is told by among all. until:
    monotonic seconds after which the network has ended the session, however late its hops come. handed: the SMSC has
    it. arrived: the answer is worked on. over: the network has its last screen, whose hop
    may come again. receipt: the id that a delivery receipt would name.
    """

    session: str
    id: str
    wire: str
    asks: bool
    until: float
    fate: asyncio.Future[PushOutcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    handed: bool = False
    arrived: bool = False
    over: bool = False
    receipt: str = ""

    def settle(self, outcome: PushOutcome) -> None:
        """The first word counts."""
        if not self.fate.done():
            self.fate.set_result(outcome)

    def silent(self, detail: str) -> None:
        """Nobody has answered in time; an answer that is worked on is no silence."""
        if not self.arrived:
            self.settle(PushFailed("no_answer", detail))

    def named(self, heard: Heard) -> Heard:
        """A hop of this session, by the core's name of it."""
        hop = heard.hop
        return Heard(Hop(self.session, hop.msisdn, hop.service, hop.network, hop.said), replace(heard.leg, opened="us"))


class PushedSessions:
    """By the name that the wire gives them. In memory alone: after a restart nobody knows them.

    A name is one session's from its push until the network has the session's last screen, or has ended it: an answer
    would be taken for one to another offer. keep: seconds after which the network has ended any session.
    """

    def __init__(self, smsc: str, clock: Callable[[], float], info: SessionInfo, keep: float) -> None:
        self._smsc = smsc
        self._clock = clock
        self._info = info
        self._keep = keep
        self._numbers = count(secrets.randbelow(1 << 16))  # not where the last process began: its sessions may live yet
        self._open: dict[str, Pushed] = {}
        self._receipts: dict[str, Pushed] = {}

    def reserve(self, request: PushRequest) -> Pushed | None:
        """A session under a name of its own; None where each may be that of one that is open."""
        self._forget_old()
        if len(self._open) >= _MOST:
            return None
        for _ in range(self._info.numbers):
            number = self._info.naming(next(self._numbers) % self._info.numbers)
            wire = wire_session(request.msisdn, number)
            former = self._open.get(wire)
            if former is None or former.over or self._is_past(former):
                self._open.pop(wire, None)
                until = self._clock() + self._keep
                pushed = self._open[wire] = Pushed(request.session, number, wire, request.asks, until)
                return pushed
        return None

    def refused(self, pushed: Pushed) -> None:
        """No phone has this session."""
        if self._open.get(pushed.wire) is pushed:
            del self._open[pushed.wire]

    def expect_receipt(self, message_id: str, pushed: Pushed) -> None:
        """The SMSC has taken it under this id."""
        if message_id:
            pushed.receipt = message_id
            self._receipts[message_id] = pushed

    def no_receipt(self, pushed: Pushed) -> None:
        """Its fate is known."""
        self._receipts.pop(pushed.receipt, None)

    # ── what the network says ──

    def answering(self, heard: Heard) -> Pushed | None:
        """The session of this hop, if we opened it; a phone that dials has left it."""
        pushed = self._open.get(heard.hop.session)
        if pushed is None:
            return None
        if heard.begins or self._clock() > pushed.until:
            del self._open[pushed.wire]
            if not pushed.arrived:
                pushed.settle(PushFailed("busy", "the phone opened a session of its own"))
            return None
        pushed.arrived = True
        return pushed

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
        """Whether a message is a delivery receipt about a push that is under way."""
        return bool(self._receipts) and is_receipt(message) and self._meant(message) is not None

    def receipt(self, message: Message) -> None:
        """A delivery receipt came."""
        pushed = self._meant(message)
        if pushed is None or pushed.arrived:
            return
        found = by_receipt(parse_receipt(self._smsc, message), asks=pushed.asks)
        if found is not None:
            pushed.settle(found)

    def link_lost(self) -> None:
        """What the SMSC has may be shown yet, or may not. What is on its way to it is told by its answer."""
        for pushed in self._open.values():
            if pushed.handed and not pushed.arrived:
                pushed.settle(PushUnknown("the link was lost"))

    def stop(self) -> None:
        """Nobody waits any longer for answers; one that has come settles its push itself."""
        for pushed in self._open.values():
            if not pushed.arrived:
                pushed.settle(PushUnknown("stopped"))

    def _meant(self, message: Message) -> Pushed | None:
        receipt = parse_receipt(self._smsc, message)
        found = (self._receipts.get(spelled) for spelled in (receipt.message_id, *receipt.also))
        return next((pushed for pushed in found if pushed is not None), None)

    def _forget_old(self) -> None:
        """All have the same time to live, so the oldest stand in front."""
        while self._open:
            wire, pushed = next(iter(self._open.items()))
            if not self._is_past(pushed):
                return
            del self._open[wire]

    def _is_past(self, pushed: Pushed) -> bool:
        return pushed.until < self._clock() and pushed.fate.done()
