"""Delivery receipts find their text, part by part, also across reconnects and restarts."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.ports import DeliveryReceipt
from store import inbox, outbox, parts
from store.ids import new_id
from store.inbox import Entry
from store.parts import Part
from store.unit import Op

_REMEMBERED = 200_000
_SETTLES = {"delivered": "delivered", "failed": "failed", "expired": "expired"}


@dataclass(slots=True)
class _Text:
    """A text that waits for the receipts of its parts.

    states: what is known, by part. stored: set once the rows that receipts settle are committed.
    """

    id: str
    parts: int
    states: dict[int, str] = field(default_factory=dict)
    stored: asyncio.Event = field(default_factory=asyncio.Event)


class ReceiptDesk:
    """Remembers what was sent lately; asks the store for what was sent long ago."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer
        self._expected: OrderedDict[tuple[str, str], tuple[_Text, int]] = OrderedDict()
        self._literal: set[str] = set()
        self._one_by_one = asyncio.Lock()
        self._early: OrderedDict[tuple[str, str], tuple[str, DeliveryReceipt]] = OrderedDict()

    def foresee(self, smsc: str, outbox_id: str, message_ids: Sequence[str]) -> None:
        """These parts were taken by the SMSC and are being written: their receipts wait for ``expect``."""
        text = _Text(outbox_id, len(message_ids))
        for number, message_id in enumerate(message_ids):
            self._remember((smsc, message_id), (text, number))

    async def expect(self, smsc: str, outbox_id: str, message_ids: Sequence[str]) -> None:
        """These parts are written; receipts that came before are applied now."""
        if not self._foreseen(smsc, outbox_id, message_ids):
            self.foresee(smsc, outbox_id, message_ids)
        text = self._expected[smsc, message_ids[0]][0]
        text.stored.set()
        if not self._early:
            return
        for message_id in message_ids:
            early = self._early.pop((smsc, message_id), None)
            if early is not None:
                entry_id, receipt = early
                for spelling in (receipt.message_id, *receipt.also):
                    self._early.pop((smsc, spelling), None)
                at = self._context.clock()
                await self._committer.note(
                    *self._apply(text, message_id, message_ids.index(message_id), receipt),
                    inbox.done(entry_id, "matched", at),
                )

    async def receive(self, receipt: DeliveryReceipt) -> None:
        """Write what the receipt says. Returns once it is durable."""
        self._context.metrics.receipts.labels(receipt.state).inc()
        ops = await self._match(receipt)
        if ops is not None:
            await self._write(ops)
            return
        async with self._one_by_one:  # two parts of one text must see what the other wrote
            await self._from_store(receipt)

    async def recover(self) -> None:
        """Remember the receipts that came before their submit was known, and before the last stop."""
        for entry in await inbox.early_receipts(self._context.reader):
            self._await_submit(entry.id, _receipt(entry.body))

    def _foreseen(self, smsc: str, outbox_id: str, message_ids: Sequence[str]) -> bool:
        found = self._expected.get((smsc, message_ids[0]))
        return found is not None and found[0].id == outbox_id

    async def _match(self, receipt: DeliveryReceipt) -> list[Op] | None:
        """What to write if the text is remembered, else None; it waits for the rows that it is to settle."""
        await self._until_stored(receipt)
        for spelling in self._spellings(receipt):
            found = self._expected.get((receipt.smsc, spelling))
            if found is not None:
                if spelling == receipt.message_id:
                    self._literal.add(receipt.smsc)
                text, number = found
                if receipt.state in _SETTLES:
                    del self._expected[receipt.smsc, spelling]
                return self._apply(text, spelling, number, receipt)
        return None

    def _spellings(self, receipt: DeliveryReceipt) -> tuple[str, ...]:
        """The names under which a part may be known.

        An SMSC that was seen to write ids as it gave them is taken at its word; only before that does another
        spelling (decimal for hexadecimal) count, for it may be the name of another text.
        """
        return (receipt.message_id,) if receipt.smsc in self._literal else (receipt.message_id, *receipt.also)

    async def _until_stored(self, receipt: DeliveryReceipt) -> None:
        for spelling in self._spellings(receipt):
            found = self._expected.get((receipt.smsc, spelling))
            if found is not None:
                await found[0].stored.wait()
                return

    async def _from_store(self, receipt: DeliveryReceipt) -> None:
        part = await parts.find(self._context.reader, receipt.smsc, self._spellings(receipt))
        if part is None:
            ops = await self._match(receipt)  # its submit may have been answered while we looked
            await (self._keep(receipt) if ops is None else self._write(ops))
            return
        siblings = await parts.of_rows(self._context.reader, [part.outbox_id])
        states = {one.part: one.state for one in siblings if one.state in _SETTLES}
        total = await outbox.parts_of(self._context.reader, part.outbox_id)
        text = _Text(part.outbox_id, total or len(siblings), states)
        await self._write(self._apply(text, part.message_id, part.part, receipt))

    def _apply(self, text: _Text, message_id: str, number: int, receipt: DeliveryReceipt) -> list[Op]:
        """The part's state, and the text's once all of its parts have one."""
        state = _SETTLES.get(receipt.state)
        if state is None:
            return []
        part = Part(receipt.smsc, message_id, text.id, number, state)
        ops = [parts.settle(part, state, receipt.error or None)]
        text.states[number] = state
        if len(text.states) >= text.parts:
            whole = _whole(text.states)
            reason = f"network error {receipt.error}" if whole != "delivered" and receipt.error else None
            ops.append(outbox.move(text.id, whole, at=self._context.clock(), reason=reason))
            self._context.metrics.texts_out.labels(whole).inc()
        return ops

    async def _keep(self, receipt: DeliveryReceipt) -> None:
        """A receipt for something not known (yet): kept, and matched when its submit is answered."""
        at = self._context.clock()
        body = json.dumps({**asdict(receipt), "done_at": receipt.done_at and receipt.done_at.isoformat()})
        entry = Entry(new_id(at), "receipt", f"receipt:{receipt.smsc}", new_id(at), Msisdn(receipt.msisdn), body, at)
        self._await_submit(entry.id, receipt)
        await self._context.writer.commit(inbox.take_in(entry))

    def _await_submit(self, entry_id: str, receipt: DeliveryReceipt) -> None:
        for spelling in self._spellings(receipt):
            self._early[receipt.smsc, spelling] = (entry_id, receipt)
        while len(self._early) > _REMEMBERED:
            self._early.popitem(last=False)

    async def _write(self, ops: Sequence[Op]) -> None:
        if ops:
            await self._committer.note(*ops)

    def _remember(self, key: tuple[str, str], text: tuple[_Text, int]) -> None:
        self._expected[key] = text
        while len(self._expected) > _REMEMBERED:
            self._expected.popitem(last=False)


def _whole(states: dict[int, str]) -> str:
    """A text is delivered when every part is; else the worst part names it."""
    for state in ("failed", "expired"):
        if state in states.values():
            return state
    return "delivered"


def _receipt(body: str) -> DeliveryReceipt:
    """The receipt that ``_keep`` wrote."""
    fields = json.loads(body)
    done_at = fields["done_at"] and datetime.fromisoformat(fields["done_at"])
    return DeliveryReceipt(**{**fields, "done_at": done_at, "also": tuple(fields["also"])})
