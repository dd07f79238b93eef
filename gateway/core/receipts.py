"""Delivery receipts find their text, part by part, also across reconnects and restarts.

A receipt may be quicker than the commit that says its text was handed over: then it waits beside the text and is
written with it. One for something not known at all is kept in the inbox, and matched when its submit is answered.

The first final word on a part counts, also where a later one would be better news (delivered after expired): what
followed from the first cannot be called back. Later words are counted, as repeated or contrary, and not applied.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from flows.values import Msisdn
from gateway.core.context import Context
from gateway.core.expected_text import Durable, ExpectedText, settled_state
from gateway.core.ports import DeliveryReceipt
from store import inbox, outbox, parts
from store.errors import StoreError, WriterStopped
from store.ids import new_id
from store.inbox import Entry
from store.parts import Part
from store.unit import Op, Unit

_REMEMBERED = 200_000
_EARLY = timedelta(hours=1)
"""A receipt that is older than this when its id is given out was of another text: an SMSC may use ids again."""


class ReceiptDesk:
    """Remembers what was sent lately; asks the store for what was sent long ago."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writer = context.writer
        self._expected: OrderedDict[tuple[str, str], tuple[ExpectedText, int]] = OrderedDict()
        self._literal: set[str] = set()
        self._respelled: set[str] = set()
        self._one_by_one = asyncio.Lock()
        self._unmatched: OrderedDict[tuple[str, str], tuple[Entry, DeliveryReceipt]] = OrderedDict()

    # ── what the lane tells ──

    def foresee(self, smsc: str, outbox_id: str, message_ids: Sequence[str]) -> ExpectedText:
        """The SMSC has taken these parts; from now on their receipts are known for what they are.

        Parts that it gave one id are one to it, and get one receipt.
        """
        text = ExpectedText(outbox_id, smsc, tuple(dict.fromkeys(message_ids)))
        for number, message_id in enumerate(text.message_ids):
            self._expected[smsc, message_id] = (text, number)
        while len(self._expected) > _REMEMBERED:
            self._expected.popitem(last=False)
        return text

    def rows(self, text: ExpectedText) -> list[Op]:
        """What is to be written of a text that was handed over, with all that receipts have said so far."""
        at, ops = self._context.clock(), []
        for number, receipt, durable in text.ahead:
            if not text.hear(number, receipt):
                self._count_left(text, number, receipt)
            text.written.append(durable)
        text.ahead.clear()
        if self._unmatched:
            ops += self._matched(text, at)
        for number, message_id in enumerate(text.message_ids):
            state, error = text.states.get(number, "sent"), text.errors.get(number)
            ops.append(parts.put(Part(text.smsc, message_id, text.id, number, state, error), at))
        total = len(text.message_ids)
        if whole := text.whole:
            self._count(whole)
            ops.append(outbox.end(text.id, whole, at, reason=text.reason, smsc=text.smsc, parts=total))
        else:
            ops.append(outbox.sent(text.id, text.smsc, total))
        return ops

    def stored(self, texts: Sequence[ExpectedText]) -> None:
        """``rows`` of these are durable: who waited for that hears of it, and what came since is written."""
        ops: list[Op] = []
        waiting: list[Durable] = []
        for text in texts:
            text.stored = True
            for number in text.states:
                self._forget(text, number)
            _settle_all(text.written, None)
            text.written.clear()
            for number, receipt, durable in text.ahead:
                ops += self._apply(text, number, receipt)
                waiting.append(durable)
            text.ahead.clear()
        if waiting:
            self._submit(ops, waiting)

    def not_stored(self, texts: Sequence[ExpectedText], error: StoreError) -> None:
        """``rows`` of these could not be written: their receipts are not acknowledged, and come again."""
        for text in texts:
            _settle_all([*text.written, *(durable for _, _, durable in text.ahead)], error)
            text.written.clear()
            text.ahead.clear()
            for number in range(len(text.message_ids)):
                self._forget(text, number)

    # ── what the network tells ──

    async def receive(self, receipts: Sequence[DeliveryReceipt]) -> Sequence[Exception | None]:
        """Write what they say. Returns once each is durable, or with why it is not."""
        for state, count in Counter(receipt.state for receipt in receipts).items():
            self._context.metrics.receipts.labels(state).inc(count)
        ops: list[Op] = []
        together: Durable = asyncio.get_running_loop().create_future()
        waits = [self._durable(receipt, ops, together) for receipt in receipts]
        self._submit(ops, [together])
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
        return [outcome if isinstance(outcome, Exception) else None for outcome in outcomes]

    async def recover(self) -> None:
        """Remember the receipts that came before their submit was known, and before the last stop."""
        for entry in await inbox.early_receipts(self._context.reader):
            self._await_submit(entry, _receipt(entry.body))

    def _durable(self, receipt: DeliveryReceipt, ops: list[Op], together: Durable) -> Awaitable[object]:
        """What to wait for before this receipt may be acknowledged: most are written ``together``, by ``ops``."""
        if not receipt.message_id:
            return self._put_aside(receipt)
        sure = self._spellings(receipt) if receipt.smsc in self._respelled else (receipt.message_id,)
        found = self._find(receipt, sure)
        if found is None:
            return self._from_store(receipt)
        text, number = found
        if text.stored:
            ops += self._apply(text, number, receipt)
            return together
        return _wait_beside(text, number, receipt)

    def _submit(self, ops: Sequence[Op], waiting: Sequence[Durable]) -> None:
        if not ops:
            _settle_all(waiting, None)
            return
        try:
            written = self._writer.submit(Unit(ops=tuple(ops)))
        except WriterStopped as error:
            _settle_all(waiting, error)
            return
        written.add_done_callback(lambda done: _settle_all(waiting, done.exception()))

    def _find(self, receipt: DeliveryReceipt, names: Sequence[str]) -> tuple[ExpectedText, int] | None:
        """The remembered part that a receipt speaks of, under one of these names."""
        for name in names:
            found = self._expected.get((receipt.smsc, name))
            if found is not None:
                self._learn(receipt, name)
                return found
        return None

    def _learn(self, receipt: DeliveryReceipt, name: str) -> None:
        """A receipt was for the part of this name: so its SMSC writes ids."""
        (self._literal if name == receipt.message_id else self._respelled).add(receipt.smsc)

    def _spellings(self, receipt: DeliveryReceipt) -> tuple[str, ...]:
        """The names under which a part may be known.

        An SMSC that was seen to write ids as it gave them is taken at its word; only before that does another
        spelling (decimal for hexadecimal) count, for it may be the name of another text.
        """
        return (receipt.message_id,) if receipt.smsc in self._literal else (receipt.message_id, *receipt.also)

    def _apply(self, text: ExpectedText, number: int, receipt: DeliveryReceipt) -> list[Op]:
        """The part's state, and the text's once all of its parts have one."""
        if not text.hear(number, receipt):
            self._count_left(text, number, receipt)
            return []
        self._forget(text, number)
        part = Part(text.smsc, text.message_ids[number], text.id, number, "sent")
        ops = [parts.settle(part, text.states[number], text.errors.get(number))]
        if whole := text.whole:
            self._count(whole)
            ops.append(outbox.end(text.id, whole, self._context.clock(), reason=text.reason))
        return ops

    # ── what is not remembered ──

    async def _from_store(self, receipt: DeliveryReceipt) -> None:
        async with self._one_by_one:  # two parts of one text must not overlook each other's state
            names = self._spellings(receipt)
            part = await parts.find(self._context.reader, receipt.smsc, names)
            if part is not None:
                names = names[: names.index(part.message_id) + 1]
            found = self._find(receipt, names)  # its submit may have been answered while we looked
            if found is None and part is not None:
                self._learn(receipt, part.message_id)
                await self._writer.commit(Unit(ops=tuple(await self._long_ago(part, receipt))))
                return
        if found is None:
            await self._keep(receipt)
            return
        text, number = found
        if text.stored:
            await self._writer.commit(Unit(ops=tuple(self._apply(text, number, receipt))))
        else:
            await _wait_beside(text, number, receipt)

    async def _long_ago(self, part: Part, receipt: DeliveryReceipt) -> Sequence[Op]:
        siblings = await parts.of_rows(self._context.reader, [part.outbox_id])
        total = await outbox.parts_of(self._context.reader, part.outbox_id) or len(siblings)
        names = {one.part: one.message_id for one in siblings}
        text = ExpectedText(
            part.outbox_id,
            receipt.smsc,
            tuple(names.get(number, "") for number in range(total)),
            {one.part: one.state for one in siblings if settled_state(one.state)},
        )
        return self._apply(text, part.part, receipt)

    async def _keep(self, receipt: DeliveryReceipt) -> None:
        """A receipt for something not known (yet): kept, and matched when its submit is answered."""
        entry = _entry(receipt, self._context.clock())
        self._await_submit(entry, receipt)
        await self._writer.commit(inbox.take_in(entry))

    async def _put_aside(self, receipt: DeliveryReceipt) -> None:
        """A receipt that names nothing: kept, and never matched."""
        self._context.metrics.receipts_left.labels("no_id").inc()
        await self._writer.commit(inbox.put_aside(_entry(receipt, self._context.clock()), "no_id"))

    def _await_submit(self, entry: Entry, receipt: DeliveryReceipt) -> None:
        kept = entry, receipt
        self._unmatched[receipt.smsc, receipt.message_id] = kept
        for spelling in self._spellings(receipt):
            self._unmatched.setdefault((receipt.smsc, spelling), kept)  # which may be another's own name
        while len(self._unmatched) > _REMEMBERED:
            self._unmatched.popitem(last=False)

    def _matched(self, text: ExpectedText, at: datetime) -> list[Op]:
        """Receipts in the inbox that spoke of this text before anybody knew it."""
        ops: list[Op] = []
        for number, message_id in enumerate(text.message_ids):
            kept = self._unmatched.pop((text.smsc, message_id), None)
            if kept is not None and message_id in self._spellings(kept[1]):
                entry, receipt = kept
                self._learn(receipt, message_id)
                for spelling in (receipt.message_id, *receipt.also):
                    if self._unmatched.get((text.smsc, spelling)) is kept:
                        del self._unmatched[text.smsc, spelling]
                early = at - entry.received_at <= _EARLY
                if early:
                    text.hear(number, receipt)
                ops.append(inbox.done(entry.id, "matched" if early else "unmatched", at))
        return ops

    def _forget(self, text: ExpectedText, number: int) -> None:
        self._expected.pop((text.smsc, text.message_ids[number]), None)

    def _count_left(self, text: ExpectedText, number: int, receipt: DeliveryReceipt) -> None:
        """Count a receipt that changes nothing, if it is a last word."""
        state = settled_state(receipt.state)
        if state is not None:
            why = "repeated" if text.states[number] == state else "contrary"
            self._context.metrics.receipts_left.labels(why).inc()

    def _count(self, state: str) -> None:
        self._context.metrics.texts_out.labels(state).inc()


def _wait_beside(text: ExpectedText, number: int, receipt: DeliveryReceipt) -> Durable:
    durable: Durable = asyncio.get_running_loop().create_future()
    text.ahead.append((number, receipt, durable))
    return durable


def _settle_all(waiting: Sequence[Durable], error: BaseException | None) -> None:
    for durable in waiting:
        if durable.done():
            continue
        if isinstance(error, StoreError):
            durable.set_exception(error)
        else:
            durable.set_result(True)


def _entry(receipt: DeliveryReceipt, at: datetime) -> Entry:
    body = json.dumps({**asdict(receipt), "done_at": receipt.done_at and receipt.done_at.isoformat()})
    return Entry(new_id(at), "receipt", f"receipt:{receipt.smsc}", new_id(at), Msisdn(receipt.msisdn), body, at)


def _receipt(body: str) -> DeliveryReceipt:
    """The receipt that ``_entry`` wrote down."""
    fields = json.loads(body)
    done_at = fields["done_at"] and datetime.fromisoformat(fields["done_at"])
    return DeliveryReceipt(**{**fields, "done_at": done_at, "also": tuple(fields["also"])})
