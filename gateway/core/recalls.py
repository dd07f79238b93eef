"""Texts that an SMSC has: taken back where it still can be, and asked about where no receipt came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core.context import Context
from gateway.core.ports import DeliveryReceipt, SmsRecall
from gateway.core.receipts import ReceiptDesk
from gateway.core.sms_routes import Routes
from store import outbox, parts
from store.parts import Part
from store.sms_rows import SmsRow
from store.unit import Unit

Binds = Sequence[tuple[str, SmsRecall]]
"""Of one SMSC, by their names."""


class Recalls:
    """recalls: by the name of the SMSC."""

    def __init__(self, context: Context, recalls: Mapping[str, Binds], routes: Routes, desk: ReceiptDesk) -> None:
        self._context = context
        self._recalls = recalls
        self._routes = routes
        self._desk = desk

    async def call_off(self, which: str) -> bool:
        """Whether every part that is still on its way was taken back; then the text has ended."""
        row, open_parts = await self._open(which)
        known = await parts.of_rows(self._context.reader, [which])
        total = await outbox.parts_of(self._context.reader, which)
        if row is None or not open_parts or len(known) < (total or 1):  # a part that is in doubt cannot be taken back
            return False
        taken = [await self._cancel(row, part) for part in open_parts]
        if not all(taken):
            return False
        end = outbox.end(row.id, "suppressed", self._context.clock(), reason="called_off")
        await self._context.writer.commit(Unit(ops=(end,)))
        return True

    async def ask(self, which: str) -> None:
        """Ask about every part of which no receipt came; what is said counts like one."""
        row, open_parts = await self._open(which)
        if row is None:
            return
        said = [await self._query(row, part) for part in open_parts]
        await self._desk.receive([one for one in said if one is not None])

    async def _open(self, which: str) -> tuple[SmsRow | None, Sequence[Part]]:
        row = await outbox.by_id(self._context.reader, which)
        if not isinstance(row, SmsRow) or row.state not in ("sent", "in_doubt"):
            return None, ()
        return row, [one for one in await parts.of_rows(self._context.reader, [which]) if one.state == "sent"]

    async def _query(self, row: SmsRow, part: Part) -> DeliveryReceipt | None:
        for bind, recall in self._recalls.get(part.smsc, ()):
            said = await recall.query(part.message_id, self._routes.source(bind, row.source))
            if said is not None:
                return said
        return None

    async def _cancel(self, row: SmsRow, part: Part) -> bool:
        for bind, recall in self._recalls.get(part.smsc, ()):
            if await recall.cancel(part.message_id, self._routes.source(bind, row.source), row.msisdn):
                return True
        return False
