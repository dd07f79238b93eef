"""Everything that comes in is durable before it is acknowledged, and worked on after (ADR 0003)."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime

from flows.values import Msisdn, parse_msisdn
from gateway.core.context import Context
from gateway.core.ports import Delivery, DeliveryReceipt, MobileOriginated
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

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """Take in texts and receipts; see ``InboundSms``."""
        receipts = [one for one in deliveries if isinstance(one, DeliveryReceipt)]
        texts = [one for one in deliveries if isinstance(one, MobileOriginated)]
        of_receipts = iter(await self._receipts.receive(receipts) if receipts else ())
        of_texts = iter(await self._texts(texts) if texts else ())
        outcomes = [next(of_texts if isinstance(one, MobileOriginated) else of_receipts) for one in deliveries]
        return [_unavailable(one) if isinstance(one, StoreError) else one for one in outcomes]

    async def _texts(self, texts: Sequence[MobileOriginated]) -> Sequence[Exception | None]:
        at = self._context.clock()
        entries = [_entry(text, at) for text in texts]
        try:
            kept = await self._context.writer.settle_all(map(_take_in, entries))
        except StoreError as error:  # the store is shutting down
            return [error] * len(texts)
        for entry, outcome in zip(entries, kept, strict=True):
            if outcome is True and entry.subject:
                self._replies.put(entry)
        return [outcome if isinstance(outcome, StoreError) else None for outcome in kept]

    def resume(self, triggers: Sequence[Triggered], replies: Sequence[Entry]) -> None:
        """Work on what was taken in before a stop."""
        for item in triggers:
            self._triggers.put(item)
        for entry in replies:
            self._replies.put(entry)


def _entry(text: MobileOriginated, at: datetime) -> Entry:
    entry_id, sender = new_id(at), parse_msisdn(text.source)
    body = json.dumps({"to": text.destination, "text": text.text, "smsc": text.smsc}, ensure_ascii=False)
    return Entry(entry_id, "mo", f"sms:{text.smsc}", entry_id, sender or Msisdn(""), body, at)


def _take_in(entry: Entry) -> Unit:
    """A machine's or a short code's text is kept too, but there is nobody to answer."""
    return inbox.take_in(entry) if entry.subject else inbox.put_aside(entry, "no_subscriber")


def _unavailable(error: StoreError) -> StoreUnavailable:
    unavailable = StoreUnavailable(str(error))
    unavailable.__cause__ = error
    return unavailable
