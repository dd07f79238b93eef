"""What may tell of porting, of everybody of whom anything is kept, from sources alone whose consent stands now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import orjson

from flows.behaviour import Source
from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId
from gateway.core.behaviour_desk import BehaviourDesk
from scoring import porting
from scoring.behaviour import DayRing
from scoring.behaviour_columns import COLUMNS
from scoring.porting_signals import Lived, signals
from scoring.values import Bools, Floats
from store import behaviour, subscriptions
from store.reader import Reader

SOURCES: Mapping[porting.Source, Source] = {
    porting.Source.RECHARGES: Source.RECHARGES,
    porting.Source.USE: Source.SESSIONS,
    porting.Source.SUPPORT: Source.SUPPORT,
}
"""Which source of behaviour, each with its own consent, each signal is made of."""
_DAY = timedelta(days=1)
_Standing = Mapping[SubscriptionId, frozenset[Source]]


@dataclass(frozen=True, slots=True)
class PortingRow:
    """The features of one person, in the order of ``scoring.porting.FEATURES``; NaN = not known or not agreed to."""

    msisdn: Msisdn
    subscription: SubscriptionId
    features: Floats


class PortingFeatures:
    """Of everybody in a store, as they are at ``at``. currency: recharges in others are left out."""

    def __init__(self, reader: Reader, desk: BehaviourDesk, currency: str, at: datetime) -> None:
        self._reader = reader
        self._desk = desk
        self._currency = currency
        self._at = at

    async def pages(self) -> AsyncIterator[tuple[int, Sequence[PortingRow]]]:
        """How many people were looked at, and the rows of those of them of whom anything is known."""
        no_contacts = DayRing(len(COLUMNS[Source.SUPPORT]))
        untold = no_contacts if await behaviour.is_told(self._reader, Source.SUPPORT) else None
        after = ""
        while people := await behaviour.people(self._reader, after):
            after = people[-1]
            known = (await subscriptions.by_ids(self._reader, people)).values()
            holders = {one.id: one.msisdn for one in known if one.state != "ended"}
            standing = await self._desk.standing(list(holders))
            lived = await self._lived(standing, untold)
            found = porting.features(signals(lived, _consented(standing), self._desk.day(self._at)))
            rows = [
                PortingRow(msisdn, subscription, row)
                for (subscription, msisdn), row in zip(holders.items(), found, strict=True)
                if not np.isnan(row).all()
            ]
            yield len(people), rows

    async def _lived(self, standing: _Standing, untold: DayRing | None) -> list[Lived]:
        """untold: the contacts with support of whoever let us keep them, and never had one."""
        rings = await self._desk.rings(standing, self._at)
        recharges = await self._recharges([one for one, sources in standing.items() if Source.RECHARGES in sources])
        return [
            Lived(
                recharges.get(one),
                rings[one].get(Source.SESSIONS),
                rings[one].get(Source.SUPPORT, untold if Source.SUPPORT in sources else None),
            )
            for one, sources in standing.items()
        ]

    async def _recharges(self, agreed: Sequence[SubscriptionId]) -> dict[SubscriptionId, Floats]:
        """All that is kept: how many days ago, what amount."""
        since = self._desk.kept_since(Source.RECHARGES, self._at)
        told = await behaviour.told_of(self._reader, agreed, Source.RECHARGES)
        return {
            person: np.array(
                [
                    ((self._at - one.at) / _DAY, float(values["amount"]))
                    for one in records
                    if one.at > since
                    and (values := orjson.loads(one.content)).get("currency", self._currency) == self._currency
                ]
            )
            for person, records in told.items()
        }


def _consented(standing: _Standing) -> Bools:
    agreed = [[SOURCES[one] in sources for one in porting.Source] for sources in standing.values()]
    return np.array(agreed, dtype=bool).reshape(len(standing), len(porting.Source))
