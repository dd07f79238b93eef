"""Loading a file of behaviour: page by page in the order of people and time, from where it was broken off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from flows.behaviour import BehaviourRecord, Source
from flows.frozen import dataclass
from flows.market import Market
from flows.records import Subscriber
from flows.values import Msisdn, parse_msisdn
from gateway.core.behaviour_desk import BehaviourDesk, Told
from gateway.core.context import Clock
from scoring import behaviour_files, files
from scoring.artefact import data_sha256
from store import subscriptions, usage_loads
from store.reader import Reader
from store.unit import Unit
from store.usage_loads import Load
from store.writer import Writer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it. before: rows that an earlier load had done already. words: of this one, as for ``Kept``."""

    rows: int
    before: int
    words: Mapping[str, int]


class UsageLoader:
    """Loads files into a store, also while a gateway works on it."""

    def __init__(self, reader: Reader, writer: Writer, desk: BehaviourDesk, market: Market, clock: Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._desk = desk
        self._market = market
        self._clock = clock

    async def load(self, path: Path, source: Source, progress: Callable[[int, int], None]) -> Loaded:
        """Keep what a file tells. The whole file is checked before anything is written.

        progress: is called with rows done and rows of all. Raises FileMalformed, StoreError.
        """
        with files.opened(path, behaviour_files.columns_of(source)) as table:
            behaviour_files.refuse_coordinates(table, path)
            rows = table.check()
            load = await self._begun(data_sha256([path])[0], source)
            before, words = load.rows_done, Counter[str]()
            for page in () if load.ended else behaviour_files.pages(table, source, before):
                of_page = await self._page(page, source)
                words += of_page
                load = replace(load, rows_done=load.rows_done + len(page), kept=load.kept + of_page["kept"])
                await self._noted(load, None)
                progress(load.rows_done, rows)
            if not load.ended:
                await self._noted(load, self._clock())
        return Loaded(rows, before, words)

    async def _begun(self, digest: str, source: Source) -> Load:
        known = await usage_loads.find(self._reader, digest, source.value)
        if known is not None:
            return known
        load = Load(digest, source.value)
        await self._writer.commit(Unit(ops=(usage_loads.begin(load, self._clock()),)))
        return load

    async def _noted(self, load: Load, ended_at: datetime | None) -> None:
        await self._writer.commit(Unit(ops=(usage_loads.advance(load, ended_at),)))

    async def _page(self, page: Sequence[_Row], source: Source) -> Counter[str]:
        numbers = {row[0]: _msisdn(row[0]) for row in page}
        people = await self._people(sorted(set(numbers.values())), source)
        told, words = dict[Msisdn, list[BehaviourRecord]](), Counter[str]()
        for number, rows in groupby(page, key=lambda row: row[0]):
            records = [_record(source, row) for row in rows]
            if numbers[number] in people:
                told.setdefault(numbers[number], []).extend(records)
            else:
                words["no_consent"] += len(records)
        kept = await self._desk.keep([Told(people[who], records) for who, records in told.items()])
        return words + Counter(kept.words)

    async def _people(self, numbers: Sequence[Msisdn], source: Source) -> Mapping[Msisdn, Subscriber]:
        """Who has these numbers; somebody new begins where what a stranger does may be kept."""
        known = await subscriptions.by_msisdn(self._reader, numbers)
        at = self._clock()
        prior = self._market.at(at.astimezone(self._market.time_zones[0]).date()).behaviour
        missing = [number for number in numbers if number not in known]
        if not missing or source in prior:
            return known
        new = [subscriptions.begin(number, self._market.languages[0], at) for number in missing]
        await self._writer.commit_all(subscriptions.create(one, at) for one in new)
        return {**known, **await subscriptions.by_msisdn(self._reader, missing)}


def _record(source: Source, row: _Row) -> BehaviourRecord:
    names = [column.name for column in behaviour_files.VALUES[source]]
    values = {name: value for name, value in zip(names, row[2:], strict=True) if value is not None}
    return BehaviourRecord(source, _EPOCH + timedelta(microseconds=row[1]), values)


def _msisdn(text: str) -> Msisdn:
    number = parse_msisdn(text)
    assert number is not None, "the file was checked"
    return number
