"""What came of texts: noted at once, judged, and written many at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from flows.frozen import dataclass
from gateway.core.commit import persist
from gateway.core.context import Context
from gateway.core.crew import Watched
from gateway.core.expected_text import ExpectedText
from gateway.core.ports import SubmitOutcome, Submitted, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_outcomes import Verdict, judge, lost_sight
from store import outbox
from store.errors import StoreError, WriterStopped
from store.sms_rows import SmsRow
from store.unit import Unit

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one try. sender: who had it; text: what its receipts are matched with, if the SMSC took it."""

    row: SmsRow
    sender: str
    outcome: SubmitOutcome
    text: ExpectedText | None


class SmsSettling:
    """Writes what came of texts.

    others: whether somebody else than this sender may take a text. settled: called with the ids of texts whose outcome
    is dealt with, and the rows that go out once more.
    """

    def __init__(
        self,
        context: Context,
        receipts: ReceiptDesk,
        backoff: Backoff,
        *,
        others: Callable[[SmsRow, str], bool],
        settled: Callable[[Sequence[str], Sequence[SmsRow]], None],
    ) -> None:
        self._context = context
        self._receipts = receipts
        self._backoff = backoff
        self._others = others
        self._settled = settled
        self._answers: list[_Answer] = []
        self._answered = asyncio.Event()
        self._settler = Watched("sms-lane-settle", context.metrics, self._settle)

    @property
    def running(self) -> bool:
        """Whether outcomes are written."""
        return self._settler.running

    def start(self) -> None:
        """Begin writing."""
        self._settler.start()

    def cancel(self) -> None:
        """End where it stands."""
        self._settler.cancel()

    def hear(self, row: SmsRow, sender: str, outcome: SubmitOutcome) -> None:
        """Called from inside the bind: only notes the answer, so that a receipt in the same read finds its text."""
        text = None
        if isinstance(outcome, Submitted):
            text = self._receipts.foresee(outcome.smsc, row.id, outcome.message_ids)
        self._answers.append(_Answer(row, sender, outcome, text))
        self._answered.set()

    async def give_up_on(self, row: SmsRow) -> SmsRow | None:
        """A row that a stopped process had in hand: it may have gone out. The row, if it goes out once more."""
        stopped = SubmitUnknown("", "the gateway stopped while it was being sent", link_lost=True)
        verdict = lost_sight(row, stopped, self._context.clock())
        await self._write([verdict])
        return verdict.again

    async def _settle(self) -> None:
        """All answers of one commit's time together."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            answers, self._answers = self._answers, []
            again: Sequence[SmsRow] = ()
            try:
                again = await self._settle_some(answers)
            except Exception:  # the lane must outlive its own mistakes; the next start finds these texts claimed
                self._context.metrics.failures.labels("sms").inc()
                _LOG.exception("what came of texts could not be written")
                texts = [answer.text for answer in answers if answer.text is not None]
                self._receipts.not_stored(texts, WriterStopped("not written"))
            self._settled([answer.row.id for answer in answers], again)

    async def _settle_some(self, answers: Sequence[_Answer]) -> Sequence[SmsRow]:
        """Write them; which go out once more."""
        now = self._context.clock()
        verdicts = [self._guarded_verdict(answer, now) for answer in answers]
        unwritten = {id(verdict) for verdict in await self._write(verdicts)}
        judged = list(zip(answers, verdicts, strict=True))
        lost = [one.text for one, verdict in judged if one.text is not None and id(verdict) in unwritten]
        kept = [one.text for one, verdict in judged if one.text is not None and id(verdict) not in unwritten]
        self._receipts.not_stored(lost, WriterStopped("not written"))
        self._receipts.stored(kept)
        return [one.again for one in verdicts if one.again is not None and id(one) not in unwritten]

    def _guarded_verdict(self, answer: _Answer, now: datetime) -> Verdict:
        """One that cannot be judged takes no other along: what became of it nobody knows."""
        try:
            return self._verdict(answer, now)
        except Exception as error:
            self._context.metrics.failures.labels("sms").inc()
            _LOG.exception("what came of a text could not be judged", extra={"outbox_id": answer.row.id})
            return Verdict("in_doubt", (outbox.move(answer.row.id, "in_doubt", reason=type(error).__name__),))

    def _verdict(self, answer: _Answer, now: datetime) -> Verdict:
        if answer.text is not None:
            return Verdict("sent", tuple(self._receipts.rows(answer.text)))
        tried = replace(answer.row, state="sending", attempts=answer.row.attempts + 1)
        others = self._others(answer.row, answer.sender)
        return judge(tried, answer.outcome, now, self._backoff, answer.sender, others=others)

    async def _write(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        """Write the outcomes, as long as the store is away: what the network did cannot be asked again.

        Those come back that were not written: the store has stopped, or does not take them whatever is tried.
        """
        for state, count in Counter(verdict.state for verdict in verdicts).items():
            self._context.metrics.texts_out.labels(state).inc(count)
        together = Unit(ops=tuple(op for verdict in verdicts for op in verdict.ops))
        try:
            if await self._context.writer.settle_all([together]) == [True]:
                return ()
            each = [Unit(ops=verdict.ops) for verdict in verdicts]  # one bad row must not take its neighbours along
            outcomes = await persist(self._context.writer, each)
        except WriterStopped:  # the next start takes the rows for such whose fate is open
            return verdicts
        return [one for one, outcome in zip(verdicts, outcomes, strict=True) if isinstance(outcome, StoreError)]
