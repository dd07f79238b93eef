"""Everything that comes in is durable before it is acknowledged, and worked on after (ADR 0003)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from gateway.core.context import Context
from gateway.core.gathering import Gathering
from gateway.core.part_desk import Join, PartDesk
from gateway.core.ports import Delivery, DeliveryReceipt, MobileOriginated, MobilePart
from gateway.core.problems import Problem
from gateway.core.pump import Pump
from gateway.core.receipts import ReceiptDesk
from gateway.core.texts_in import entry_of, take_in
from gateway.core.triggers import Triggered
from gateway.errors import StoreUnavailable
from store import inbox
from store.errors import StoreError
from store.inbox import Entry
from store.unit import Unit
from store.writer import raise_first

_RETRY_SECONDS = 5
_LOG = logging.getLogger(__name__)


class Intake:
    """Satisfies ``InboundSms``; takes triggers too. join: see ``gateway.core.part_desk``.

    most_waiting: triggers that may wait to be worked on before no more are taken of who can send them again.
    """

    def __init__(
        self,
        context: Context,
        triggers: Pump[Triggered] | Gathering,
        replies: Pump[Entry],
        receipts: ReceiptDesk,
        join: Join,
        *,
        most_waiting: int = 50_000,
    ) -> None:
        self._context = context
        self._triggers = triggers
        self._replies = replies
        self._receipts = receipts
        self._parts = PartDesk(context, join, replies.put)
        self._most_waiting = most_waiting
        self._entering = 0

    async def offered(self, batch: Sequence[Triggered], units: Sequence[Unit]) -> list[bool]:
        """As ``triggers``, of who can send them again. Raises Problem where too many wait: nothing was taken then."""
        self.check_room(len(batch))
        self._entering += len(batch)  # so that those that are being written are not forgotten
        try:
            return await self.triggers(batch, units)
        finally:
            self._entering -= len(batch)

    def check_room(self, number: int = 1) -> None:
        """Raises Problem where so many more cannot wait."""
        if self.backlog + self._entering + number > self._most_waiting:
            headers = {"Retry-After": str(_RETRY_SECONDS)}
            raise Problem(
                503, "too-many-waiting", "too many triggers wait to be worked on; send it again", headers=headers
            )

    async def triggers(self, batch: Sequence[Triggered], units: Sequence[Unit]) -> list[bool]:
        """Take in events; for each, whether it was new. units: by which each is written.

        Raises StoreUnavailable; sent again, those that were taken all the same are known.
        """
        taken = await self._context.writer.settle_all(units)
        for item, new in zip(batch, taken, strict=True):
            if new is True:
                self._triggers.put(item)
        try:
            return raise_first(taken)
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error

    @property
    def backlog(self) -> int:
        """Triggers that are in the inbox and not dealt with."""
        return self._triggers.backlog

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """Take in texts, parts of texts and receipts; see ``InboundSms``."""
        receipts = [one for one in deliveries if isinstance(one, DeliveryReceipt)]
        texts = [one for one in deliveries if isinstance(one, MobileOriginated)]
        parts = [one for one in deliveries if isinstance(one, MobilePart)]
        found = {
            DeliveryReceipt: iter(await self._receipts.receive(receipts) if receipts else ()),
            MobileOriginated: iter(await self._texts(texts) if texts else ()),
            MobilePart: iter(await self._parts.receive(parts) if parts else ()),
        }
        outcomes = [next(found[type(one)]) for one in deliveries]
        return [_unavailable(one) if isinstance(one, StoreError) else one for one in outcomes]

    async def _texts(self, texts: Sequence[MobileOriginated]) -> Sequence[Exception | None]:
        at = self._context.clock()
        entries = [entry_of(text, at) for text in texts]
        try:
            kept = await self._context.writer.settle_all(map(take_in, entries))
        except StoreError as error:  # the store is shutting down
            return [error] * len(texts)
        for entry, outcome in zip(entries, kept, strict=True):
            if outcome is True and entry.subject:
                self._replies.put(entry)
        return [outcome if isinstance(outcome, StoreError) else None for outcome in kept]

    async def recover(self) -> Sequence[Entry]:
        """Take up parts and receipts of before the last stop; which entries of the inbox are still to be worked on."""
        await self._receipts.recover()
        waiting = await inbox.waiting(self._context.reader)
        await self._parts.recover()  # what this puts into the inbox is put to work by itself
        return waiting

    async def stop(self) -> None:
        """Look no more for parts that are late."""
        await self._parts.stop()

    def resume(self, triggers: Sequence[Triggered], replies: Sequence[Entry]) -> None:
        """Work on what was taken in before a stop."""
        for item in triggers:
            self._triggers.put(item)
        for entry in replies:
            self._replies.put(entry)


def _unavailable(error: StoreError) -> StoreUnavailable:
    unavailable = StoreUnavailable(str(error))
    unavailable.__cause__ = error
    return unavailable
