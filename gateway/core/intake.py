"""Everything that comes in is durable before it is acknowledged, and worked on after (ADR 0003)."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from flows.values import Msisdn, parse_msisdn
from gateway.core.context import Context
from gateway.core.ports import DeliveryReceipt, MobileOriginated
from gateway.core.pump import Pump
from gateway.core.receipts import ReceiptDesk
from gateway.core.triggers import Triggered
from gateway.errors import StoreUnavailable
from store import inbox
from store.errors import StoreError
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit
from store.writer import raise_first

_LOG = logging.getLogger(__name__)


class Intake:
    """Satisfies ``InboundSms``; takes triggers too."""

    def __init__(
        self, context: Context, triggers: Pump[Triggered], replies: Pump[Entry], receipts: ReceiptDesk
    ) -> None:
        self._context = context
        self._triggers = triggers
        self._replies = replies
        self._receipts = receipts

    async def triggers(self, batch: Sequence[Triggered]) -> list[bool]:
        """Take in events; for each, whether it was new. Raises StoreUnavailable; sent again, those that
        were taken all the same are known."""
        taken = await self._context.writer.settle_all(inbox.take_in(item.entry) for item in batch)
        for item, new in zip(batch, taken, strict=True):
            if new is True:
                self._triggers.put(item)
        try:
            return raise_first(taken)
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error

    async def message(self, mo: MobileOriginated) -> None:
        """Take in a text."""
        at = self._context.clock()
        entry_id, sender = new_id(at), parse_msisdn(mo.source)
        body = json.dumps({"to": mo.destination, "text": mo.text, "smsc": mo.smsc}, ensure_ascii=False)
        entry = Entry(entry_id, "mo", f"sms:{mo.smsc}", entry_id, sender or Msisdn(""), body, at)
        try:
            await self._context.writer.commit(inbox.take_in(entry))
            if sender is None:  # a machine's or a short code's: nobody to answer
                await self._context.writer.commit(Unit(ops=(inbox.done(entry_id, "no_subscriber", at),)))
                return
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error
        self._replies.put(entry)

    async def receipt(self, receipt: DeliveryReceipt) -> None:
        """Take in a receipt."""
        try:
            await self._receipts.receive(receipt)
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error

    def resume(self, triggers: Sequence[Triggered], replies: Sequence[Entry]) -> None:
        """Work on what was taken in before a stop."""
        for item in triggers:
            self._triggers.put(item)
        for entry in replies:
            self._replies.put(entry)
