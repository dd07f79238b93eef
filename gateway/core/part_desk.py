"""Parts of long texts are durable before they are acknowledged, and go into the inbox once they are a text.

A part that completes its text is written with it: nothing else of it is kept then but a mark, by which a part that
comes again is known, also after a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from flows.values import Msisdn
from gateway.core.context import Context
from gateway.core.long_texts import LongText, LongTexts, PartKey
from gateway.core.ports import MobileOriginated, MobilePart
from gateway.core.texts_in import entry_of, take_in
from gateway.errors import StoreUnavailable
from store import mo_parts
from store.errors import StoreError
from store.inbox import Entry
from store.mo_parts import StoredPart
from store.unit import Unit

_LOG = logging.getLogger(__name__)
_LOOK = 15.0
"""Seconds between looks at texts that wait for parts."""
_DIGEST = 8

Join = Callable[[Sequence[MobilePart]], str]
"""The text of parts that are in order; some may be missing."""


class PartDesk:
    """Joins parts. taken: told each text that is in the inbox and has somebody to answer."""

    def __init__(
        self, context: Context, join: Join, taken: Callable[[Entry], None], texts: LongTexts | None = None
    ) -> None:
        self._context = context
        self._join = join
        self._taken = taken
        self._texts = LongTexts() if texts is None else texts
        self._stored: set[tuple[str, int]] = set()
        self._writes: dict[tuple[str, int], asyncio.Future[bool]] = {}
        self._takes: dict[str, asyncio.Future[bool]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._stopping = False

    async def receive(self, parts: Sequence[MobilePart]) -> Sequence[Exception | None]:
        """Returns once each part is durable, by itself or in its text, or with why it is not."""
        at = self._context.clock()
        places = [self._place(part, at) for part in parts]
        for text in dict.fromkeys(place[0] for place in places if place is not None):
            self._write(text, at)
        waits = [self._durable(*place) for place in places if place is not None]
        outcomes = iter(await asyncio.gather(*waits, return_exceptions=True))
        crowded = StoreUnavailable("too many long texts wait for their parts")
        return [crowded if place is None else _error(next(outcomes)) for place in places]

    async def recover(self) -> None:
        """Take up what the last stop left; what is late by now is passed on."""
        for text_id, rows in groupby(await mo_parts.left(self._context.reader), key=lambda row: row.text_id):
            self._take_up(text_id, list(rows))
        await self.pass_on_late()

    async def stop(self) -> None:
        """Look no more; what waits is in the store."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        if self._looking is not None:
            await self._looking

    async def pass_on_late(self) -> None:
        """What came of texts whose other parts did not come in time goes into the inbox as it is."""
        at = self._context.clock()
        late = [text for text in self._texts.late(at) if text.id not in self._takes]
        for text in late:
            _LOG.warning("parts missing, what came is passed on", extra={"total": text.key.total})
            self._count("incomplete")
            self._take_in(text, at)
        await asyncio.gather(*(self._takes[text.id] for text in late), return_exceptions=True)
        before = self._texts.forget_old(at)
        if before is not None:
            await asyncio.gather(self._submit(Unit(ops=(mo_parts.forget(before),))), return_exceptions=True)
        self._watch()

    # ── one part ──

    def _place(self, part: MobilePart, at: datetime) -> tuple[LongText, int] | None:
        """The text that the part belongs to, and its number; None if there is no room."""
        text = self._texts.find(part)
        if text is not None:
            self._count("repeated")
            return text, part.number
        if not self._texts.has_room_for(part):
            self._look()
            return None
        self._count("new")
        return self._texts.add(part, at), part.number

    def _write(self, text: LongText, at: datetime) -> None:
        """Write what is not durable of a text, nor on its way to be."""
        if text.closed:
            return
        if text.whole:
            self._take_in(text, at)
            return
        self._watch()
        for number, part in text.parts.items():
            which = (text.id, number)
            if which not in self._stored and which not in self._writes:
                self._writes[which] = written = self._submit(mo_parts.put(_stored(text, part, at)))
                written.add_done_callback(partial(self._part_written, text, number))

    def _durable(self, text: LongText, number: int) -> asyncio.Future[bool]:
        """The commit that makes this part durable."""
        on_its_way = self._takes.get(text.id) or self._writes.get((text.id, number))
        return on_its_way or _settled(True)

    def _part_written(self, text: LongText, number: int, written: asyncio.Future[bool]) -> None:
        del self._writes[text.id, number]
        if _succeeded(written):
            self._stored.add((text.id, number))
        elif not text.closed:  # else it is written with its text
            self._texts.take_back(text, number)

    # ── a whole text ──

    def _take_in(self, text: LongText, at: datetime) -> None:
        """Into the inbox, with the parts that are there."""
        parts = text.in_order
        key, smsc = text.key, parts[-1].smsc
        entry = entry_of(MobileOriginated(smsc, Msisdn(key.source), key.destination, self._join(parts)), at)
        unit = replace(take_in(entry), ops=mo_parts.taken_in(_mark(text, smsc, at)))
        text.closed = True
        self._takes[text.id] = written = self._submit(unit)
        written.add_done_callback(partial(self._text_written, text, entry))

    def _text_written(self, text: LongText, entry: Entry, written: asyncio.Future[bool]) -> None:
        del self._takes[text.id]
        if not _succeeded(written):
            text.closed = False
            for number in [one for one in text.parts if not self._is_kept(text, one)]:
                self._texts.take_back(text, number)
            return
        self._stored.difference_update([(text.id, number) for number in text.parts])
        self._texts.settle(text, entry.received_at)
        self._watch()
        if entry.subject and written.result():
            self._taken(entry)

    def _is_kept(self, text: LongText, number: int) -> bool:
        return (text.id, number) in self._stored or (text.id, number) in self._writes

    # ── after a restart, and as time goes by ──

    def _take_up(self, text_id: str, rows: Sequence[StoredPart]) -> None:
        first = rows[0]
        key = PartKey(first.source, first.destination, first.reference, first.wide, first.total)
        if first.number == 0:
            self._texts.recall(LongText(text_id, key, first.at, digests=_digests(first.octets)))
            return
        text = self._texts.begin(text_id, key, min(row.at for row in rows))
        for row in rows:
            self._texts.put(text, _part(row))
            self._stored.add((text_id, row.number))

    def _watch(self) -> None:
        if self._timer is None and self._texts.remembers and not self._stopping:
            self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look)

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._stopping and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self.pass_on_late())

    def _submit(self, unit: Unit) -> asyncio.Future[bool]:
        try:
            return self._context.writer.submit(unit)
        except StoreError as error:  # it is shutting down
            return _settled(error)

    def _count(self, outcome: str) -> None:
        self._context.metrics.parts_in.labels(outcome).inc()


def _stored(text: LongText, part: MobilePart, at: datetime) -> StoredPart:
    return StoredPart(
        text.id,
        part.number,
        part.smsc,
        part.source,
        part.destination,
        part.reference,
        part.wide,
        part.total,
        part.data_coding,
        part.locking,
        part.single,
        part.octets,
        at,
    )


def _part(row: StoredPart) -> MobilePart:
    return MobilePart(
        row.smsc,
        Msisdn(row.source),
        row.destination,
        row.reference,
        row.wide,
        row.total,
        row.number,
        row.data_coding,
        row.octets,
        row.locking,
        row.single,
    )


def _mark(text: LongText, smsc: str, at: datetime) -> StoredPart:
    octets = b"".join(bytes((number,)) + digest for number, digest in text.digests.items())
    key = text.key
    return StoredPart(
        text.id, 0, smsc, key.source, key.destination, key.reference, key.wide, key.total, 0, 0, 0, octets, at
    )


def _digests(octets: bytes) -> dict[int, bytes]:
    """What ``_mark`` wrote."""
    return {octets[at]: octets[at + 1 : at + 1 + _DIGEST] for at in range(0, len(octets), 1 + _DIGEST)}


def _settled(outcome: bool | StoreError) -> asyncio.Future[bool]:
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    if isinstance(outcome, StoreError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future


def _succeeded(written: asyncio.Future[bool]) -> bool:
    return not written.cancelled() and written.exception() is None


def _error(outcome: Any) -> Exception | None:
    return outcome if isinstance(outcome, Exception) else None
