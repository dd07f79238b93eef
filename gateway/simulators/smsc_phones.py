"""The phones behind the SMSC simulator: what they show of the texts that were submitted for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.core.long_texts import LongTexts
from gateway.core.ports import MobilePart
from gateway.simulators.smsc_book import Book
from gateway.smpp.incoming import join, read_text
from gateway.smpp.pdu import Message

_LONGEST_WAIT: Final = timedelta(seconds=60)
"""Until parts whose others do not come are put away."""


class Phones:
    """Puts parts together and lists whole texts in ``book``. news: told of each."""

    def __init__(self, book: Book, start: Callable[[Any], None]) -> None:
        self.news = asyncio.Condition()
        self._book = book
        self._start = start
        self._long = LongTexts(_LONGEST_WAIT)
        self._part_ids: dict[str, dict[int, str]] = {}

    def show(self, bind: str, message: Message, message_id: str) -> None:
        """A text, or a part of one, reached its phone. bind: who submitted it."""
        said = read_text("", message)
        if not isinstance(said, MobilePart):
            self._list(bind, message, said.text, [message_id])
            return
        now = datetime.now(UTC)
        for late in self._long.late(now):
            self._long.settle(late, now)
            del self._part_ids[late.id]
        self._long.forget_old(now)
        again = self._long.find(said)  # a text that is repeated completes from the parts of both attempts
        text = self._long.add(said, now) if again is None or again.closed else again
        ids = self._part_ids.setdefault(text.id, {})
        ids[said.number] = message_id
        if text.whole:
            parts = text.in_order
            self._long.settle(text, now)
            del self._part_ids[text.id]
            self._list(bind, message, join(parts), [ids[number] for number in sorted(ids)])

    def _list(self, bind: str, message: Message, text: str, ids: list[str]) -> None:
        self._book.list(
            {
                "id": ids[0],
                "ids": ids,
                "from": message.source,
                "to": message.destination,
                "text": text,
                "parts": len(ids),
                "data_coding": message.data_coding,
                "source_ton": message.source_ton,
                "source_npi": message.source_npi,
                "validity_period": message.validity_period,
                "bind": bind,
            }
        )
        self._start(self._tell())

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()
