"""Keeping what is told of people's behaviour: what may be kept, each thing once, folded into daily sums (ADR 33)."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from flows.behaviour import PURPOSES, BehaviourRecord, Source, stands
from flows.frozen import dataclass
from flows.market import Market
from flows.records import Subscriber
from flows.values import Msisdn, SubscriptionId
from gateway.config.behaviour_sections import BehaviourConfig
from gateway.core import paces
from gateway.core.context import Clock, Context
from gateway.errors import StoreUnavailable
from scoring.behaviour import DayRing, from_bytes, observe, to_bytes, window, without_before
from scoring.behaviour_columns import COLUMNS, added
from scoring.errors import ScoringError
from scoring.values import Floats
from store import behaviour, consents, subscriptions, usage
from store.behaviour import KeptRecord, KeptSums
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer, raise_first

_LOG = logging.getLogger(__name__)
_SKEW = timedelta(hours=1)
_MOST_TRIES = 20
"""Each failed one means that somebody else's was written."""
_EPOCH = date(1970, 1, 1).toordinal()
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_Key = tuple[SubscriptionId, Source]


class _Named(NamedTuple):
    """A record with its digest, and what it says as canonical JSON."""

    digest: str
    content: str
    record: BehaviourRecord


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one person."""

    subscriber: Subscriber
    records: Sequence[BehaviourRecord]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of records.

    words: how many are ``kept``, ``known``, or ``no_consent``, ``too_old``, ``too_new``, ``former_holder``,
    ``impossible``. standing: the sources that may be kept of each person. paces: of use, of whom something was kept
    that changes it.
    """

    words: Mapping[str, int]
    standing: Mapping[SubscriptionId, frozenset[Source]]
    paces: Mapping[SubscriptionId, bytes]


class BehaviourDesk:
    """Works on batches in which nobody comes twice. retention: how long each source is kept."""

    def __init__(
        self, reader: Reader, writer: Writer, market: Market, retention: Mapping[Source, timedelta], clock: Clock
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._market = market
        self._retention = retention
        self._clock = clock

    @classmethod
    def of(cls, context: Context, config: BehaviourConfig | None = None) -> BehaviourDesk:
        """A desk of this market, with what it shares with the others."""
        retention = (config or BehaviourConfig()).retention
        return cls(context.reader, context.writer, context.market, retention, context.clock)

    async def standing(self, people: Sequence[SubscriptionId]) -> dict[SubscriptionId, frozenset[Source]]:
        """The sources that may be kept of these people now."""
        day = self._clock().astimezone(self._market.time_zones[0]).date()
        prior = self._market.at(day).behaviour
        said = await consents.latest(self._reader, people, list(PURPOSES))
        return {
            one: frozenset(source for source in Source if stands(source, said.get((one, source.purpose)), prior))
            for one in people
        }

    async def keep(self, told: Sequence[Told]) -> Kept:
        """Keep what may be kept and is new. Raises StoreUnavailable, WriteFailed; told again, it is kept once."""
        former = await subscriptions.former(self._reader, [one.subscriber.msisdn for one in told])
        left, words, at = list(told), Counter[str](), self._clock()
        standing: dict[SubscriptionId, frozenset[Source]] = {}
        paced: dict[SubscriptionId, bytes] = {}
        for _ in range(_MOST_TRIES):
            standing.update(await self.standing([one.subscriber.id for one in left]))
            admitted = self._admitted(left, standing, former, words, at)
            shut = await self._fold(admitted, words, paced, at)
            if not shut:
                return Kept(words, standing, paced)
            again = defaultdict[SubscriptionId, list[BehaviourRecord]](list)
            for key in shut:
                again[key[0]] += admitted[key]
            left = [replace(one, records=again[one.subscriber.id]) for one in left if one.subscriber.id in again]
        raise StoreUnavailable("others write the same people's behaviour all the time")

    def _admitted(
        self,
        told: Sequence[Told],
        standing: Mapping[SubscriptionId, frozenset[Source]],
        former: Mapping[Msisdn, datetime],
        words: Counter[str],
        at: datetime,
    ) -> dict[_Key, list[BehaviourRecord]]:
        """What may be kept, by whose it is; what may not is counted."""
        admitted = defaultdict[_Key, list[BehaviourRecord]](list)
        for one in told:
            since, person = former.get(one.subscriber.msisdn), one.subscriber.id
            for record in one.records:
                word = self._refused(record, standing[person], since, at)
                if word:
                    words[word] += 1
                else:
                    admitted[person, record.source].append(record)
        return admitted

    def _refused(
        self, record: BehaviourRecord, standing: frozenset[Source], since: datetime | None, at: datetime
    ) -> str:
        """Why a record is not kept, in a word; empty for one that is."""
        if record.source not in standing:
            return "no_consent"
        if record.at - at > _SKEW:
            return "too_new"
        if self.too_old(record.source, record.at):
            return "too_old"
        return "former_holder" if since is not None and record.at <= since else ""

    async def _fold(
        self,
        admitted: Mapping[_Key, Sequence[BehaviourRecord]],
        words: Counter[str],
        paced: dict[SubscriptionId, bytes],
        at: datetime,
    ) -> frozenset[_Key]:
        """Write what is new; whose sums were changed by somebody else meanwhile."""
        sums = await behaviour.of(self._reader, sorted({person for person, _ in admitted}))
        new = {key: await self._new(key, records, begun=key in sums) for key, records in admitted.items()}
        found = {key: self._observed(_ring(sums.get(key), key[1]), of_key.values()) for key, of_key in new.items()}
        changed = await self._paces(new, found, sums)
        units: dict[_Key, Unit] = {}
        for key, (ring, possible) in found.items():
            if not possible:
                continue
            trimmed = without_before(ring, self.day(self.kept_since(key[1], at)))
            kept = KeptSums(*key, to_bytes(trimmed), sums[key].changes if key in sums else 0)
            is_paced = key[1] is Source.SESSIONS
            pace = (usage.put(key[0], changed[key[0]], at),) if is_paced else ()
            units[key] = behaviour.fold(kept, possible, at, pace)
        opened = raise_first(await self._writer.settle_all(units.values()))
        shut = frozenset(key for key, passed in zip(units, opened, strict=True) if not passed)
        for key in admitted.keys() - shut:
            kept_now, new_now, told_now = len(found[key][1]), len(new[key]), len(admitted[key])
            words.update({"kept": kept_now, "impossible": new_now - kept_now, "known": told_now - new_now})
        paced.update((person, pace) for person, pace in changed.items() if (person, Source.SESSIONS) not in shut)
        return shut

    async def _new(self, key: _Key, records: Sequence[BehaviourRecord], *, begun: bool) -> dict[str, _Named]:
        """Those that are not kept yet, by digest. begun: whether there are sums; without them there are no records."""
        named = {one.digest: one for one in map(_named, records)}
        known = await behaviour.known(self._reader, *key, list(named)) if begun else ()
        return {digest: one for digest, one in named.items() if digest not in known}

    async def _paces(
        self,
        new: Mapping[_Key, Mapping[str, _Named]],
        found: Mapping[_Key, tuple[DayRing, Sequence[KeptRecord]]],
        sums: Mapping[_Key, KeptSums],
    ) -> dict[SubscriptionId, bytes]:
        """The paces of use with what is new of sessions and can be, by person."""
        told = {
            person: [new[person, source][one.digest].record for one in possible]
            for (person, source), (_, possible) in found.items()
            if source is Source.SESSIONS and possible
        }
        begun = {person for person, source in sums if source is Source.SESSIONS}
        return await paces.after(self._reader, told, begun) if told else {}

    def _observed(self, ring: DayRing, new: Iterable[_Named]) -> tuple[DayRing, list[KeptRecord]]:
        """The sums with these records; what cannot be, in size or time, is left out."""
        possible = []
        for digest, content, record in new:
            local = record.at.astimezone(self._market.time_zones[0])
            try:
                ring = observe(ring, local.toordinal() - _EPOCH, added(record.source, local.hour, record.values))
            except ScoringError:
                continue
            possible.append(KeptRecord(digest, record.at, content))
        return ring, possible

    async def windows(
        self, people: Sequence[SubscriptionId], at: datetime
    ) -> dict[SubscriptionId, dict[Source, Floats]]:
        """The last 28 days: ``(28, width)`` for each source that may be used now and tells something of the person."""
        rings = await self.rings(await self.standing(people), at)
        return {one: {source: window(ring, self.day(at)) for source, ring in of.items()} for one, of in rings.items()}

    async def rings(
        self, standing: Mapping[SubscriptionId, frozenset[Source]], at: datetime
    ) -> dict[SubscriptionId, dict[Source, DayRing]]:
        """The daily sums of these people, of the sources that stand and tell something of the person."""
        found: dict[SubscriptionId, dict[Source, DayRing]] = {one: {} for one in standing}
        for (person, source), kept in (await behaviour.of(self._reader, list(standing))).items():
            if source in standing[person]:
                oldest = self.day(self.kept_since(source, at))
                found[person][source] = without_before(_ring(kept, source), oldest)
        return found

    def kept_since(self, source: Source, at: datetime) -> datetime:
        """What happened before is longer ago than this source is kept."""
        return at - self._retention[source]

    def too_old(self, source: Source, at: datetime) -> bool:
        """Whether what happened then is longer ago than this source is kept."""
        return self._clock() - at >= self._retention[source]

    def trimmed(self, kept: KeptSums, at: datetime) -> DayRing | None:
        """Sums without what is older than may be kept; None where they hold nothing of that."""
        ring = _ring(kept, kept.source)
        left = without_before(ring, self.day(self.kept_since(kept.source, at)))
        return None if left is ring else left

    def day(self, at: datetime) -> int:
        """The day of the sums, on the clock of the market."""
        return at.astimezone(self._market.time_zones[0]).date().toordinal() - _EPOCH


def _ring(kept: KeptSums | None, source: Source) -> DayRing:
    """What is kept; sums that cannot be read begin anew."""
    width = len(COLUMNS[source])
    if kept is None:
        return DayRing(width)
    try:
        return from_bytes(kept.state, width)
    except ScoringError:
        _LOG.warning("daily sums of behaviour could not be read and begin anew", extra={"source": source.value})
        return DayRing(width)


def _named(record: BehaviourRecord) -> _Named:
    content = _CANONICAL.encode(record.values)
    said = f"{record.at.timestamp():.6f}\n{content}"
    return _Named(hashlib.blake2b(said.encode(), digest_size=16).hexdigest(), content, record)
