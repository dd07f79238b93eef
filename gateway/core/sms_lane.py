"""Texts on their way out: claimed in the store, handed to an SMSC, and what became of them written back.

A claim is durable before the first byte leaves, so that after a crash nobody has to guess which texts
may have gone out: those that were claimed and not settled (ADR 0002).
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from flows.values import OfferId
from gateway.core.context import Context
from gateway.core.ports import ShortMessage, SmsSender, SubmitOutcome, Submitted, SubmitUnknown
from gateway.core.receipts import ExpectedText, ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_outcomes import Verdict, judge, lost_sight
from store import offers, outbox, outgoing, subscriptions
from store.errors import StoreError, WriterStopped
from store.outbox import SmsRow
from store.unit import Unit

_LOG = logging.getLogger(__name__)
_POLICY_HOLDS = timedelta(minutes=1)
"""A text that waited longer is held against the contact policy again before it leaves."""
_STORE_PAUSE = 1.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one text. text: what its receipts are matched with, if the SMSC took it."""

    row: SmsRow
    outcome: SubmitOutcome
    text: ExpectedText | None


class SmsLane:
    """Sends what is urgent first, never more at once than the SMSC takes.

    slots: texts claimed and not settled at most.
    """

    def __init__(
        self,
        context: Context,
        sender: SmsSender,
        receipts: ReceiptDesk,
        *,
        slots: int,
        backoff: Backoff | None = None,
    ) -> None:
        self._context = context
        self._sender = sender
        self._receipts = receipts
        self._slots = slots
        self._backoff = backoff or Backoff(first=1, longest=300, most=12)
        self._waiting: list[tuple[int, str, SmsRow]] = []
        self._on_its_way = 0
        self._answers: list[_Answer] = []
        self._put_off: dict[str, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()
        self._answered = asyncio.Event()
        self._settled = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def backlog(self) -> int:
        """Texts that wait, are put off or are on their way."""
        return len(self._waiting) + self._on_its_way + len(self._put_off)

    @property
    def on_its_way(self) -> int:
        """Texts that are claimed and whose fate is not written."""
        return self._on_its_way

    def put(self, row: SmsRow) -> None:
        """Queue a row that is committed; one that is due later waits for its time."""
        pause = (row.due_at - self._context.clock()).total_seconds()
        held = self._put_off.pop(row.id, None)
        if held is not None:  # it may go sooner than it was to
            held.cancel()
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
            verdict = lost_sight(row, stopped, self._context.clock())
            await self._write([verdict])
            if verdict.again is None:
                return
            row = verdict.again
        self.put(row)

    def start(self) -> None:
        """Begin sending."""
        self._tasks = [
            asyncio.create_task(self._claim(), name="sms-lane-claim"),
            asyncio.create_task(self._settle(), name="sms-lane-settle"),
        ]

    async def stop(self) -> None:
        """Take nothing new; wait a while for what is on its way."""
        self._stopping = True
        for timer in self._put_off.values():
            timer.cancel()
        async with self._claiming:  # never between a claim and its sending
            for task in self._tasks[:1]:
                task.cancel()
        await self._until_settled(_STOP_SECONDS)

    async def drain(self) -> None:
        """Wait until everything on its way is settled; to be called once the sender has ended."""
        await self._until_settled(None)
        for task in self._tasks:
            task.cancel()

    async def _until_settled(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._on_its_way:
                    self._settled.clear()
                    await self._settled.wait()

    def _due(self, row: SmsRow) -> None:
        self._put_off.pop(row.id, None)
        heapq.heappush(self._waiting, (row.priority, row.id, row))
        self._wake.set()

    async def _claim(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and self._on_its_way < self._slots:
                await self._sender.wait_ready()
                async with self._claiming:
                    await self._claim_some()

    async def _claim_some(self) -> None:
        room = min(self._slots - self._on_its_way, len(self._waiting))
        taken = [heapq.heappop(self._waiting)[2] for _ in range(room)]
        now = self._context.clock()
        try:
            bare, claimed = await self._claimed(taken, now)
        except Exception:  # the lane must outlive whatever the store does
            _LOG.exception("texts wait: they could not be claimed")
            for row in taken:
                heapq.heappush(self._waiting, (row.priority, row.id, row))
            await asyncio.sleep(_STORE_PAUSE)
            self._wake.set()
            return
        self._on_its_way += len(claimed)
        for row in claimed:
            again = row.id in bare
            self._send(replace(row, state="sending", attempts=row.attempts + 1, repeats=row.repeats + again), now)

    async def _claimed(self, taken: Sequence[SmsRow], now: datetime) -> tuple[set[str], Sequence[SmsRow]]:
        """Claim them; which go without their offer, and which go at all. Those that were held back ask the store."""
        fresh = [row for row in taken if not _pointless(row, now)]
        late = [outbox.end(row.id, "expired", now, reason="too_late") for row in taken if _pointless(row, now)]
        bare = await self._no_longer_allowed(fresh, now)
        held = [row for row in fresh if row.held]
        claims = [outgoing.claim(row.id, repeated=row.id in bare) for row in fresh if not row.held]
        gates = [Unit(gate=outgoing.claim_once(row.id, repeated=row.id in bare)) for row in held]
        opened = await self._context.writer.commit_all([Unit(ops=(*late, *claims)), *gates])
        gone = {row.id for row, is_ours in zip(held, opened[1:], strict=True) if not is_ours}
        return bare, [row for row in fresh if row.id not in gone]

    async def _no_longer_allowed(self, rows: Sequence[SmsRow], now: datetime) -> set[str]:
        """Texts that waited with an offer which may not go out any more: then the alert goes alone."""
        bare = set()
        for row in rows:
            offers_something = row.repeat_text and row.repeat_text != row.text and not row.repeats
            if offers_something and (row.held or now - row.created_at > _POLICY_HOLDS):
                subscriber = await subscriptions.by_id(self._context.reader, row.subscription)
                forbidden = subscriber is not None and not self._context.may_still_offer(subscriber, now)
                if forbidden or not await self._is_open(row.offer):
                    bare.add(row.id)
        return bare

    async def _is_open(self, offer: OfferId | None) -> bool:
        """Whether what a held text offers can still be accepted: it may have been answered otherwise meanwhile."""
        found = None if offer is None else await offers.by_id(self._context.reader, offer)
        return found is None or found.state == "open"

    def _send(self, row: SmsRow, now: datetime) -> None:
        message = ShortMessage(
            id=row.id,
            source=row.source,
            destination=row.msisdn,
            text=row.repeat_text if row.repeats else row.text,
            purpose=row.purpose,
            validity_seconds=_seconds_left(row, now),
        )
        try:
            self._sender.submit(message, partial(self._hear, row))
        except Exception as error:  # one text must not end the lane; what became of it nobody knows
            _LOG.exception("a text could not be handed over", extra={"outbox_id": row.id})
            self._hear(row, SubmitUnknown("", type(error).__name__, link_lost=False))

    def _hear(self, row: SmsRow, outcome: SubmitOutcome) -> None:
        """Called from inside the bind: only notes the answer, so that a receipt in the same read finds its text."""
        text = None
        if isinstance(outcome, Submitted):
            text = self._receipts.foresee(outcome.smsc, row.id, outcome.message_ids)
        self._answers.append(_Answer(row, outcome, text))
        self._answered.set()

    async def _settle(self) -> None:
        """Write what came of texts, all answers of one commit's time together."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            answers, self._answers = self._answers, []
            try:
                await self._settle_some(answers)
            except Exception:  # the lane must outlive its own mistakes; the next start finds these texts claimed
                self._context.metrics.failures.labels("sms").inc()
                _LOG.exception("what came of texts could not be written")
                texts = [answer.text for answer in answers if answer.text is not None]
                self._receipts.not_stored(texts, WriterStopped("not written"))
            self._on_its_way -= len(answers)
            self._wake.set()
            self._settled.set()

    async def _settle_some(self, answers: Sequence[_Answer]) -> None:
        now = self._context.clock()
        verdicts = [self._verdict(answer, now) for answer in answers]
        unwritten = await self._write(verdicts)
        lost = [answer.text for answer, verdict in zip(answers, verdicts, strict=True) if verdict in unwritten]
        texts = [answer.text for answer in answers if answer.text is not None]
        self._receipts.not_stored([text for text in lost if text is not None], WriterStopped("not written"))
        self._receipts.stored([text for text in texts if text not in lost])
        if not self._stopping:
            for verdict in verdicts:
                if verdict.again is not None and verdict not in unwritten:
                    self.put(verdict.again)

    def _verdict(self, answer: _Answer, now: datetime) -> Verdict:
        if answer.text is not None:
            return Verdict("sent", tuple(self._receipts.rows(answer.text)))
        return judge(answer.row, answer.outcome, now, self._backoff)

    async def _write(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        """Write the outcomes, as long as the store is away: what the network did cannot be asked again.

        Those come back that were not written: the store has stopped, or does not take them whatever is tried.
        """
        for state, count in Counter(verdict.state for verdict in verdicts).items():
            self._context.metrics.texts_out.labels(state).inc(count)
        together = [Unit(ops=tuple(op for verdict in verdicts for op in verdict.ops))]
        try:
            if not _failed(await self._context.writer.settle_all(together)):
                return ()
            left = list(verdicts)  # one bad row must not take its neighbours along
            refused: list[Verdict] = []
            while left:
                outcomes = await self._context.writer.settle_all(Unit(ops=verdict.ops) for verdict in left)
                failed = [
                    (one, error) for one, error in zip(left, outcomes, strict=True) if isinstance(error, StoreError)
                ]
                refused += [verdict for verdict, error in failed if not error.retryable]
                left = [verdict for verdict, error in failed if error.retryable]
                if failed:
                    _LOG.error("outcomes of texts wait for the store", extra={"texts": len(failed)})
                if left:
                    await asyncio.sleep(_STORE_PAUSE)
        except WriterStopped:  # the next start takes the rows for such whose fate is open
            return verdicts
        return refused


def _failed(outcomes: Sequence[bool | StoreError]) -> bool:
    return any(isinstance(outcome, StoreError) for outcome in outcomes)


def _pointless(row: SmsRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _seconds_left(row: SmsRow, now: datetime) -> int | None:
    return None if row.expires_at is None else max(60, int((row.expires_at - now).total_seconds()))
