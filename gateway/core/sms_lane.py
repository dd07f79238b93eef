"""Texts on their way out: claimed in the store, and handed to an SMSC by the way that the routes say.

A claim is durable before the first byte leaves, so that after a crash nobody has to guess which texts
may have gone out: those that were claimed and not settled (ADR 0002).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.core.commit import STORE_PAUSE
from gateway.core.context import Context
from gateway.core.crew import Watched
from gateway.core.ports import ShortMessage, SmsSender, SubmitOutcome, SubmitRefused, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_claims import Claimed, SmsClaims
from gateway.core.sms_routes import Plan, Routes
from gateway.core.sms_settling import SmsSettling
from gateway.core.waiting_texts import WaitingTexts
from store.sms_rows import SmsRow

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 10.0
_MOST_CLAIMED = 256
"""In one commit."""


class SmsLane:
    """Sends what is urgent first, never more at once than each sender takes, by the way that the routes say.

    waiting: how many texts of one rank and way are kept in memory; the others wait in the store.
    """

    def __init__(
        self,
        context: Context,
        senders: Sequence[SmsSender],
        receipts: ReceiptDesk,
        *,
        routes: Routes | None = None,
        backoff: Backoff | None = None,
        waiting: int = 1_000,
    ) -> None:
        self._context = context
        self._claims = SmsClaims(context)
        self._senders = {sender.name: sender for sender in senders}
        self._routes = routes or Routes({sender.name: sender.numbers for sender in senders})
        self._wake = asyncio.Event()
        self._on_its_way: dict[str, str] = {}
        self._busy = Counter[str]()
        self._unanswered: dict[str, SmsRow] = {}
        self._waiting = WaitingTexts(
            context.reader,
            context.clock,
            plan=self._plan,
            in_hand=self._on_its_way.__contains__,
            wake=self._wake.set,
            held=context.reach.stops,
            most=waiting,
        )
        self._settling = SmsSettling(
            context,
            receipts,
            backoff or Backoff(first=1, longest=300, most=12),
            others=lambda row, sender: any(name != sender for name in self._plan(row)),
            settled=self._dealt_with,
        )
        self._settled = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._claimer = Watched("sms-lane-claim", context.metrics, self._claim)
        self._stopping = False
        context.reach.on_change(self._wake.set)
        for sender in senders:
            sender.on_ready(self._wake.set)

    @property
    def backlog(self) -> int:
        """Texts in memory that wait, are put off or are on their way; at least one while others are to be read."""
        return len(self._waiting) + len(self._on_its_way) + self._waiting.unread

    @property
    def running(self) -> bool:
        """Whether texts can go out."""
        return self._claimer.running and self._settling.running

    def put(self, row: SmsRow) -> None:
        """Queue a row that is committed; one that is due later waits for its time, and one on its way is not queued."""
        if not self._stopping:
            self._waiting.put(row)

    async def recover(self, row: SmsRow) -> None:
        """Take up a row that a stopped process had in hand: it may have gone out."""
        again = await self._settling.give_up_on(row) if row.state == "sending" else row
        if again is not None:
            self.put(again)

    def read_all(self) -> None:
        """Take up what waits in the store, as it becomes due."""
        self._waiting.read_all()

    def start(self) -> None:
        """Begin sending."""
        self._claimer.start()
        self._settling.start()

    async def stop(self) -> None:
        """Take nothing new; wait a while for what is on its way."""
        self._stopping = True
        self._waiting.close()
        async with self._claiming:  # never between a claim and its sending
            self._claimer.cancel()
        await self._until_settled(_STOP_SECONDS)

    async def drain(self) -> None:
        """Wait until everything on its way is settled; to be called once the sender has ended."""
        await self._until_settled(None)
        self._settling.cancel()

    async def _until_settled(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._on_its_way:
                    self._settled.clear()
                    await self._settled.wait()

    async def _claim(self) -> None:
        while True:
            more = await self._waiting.fill()
            async with self._claiming:
                more = await self._claim_some() or more
            if not more:
                await self._wake.wait()
            self._wake.clear()

    async def _claim_some(self) -> bool:
        """Claim as many as there is room for, and send them; what could not be written is claimed again.

        Whether there was anything.
        """
        room = {name: max(0, one.slots - self._busy[name]) for name, one in self._senders.items() if one.ready}
        taken = self._waiting.take(room, _MOST_CLAIMED)  # who is full is waited for: the next is for who is away
        if not taken:
            return False
        now, by = self._context.clock(), {row.id: sender for row, sender in taken}
        rows = [self._by(row, sender) for row, sender in taken]
        claimed = Claimed((), rows)
        self._begin(by)
        try:
            claimed = await self._claims.claim(rows, now)
        except Exception:  # the lane must outlive whatever the store does
            _LOG.exception("texts wait: they could not be claimed")
        going = {row.id for row in claimed.going}
        self._end([row.id for row in rows if row.id not in going])
        for row in claimed.going:
            self._send(row, by[row.id], now)
        for row in (*claimed.failed, *claimed.later):
            self.put(row)
        if claimed.failed:
            await asyncio.sleep(STORE_PAUSE)
        return True

    def _begin(self, by: Mapping[str, str]) -> None:
        self._on_its_way.update(by)
        self._busy.update(by.values())

    def _end(self, row_ids: Iterable[str]) -> None:
        for row_id in row_ids:
            self._busy[self._on_its_way.pop(row_id)] -= 1

    def _by(self, row: SmsRow, sender: str) -> SmsRow:
        """The text as it goes by this sender: what it asks may be in vain there."""
        in_vain = row.asks and bool(sender) and not self._routes.may_ask(sender, row.source)
        return row if in_vain == row.in_vain else replace(row, in_vain=in_vain)

    def _plan(self, row: SmsRow) -> Plan:
        """Who may take it; whoever has refused it only when nobody else is left.

        Where nobody may ask what it asks, and it makes sense without that, it goes without.
        """
        asks = row.asks and not row.repeats
        plan = self._routes.plan(row.msisdn, row.purpose, row.source, asks=asks)
        if not plan and asks and row.offers_something:
            plan = self._routes.plan(row.msisdn, row.purpose, row.source, asks=False)
        left = tuple(name for name in plan if name not in row.avoid) if row.avoid else plan
        return left or plan

    def _send(self, row: SmsRow, sender: str, now: datetime) -> None:
        self._unanswered[row.id] = row
        if not sender:
            self._hear(row, SubmitRefused("", 0, "no route", "final"))
            return
        message = ShortMessage(
            id=row.id,
            source=self._routes.source(sender, row.source),
            destination=row.msisdn,
            text=row.repeat_text if row.repeats else row.text,
            purpose=row.purpose,
            validity_seconds=_seconds_left(row, now),
        )
        try:
            self._senders[sender].submit(message, partial(self._hear, row))
        except Exception as error:  # one text must not end the lane; what became of it nobody knows
            _LOG.exception("a text could not be handed over", extra={"outbox_id": row.id})
            self._hear(row, SubmitUnknown(sender, type(error).__name__, link_lost=False))

    def _hear(self, row: SmsRow, outcome: SubmitOutcome) -> None:
        """The first answer to one try counts: what follows from it cannot be called back."""
        if self._unanswered.get(row.id) is not row:
            _LOG.error("a text was answered twice", extra={"outbox_id": row.id})
            return
        del self._unanswered[row.id]
        self._settling.hear(row, self._on_its_way[row.id], outcome)

    def _dealt_with(self, row_ids: Sequence[str], again: Sequence[SmsRow]) -> None:
        """What came of these is written; there is room for others."""
        self._end(row_ids)
        for row in again:
            self.put(row)
        self._wake.set()
        self._settled.set()


def _seconds_left(row: SmsRow, now: datetime) -> int | None:
    return None if row.expires_at is None else max(60, int((row.expires_at - now).total_seconds()))
