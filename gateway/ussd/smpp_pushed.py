"""Sessions that we opened towards phones and that may still go on: what the network says of each, and its hops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.core.ports import PushFailed, PushOutcome, PushUnknown, Shown
from gateway.smpp.pdu import Message
from gateway.smpp.receipts import is_receipt, parse_receipt
from gateway.ussd.dialect import Hop
from gateway.ussd.smpp_dialect import Heard
from gateway.ussd.smpp_failures import by_end, by_receipt

_MOST: Final = 100_000


@dataclass(slots=True, eq=False)
class Pushed:
    """One session that we opened. session: the core's name. handed: the SMSC has it. arrived: the answer is worked on.

    receipt: the id that a delivery receipt would name. until: monotonic seconds after which the network has ended the
    session, however late its hops come.
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


class PushedSessions:
    """By the name that the wire gives them. In memory alone: after a restart nobody knows them."""

    def __init__(self, smsc: str, clock: Callable[[], float]) -> None:
        self._smsc = smsc
        self._clock = clock
        self._open: dict[str, Pushed] = {}
        self._receipts: dict[str, Pushed] = {}

    def __contains__(self, wire: str) -> bool:
        return wire in self._open

    def under_way(self, wire: str) -> bool:
        """Whether a push waits for its fate."""
        pushed = self._open.get(wire)
        return pushed is not None and not pushed.fate.done()

    def open(self, wire: str, pushed: Pushed) -> None:
        """One more."""
        self._forget_old()
        self._open.pop(wire, None)
        self._open[wire] = pushed

    def drop(self, wire: str, pushed: Pushed) -> None:
        """No phone has this session."""
        if self._open.get(wire) is pushed:
            del self._open[wire]

    def expect_receipt(self, message_id: str, pushed: Pushed) -> None:
        """The SMSC has taken it under this id."""
        if message_id:
            pushed.receipt = message_id
            self._receipts[message_id] = pushed

    def no_receipt(self, pushed: Pushed) -> None:
        """Its fate is known."""
        self._receipts.pop(pushed.receipt, None)

    # ── what the network says ──

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
        pushed = self._open.get(wire)
        if pushed is not None:
            pushed.settle(Shown())

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

    def lose(self, why: str, *, all_of_them: bool = False) -> None:
        """What the SMSC has may be shown yet, or may not. all_of_them: also what is on its way, or worked on."""
        for pushed in tuple(self._open.values()):
            if all_of_them or (pushed.handed and not pushed.arrived):
                pushed.settle(PushUnknown(why))

    def _meant(self, message: Message) -> Pushed | None:
        receipt = parse_receipt(self._smsc, message)
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
