"""Receipts that came before the answer to their submit: kept in the inbox, and matched when that comes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict
from datetime import datetime, timedelta

from flows.documents import decode, encode
from flows.values import Msisdn
from gateway.core.expected_text import ExpectedText
from gateway.core.part_names import PartNames
from gateway.core.ports import DeliveryReceipt
from store import inbox
from store.ids import new_id
from store.inbox import Entry
from store.unit import Op

_EARLY = timedelta(hours=1)
"""A receipt that is older than this when its id is given out was of another text: an SMSC may use ids again."""


class EarlyReceipts:
    """most: names in memory; whose receipt is not among them is not matched any more."""

    def __init__(self, names: PartNames, most: int) -> None:
        self._names = names
        self._most = most
        self._waiting: OrderedDict[tuple[str, str], tuple[Entry, DeliveryReceipt]] = OrderedDict()

    def expect(self, entry: Entry, receipt: DeliveryReceipt | None = None) -> None:
        """Its submit is to be answered. receipt: what ``entry`` holds, if that is at hand."""
        receipt = receipt or _receipt(entry.body)
        kept = entry, receipt
        self._waiting[receipt.smsc, receipt.message_id] = kept
        for spelling in self._names.all(receipt):
            self._waiting.setdefault((receipt.smsc, spelling), kept)  # which may be another's own name
        while len(self._waiting) > self._most:
            self._waiting.popitem(last=False)

    def matched(self, text: ExpectedText, at: datetime) -> list[Op]:
        """Let the text hear those that spoke of it before anybody knew it; they are done with."""
        ops: list[Op] = []
        for number, message_id in enumerate(text.message_ids if self._waiting else ()):
            kept = self._waiting.pop((text.smsc, message_id), None)
            if kept is not None and message_id in self._names.all(kept[1]):
                entry, receipt = kept
                self._names.learn(receipt, message_id)
                for spelling in (receipt.message_id, *receipt.also):
                    if self._waiting.get((text.smsc, spelling)) is kept:
                        del self._waiting[text.smsc, spelling]
                early = at - entry.received_at <= _EARLY
                if early:
                    text.hear(number, receipt)
                ops.append(inbox.done(entry.id, "matched" if early else "unmatched", at))
        return ops


def entry_of(receipt: DeliveryReceipt, at: datetime) -> Entry:
    """A receipt as the inbox keeps it."""
    body = encode({**asdict(receipt), "done_at": receipt.done_at and receipt.done_at.isoformat()})
    return Entry(new_id(at), "receipt", f"receipt:{receipt.smsc}", new_id(at), Msisdn(receipt.msisdn), body, at)


def _receipt(body: str) -> DeliveryReceipt:
    """The receipt that ``entry_of`` wrote down."""
    fields = decode(body)
    done_at = fields["done_at"] and datetime.fromisoformat(fields["done_at"])
    return DeliveryReceipt(**{**fields, "done_at": done_at, "also": tuple(fields["also"])})
