"""Delivery receipts find their text, part by part, also across reconnects and restarts.

A receipt may be quicker than the commit that says its text was handed over: then it waits beside the text and is
written with it. One for something not known at all is kept in the inbox, and matched when its submit is answered.

The first final word on a part counts, also where a later one would be better news (delivered after expired): what
followed from the first cannot be called back. Later words are counted, as repeated or contrary, and not applied.

What is not remembered is looked for in the store, all that came meanwhile in one query, and remembered from then on:
a text has one place in memory, where its parts see each other, until the last word on each is durable.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.core.context import Context
from gateway.core.early_receipts import EarlyReceipts, entry_of
from gateway.core.expected_text import Durable, ExpectedPart, ExpectedText, settled_state
from gateway.core.part_names import PartNames
from gateway.core.ports import DeliveryReceipt
from gateway.core.remembered_parts import Key, RememberedParts
from store import inbox, outbox, parts
from store.errors import StoreError, WriterStopped
from store.parts import Part
from store.unit import Op, Unit

_REMEMBERED = 200_000


@dataclass(slots=True, eq=False)
class _Said:
    """What receipts said that is written in one commit: of which parts, and who waits for it."""

    ops: list[Op] = field(default_factory=list)
    parts: list[ExpectedPart] = field(default_factory=list)
    waiting: list[Durable] = field(default_factory=list)


class ReceiptDesk:
    """remembered: so many parts are kept in memory; the store knows the others."""

    def __init__(self, context: Context, remembered: int = _REMEMBERED) -> None:
        self._context = context
        self._writer = context.writer
        self._remembered = remembered
        self._names = PartNames()
        self._parts = RememberedParts(remembered)
        self._early = EarlyReceipts(self._names, remembered)
        self._looked_for: list[tuple[DeliveryReceipt, Durable]] = []
        self._one_by_one = asyncio.Lock()

    # ── what the lane tells ──

    def foresee(self, smsc: str, outbox_id: str, message_ids: Sequence[str]) -> ExpectedText:
        """The SMSC has taken these parts; from now on their receipts are known for what they are.

        Parts that it gave one id are one to it, and get one receipt.
        """
        text = ExpectedText(outbox_id, smsc, tuple(dict.fromkeys(message_ids)))
        self._parts.remember(text)
        return text

    def rows(self, text: ExpectedText) -> list[Op]:
        """What is to be written of a text that was handed over, with all that receipts have said so far."""
        at, ops = self._context.clock(), []
        for number, receipt, durable in text.ahead:
            if not text.hear(number, receipt):
                self._count_left(text, number, receipt)
            text.written.append(durable)
        text.ahead.clear()
        ops += self._early.matched(text, at)
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
        said = _Said()
        for text in texts:
            text.stored = True
            for number in text.states:
                self._parts.forget(text, text.smsc, text.message_ids[number])
            _settle_all(text.written, None)
            text.written.clear()
            for number, receipt, durable in text.ahead:
                part = ExpectedPart(text, number, text.smsc, text.message_ids[number])
                self._hear(part, receipt, durable, said)
            text.ahead.clear()
        self._write(said)

    def not_stored(self, texts: Sequence[ExpectedText], error: StoreError) -> None:
        """``rows`` of these could not be written: their receipts are not acknowledged, and come again."""
        for text in texts:
            _settle_all([*text.written, *(durable for _, _, durable in text.ahead)], error)
            text.written.clear()
            text.ahead.clear()
            for message_id in text.message_ids:
                self._parts.forget(text, text.smsc, message_id)

    # ── what the network tells ──

    async def receive(self, receipts: Sequence[DeliveryReceipt]) -> Sequence[Exception | None]:
        """Write what they say. Returns once each is durable, or with why it is not."""
        for state, count in Counter(receipt.state for receipt in receipts).items():
            self._context.metrics.receipts.labels(state).inc(count)
        said, waits = _Said(), list[Durable]()
        new = asyncio.get_running_loop().create_future
        together = new()  # most are written with each other: one future is much cheaper to wait for than hundreds
        for receipt in receipts:
            found = self._find(receipt, self._names.sure(receipt)) if receipt.message_id else None
            durable = together if found is not None and found.is_settled_here else new()
            waits.append(durable)
            if found is not None:
                self._hear(found, receipt, durable, said)
            elif receipt.message_id:
                self._looked_for.append((receipt, durable))
            else:
                self._put_aside(receipt, durable)
        self._write(said)
        if self._looked_for:
            await self._look()
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
        return [outcome if isinstance(outcome, Exception) else None for outcome in outcomes]

    async def recover(self) -> None:
        """Remember the receipts that came before their submit was known, and before the last stop.

        Parts are not: reading all that are open would hold up the start, and they are read as fast as receipts come.
        """
        for entry in await inbox.early_receipts(self._context.reader):
            self._early.expect(entry)

    def _find(
        self, receipt: DeliveryReceipt, names: Sequence[str], stored: Mapping[Key, ExpectedPart] | None = None
    ) -> ExpectedPart | None:
        """The part that a receipt speaks of, under the first of these names that is remembered or ``stored``."""
        for name in names:
            found = self._parts.get((receipt.smsc, name)) or (stored or {}).get((receipt.smsc, name))
            if found is not None:
                self._names.learn(receipt, name)
                return found
        return None

    def _hear(self, part: ExpectedPart, receipt: DeliveryReceipt, durable: Durable, said: _Said) -> None:
        """Note the part's state, and the text's once all of its parts have one; ``durable`` is done when both are."""
        text, number = part.text, part.number
        if not text.stored:
            text.ahead.append((number, receipt, durable))
            return
        if number not in text.states and text.hear(number, receipt):
            text.writing[number] = said.waiting
            said.parts.append(part)
            said.ops.append(parts.settle(part.smsc, part.message_id, text.states[number], text.errors.get(number)))
            if whole := text.whole:
                self._count(whole)
                said.ops.append(outbox.end(text.id, whole, self._context.clock(), reason=text.reason))
        else:
            self._count_left(text, number, receipt)
        text.writing.get(number, said.waiting).append(durable)  # what it repeats may not be durable yet

    def _write(self, said: _Said) -> None:
        if not said.ops:
            _settle_all(said.waiting, None)
            return
        self._submit(Unit(ops=tuple(said.ops)), said)

    def _submit(self, unit: Unit, said: _Said) -> None:
        try:
            written = self._writer.submit(unit)
        except WriterStopped as error:
            self._written(said, error)
        else:
            written.add_done_callback(lambda done: self._written(said, done.exception()))

    def _written(self, said: _Said, error: BaseException | None) -> None:
        for part in said.parts:
            part.text.writing.pop(part.number, None)
            if error is None:
                self._parts.forget(part.text, part.smsc, part.message_id)
            else:
                part.text.unhear(part.number)
        _settle_all(said.waiting, error)

    # ── what is not remembered ──

    async def _look(self) -> None:
        """Look in the store for all that nobody knows, also what came while others were looked for."""
        async with self._one_by_one:  # two looks would see the same, and each would think itself the first
            asked, self._looked_for = self._looked_for, []
            said = _Said()
            asked = [one for one in asked if not self._known_meanwhile(*one, said)]
            self._write(said)
            try:
                stored = await self._stored([receipt for receipt, _ in asked])
            except Exception as error:
                _settle_all([durable for _, durable in asked], error)
                return
            except BaseException:
                self._looked_for = [*asked, *self._looked_for]  # others wait for theirs
                raise
            said = _Said()
            for receipt, durable in asked:
                if found := self._find(receipt, self._names.all(receipt), stored):
                    self._hear(found, receipt, durable, said)
                else:
                    self._keep(receipt, durable)
            self._write(said)

    def _known_meanwhile(self, receipt: DeliveryReceipt, durable: Durable, said: _Said) -> bool:
        """Whether it has been found by now. What is being written must not be read: the store may not have it yet."""
        found = self._find(receipt, self._names.sure(receipt))
        if found is not None:
            self._hear(found, receipt, durable, said)
        return found is not None

    async def _stored(self, receipts: Sequence[DeliveryReceipt]) -> Mapping[Key, ExpectedPart]:
        """What the store has under the names of these."""
        names: dict[str, dict[str, None]] = {}
        for receipt in receipts:
            names.setdefault(receipt.smsc, {}).update(dict.fromkeys(self._names.all(receipt)))
        found: dict[Key, ExpectedPart] = {}
        for smsc, of_smsc in names.items():
            found.update(self._parts.recall(await parts.beside(self._context.reader, smsc, list(of_smsc))))
        return found

    def _keep(self, receipt: DeliveryReceipt, durable: Durable) -> None:
        """A receipt for something not known (yet): kept, and matched when its submit is answered."""
        entry = entry_of(receipt, self._context.clock())
        self._early.expect(entry, receipt)
        self._submit(inbox.take_in(entry), _Said(waiting=[durable]))

    def _put_aside(self, receipt: DeliveryReceipt, durable: Durable) -> None:
        """A receipt that names nothing: kept, and never matched."""
        self._context.metrics.receipts_left.labels("no_id").inc()
        entry = entry_of(receipt, self._context.clock())
        self._submit(inbox.put_aside(entry, "no_id"), _Said(waiting=[durable]))

    def _count_left(self, text: ExpectedText, number: int, receipt: DeliveryReceipt) -> None:
        """Count a receipt that changes nothing, if it is a last word."""
        state = settled_state(receipt.state)
        if state is not None:
            why = "repeated" if text.states[number] == state else "contrary"
            self._context.metrics.receipts_left.labels(why).inc()

    def _count(self, state: str) -> None:
        self._context.metrics.texts_out.labels(state).inc()


def _settle_all(waiting: Sequence[Durable], error: BaseException | None) -> None:
    for durable in waiting:
        if durable.done():
            continue
        if error is None:
            durable.set_result(True)
        else:
            durable.set_exception(error)
