"""Texts on their way out: claimed in the store, handed to an SMSC, and what became of them written back.

A claim is durable before the first byte leaves, so that after a crash nobody has to guess which texts
may have gone out: those that were claimed and not settled (ADR 0002).
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.ports import (
    ShortMessage,
    SmsSender,
    SubmitNotSent,
    SubmitOutcome,
    SubmitRefused,
    Submitted,
    SubmitUnknown,
)
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff, GiveUp
from store import outbox, parts, subscriptions
from store.errors import StoreError, WriterStopped
from store.outbox import SmsRow
from store.parts import Part
from store.unit import Op

_LOG = logging.getLogger(__name__)
_MOST_REPEATS = 1
_POLICY_HOLDS = timedelta(minutes=1)
"""A text that waited longer is held against the contact policy again before it leaves."""
_STORE_PAUSE = 1.0
_STOP_SECONDS = 10.0


class SmsLane:
    """Sends what is urgent first, never more at once than the SMSC takes.

    slots: texts claimed and not settled at most.
    """

    def __init__(
        self,
        context: Context,
        committer: Committer,
        sender: SmsSender,
        receipts: ReceiptDesk,
        *,
        slots: int,
        backoff: Backoff | None = None,
    ) -> None:
        self._context = context
        self._committer = committer
        self._sender = sender
        self._receipts = receipts
        self._slots = slots
        self._backoff = backoff or Backoff(first=1, longest=300, most=12)
        self._waiting: list[tuple[int, str, SmsRow]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._put_off: dict[str, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def backlog(self) -> int:
        """Texts that wait, are put off or are on their way."""
        return len(self._waiting) + len(self._sending) + len(self._put_off)

    def put(self, row: SmsRow) -> None:
        """Queue a row that is committed; one that is due later waits for its time."""
        pause = (row.due_at - self._context.clock()).total_seconds()
        if pause > 0:
            loop = asyncio.get_running_loop()
            self._put_off[row.id] = loop.call_later(pause, self._due, row)
            return
        heapq.heappush(self._waiting, (row.priority, row.id, row))
        self._wake.set()

    async def recover(self, row: SmsRow) -> None:
        """Take up a row that a stopped process left. One that was claimed may have gone out."""
        if row.state == "sending":
            stopped = SubmitUnknown("", "the gateway stopped while it was being sent", link_lost=True)
            row = await self._lost_sight(row, stopped)
            if row.state == "in_doubt":
                return
        self.put(row)

    def start(self) -> None:
        """Begin sending."""
        self._task = asyncio.create_task(self._run(), name="sms-lane")

    async def stop(self) -> None:
        """Take nothing new; wait a while for what is on its way."""
        self._stopping = True
        for timer in self._put_off.values():
            timer.cancel()
        async with self._claiming:  # never between a claim and its sending
            if self._task is not None:
                self._task.cancel()
        await self._wait_for_sending(_STOP_SECONDS)

    async def drain(self) -> None:
        """Wait until everything on its way is settled; to be called once the sender has ended."""
        await self._wait_for_sending(None)

    async def _wait_for_sending(self, seconds: float | None) -> None:
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)

    def _due(self, row: SmsRow) -> None:
        self._put_off.pop(row.id, None)
        heapq.heappush(self._waiting, (row.priority, row.id, row))
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and len(self._sending) < self._slots:
                await self._sender.wait_ready()
                async with self._claiming:
                    await self._claim_some()

    async def _claim_some(self) -> None:
        room = min(self._slots - len(self._sending), len(self._waiting))
        taken = [heapq.heappop(self._waiting)[2] for _ in range(room)]
        now = self._context.clock()
        fresh = [row for row in taken if not _pointless(row, now)]
        late = [outbox.move(row.id, "expired", at=now, reason="too_late") for row in taken if _pointless(row, now)]
        try:
            bare = await self._no_longer_allowed(fresh, now)
            claims = [outbox.claim(row.id, repeated=row.id in bare) for row in fresh]
            await self._committer.note(*late, *claims)
        except Exception:  # the lane must outlive whatever the store does
            _LOG.exception("texts wait: they could not be claimed")
            for row in taken:
                heapq.heappush(self._waiting, (row.priority, row.id, row))
            await asyncio.sleep(_STORE_PAUSE)
            self._wake.set()
            return
        for row in fresh:
            claimed = replace(row, state="sending", attempts=row.attempts + 1, repeats=row.repeats + (row.id in bare))
            task = asyncio.create_task(self._send(claimed))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    async def _no_longer_allowed(self, rows: Sequence[SmsRow], now: datetime) -> set[str]:
        """Texts that waited with an offer which may not go out any more: then the alert goes alone."""
        bare = set()
        for row in rows:
            offers_something = row.repeat_text and row.repeat_text != row.text and not row.repeats
            if offers_something and now - row.created_at > _POLICY_HOLDS:
                subscriber = await subscriptions.by_id(self._context.reader, row.subscription)
                if subscriber is not None and not self._context.may_still_offer(subscriber, now):
                    bare.add(row.id)
        return bare

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not self._stopping:
            self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            self._context.metrics.failures.labels("sms").inc()
            _LOG.error("a text's outcome could not be written", exc_info=task.exception())

    async def _send(self, row: SmsRow) -> None:
        outcome = await self._sender.submit(
            ShortMessage(
                id=row.id,
                source=row.source,
                destination=row.msisdn,
                text=row.repeat_text if row.repeats else row.text,
                purpose=row.purpose,
                validity_seconds=_seconds_left(row, self._context.clock()),
            )
        )
        await self._settle(row, outcome)

    async def _settle(self, row: SmsRow, outcome: SubmitOutcome) -> None:
        match outcome:
            case Submitted():
                await self._submitted(row, outcome)
            case SubmitRefused(retryable=True):
                await self._put_back(row, outcome)
            case SubmitRefused():
                await self._failed(row, outcome)
            case SubmitUnknown(link_lost=True):
                again = await self._lost_sight(row, outcome)
                if again.state == "queued" and not self._stopping:
                    self.put(again)
            case SubmitUnknown():
                await self._doubt(row, outcome)
            case SubmitNotSent():
                await self._write(row, outbox.move(row.id, "queued", reason=outcome.detail, tries=-1), state="queued")
                if not self._stopping:
                    self.put(replace(row, state="queued", attempts=row.attempts - 1))
            case _:
                assert_never(outcome)

    async def _submitted(self, row: SmsRow, outcome: Submitted) -> None:
        self._receipts.foresee(outcome.smsc, row.id, outcome.message_ids)
        total = len(outcome.message_ids)
        sent = outbox.move(row.id, "sent", smsc=outcome.smsc, parts=total)
        await self._write(row, sent, *self._known_parts(row, outcome.smsc, outcome.message_ids), state="sent")
        await self._receipts.expect(outcome.smsc, row.id, outcome.message_ids)

    async def _put_back(self, row: SmsRow, outcome: SubmitRefused) -> None:
        decision = self._backoff.next_attempt(row.attempts)
        if isinstance(decision, GiveUp):
            await self._failed(row, outcome)
            return
        due = self._context.clock() + decision.after
        await self._write(row, outbox.move(row.id, "deferred", reason=outcome.reason, due_at=due), state="deferred")
        if not self._stopping:
            self.put(replace(row, state="deferred", due_at=due))

    async def _failed(self, row: SmsRow, outcome: SubmitRefused) -> None:
        taken = self._known_parts(row, outcome.smsc, outcome.message_ids)
        move = outbox.move(row.id, "failed", at=self._context.clock(), reason=outcome.reason, smsc=outcome.smsc)
        await self._write(row, move, *taken, state="failed")

    async def _lost_sight(self, row: SmsRow, outcome: SubmitUnknown) -> SmsRow:
        """The link went while the fate was open: repeat once what may be repeated, else leave it in doubt."""
        if row.repeat_text and row.repeats < _MOST_REPEATS:
            known = self._known_parts(row, outcome.smsc, outcome.message_ids)
            again = outbox.move(row.id, "queued", reason=outcome.detail, repeated=True)
            await self._write(row, again, *known, state="repeated")
            return replace(row, state="queued", repeats=row.repeats + 1)
        await self._doubt(row, outcome)
        return replace(row, state="in_doubt")

    async def _doubt(self, row: SmsRow, outcome: SubmitUnknown) -> None:
        known = self._known_parts(row, outcome.smsc, outcome.message_ids)
        doubt = outbox.move(
            row.id, "in_doubt", reason=outcome.detail, smsc=outcome.smsc or None, parts=outcome.parts or None
        )
        await self._write(row, doubt, *known, state="in_doubt")

    def _known_parts(self, row: SmsRow, smsc: str, message_ids: tuple[str, ...]) -> list[Op]:
        at = self._context.clock()
        return [
            parts.put(Part(smsc, message_id, row.id, number, "sent"), at)
            for number, message_id in enumerate(message_ids)
        ]

    async def _write(self, row: SmsRow, *ops: Op, state: str) -> None:
        """Write the outcome, however long the store takes: what the network did cannot be asked again."""
        self._context.metrics.texts_out.labels(state).inc()
        while True:
            try:
                await self._committer.note(*ops)
            except WriterStopped:  # the next start takes the row for one whose fate is open
                return
            except StoreError:
                _LOG.exception("a text's outcome waits for the store", extra={"outbox_id": row.id})
                await asyncio.sleep(_STORE_PAUSE)
            else:
                return


def _pointless(row: SmsRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _seconds_left(row: SmsRow, now: datetime) -> int | None:
    return None if row.expires_at is None else max(60, int((row.expires_at - now).total_seconds()))
