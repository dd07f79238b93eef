"""One price a person, for a while: worked out once, kept, and read by every channel (ADR 31).

A bundle that is offered costs less than the list only for somebody who agreed to offers themselves, of whom it is known
that they may leave, and as long as the budget has it. While the offer is open, the menu shows and sells the bundle at
its price, by accepting that offer; once it was taken, refused or its time is over, all channels are back at the list.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from flows.catalogue import Bundle, Catalogue
from flows.personal_price import PersonalPrice
from flows.records import Subscriber
from flows.values import BundleId, Money, OfferId, SubscriptionId
from gateway.core.price_windows import PricePolicy, Wanted, margin_of, worked_out
from gateway.telemetry import Metrics
from scoring.lifetime import monthly_margin
from store import prices as kept
from store.errors import StoreError
from store.prices import Incentive, PriceWindow, Risk
from store.reader import Reader
from store.unit import Op, Unit
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_RISK_LASTS = timedelta(days=45)
_LOOKS_BACK_MONTHS = 3
_MONTH = timedelta(days=28)
_SHORTEST = timedelta(hours=1)
"""Of a window: with less left of it, nothing new is offered at its price."""
_LOOK_AGAIN = timedelta(minutes=1)
"""Between two looks at what came back to a budget."""


Standing = Mapping[BundleId, tuple[OfferId, Money]]
"""What costs a person less than the list, each with the open offer that says so."""


def at_price(bundle: Bundle, standing: Standing) -> Bundle:
    """The bundle at what it costs this person."""
    return replace(bundle, price=standing[bundle.id][1]) if bundle.id in standing else bundle


@dataclass(slots=True)
class _Batch:
    """What is known of those at risk, and what is decided of them. opens: bundles that they have an open offer of.

    left: of the budget. held: of it by each of them.
    """

    at: datetime
    risks: Mapping[SubscriptionId, Risk]
    margins: Mapping[SubscriptionId, float]
    windows: dict[tuple[SubscriptionId, BundleId], PriceWindow]
    opens: set[tuple[SubscriptionId, BundleId, int]]
    left: int
    held: dict[SubscriptionId, int]
    ops: list[Op] = field(default_factory=list)


class Prices:
    """The one place where prices of one person are made and looked up. One per process: the budget's lock is here.

    policy: what the operator allows.
    """

    def __init__(
        self,
        policy: PricePolicy,
        catalogue: Catalogue,
        zone: ZoneInfo,
        *,
        reader: Reader,
        writer: Writer,
        metrics: Metrics,
    ) -> None:
        self.policy = policy
        self._catalogue = catalogue
        self._zone = zone
        self._reader = reader
        self._writer = writer
        self._metrics = metrics
        self._currency = catalogue.bundles[0].price.currency if catalogue.bundles else ""
        self._lock = asyncio.Lock()
        self._used: dict[str, tuple[int, datetime]] = {}

    async def standing(self, person: Subscriber, at: datetime) -> Standing:
        """What costs this person less than the list now. Nothing while the store does not say."""
        try:
            return await kept.standing(self._reader, person.id, at)
        except StoreError:
            self._failed()
            return {}

    async def quoted(self, wanted: Sequence[Wanted], at: datetime) -> list[PersonalPrice | None]:
        """For each the price below the list that it is offered at, None for the list's. Taken from the budget by then.

        Whatever goes wrong leaves the list price, and is counted.
        """
        try:
            return await self._quoted(wanted, at)
        except StoreError:
            self._failed()
            return [None] * len(wanted)

    def _failed(self) -> None:
        self._metrics.failures.labels("pricing").inc()
        _LOG.warning("prices could not be looked up: the list's are told", exc_info=True)

    async def _quoted(self, wanted: Sequence[Wanted], at: datetime) -> list[PersonalPrice | None]:
        asked = [one for one in wanted if one.person.marketing is True]  # agreed, and not merely assumed to
        people = list(dict.fromkeys(one.person.id for one in asked))
        known = await kept.risks(self._reader, people, at - _RISK_LASTS) if people else {}
        at_risk = [one for one in people if one in known]
        if not at_risk:
            return [None] * len(wanted)
        margins = await self._margins(at_risk, at)
        async with self._lock:
            batch = _Batch(
                at=at,
                risks=known,
                margins=margins,
                windows=await kept.windows(self._reader, at_risk),
                opens=await kept.open_prices(self._reader, at_risk, at),
                left=await self._left(at),
                held=await kept.used_by(self._reader, at_risk, self._period(at), at),
            )
            quotes = [self._quote(one, batch) if one.person.id in known else None for one in wanted]
            if batch.ops:
                await self._writer.commit(Unit(ops=tuple(batch.ops)))
            self._note_used(at, batch)
        return quotes

    def _quote(self, one: Wanted, batch: _Batch) -> PersonalPrice | None:
        key = one.person.id, one.bundle.id
        window = batch.windows.get(key)
        fresh = window is None or window.ends_at <= batch.at
        if fresh:
            number = 0 if window is None else window.window + 1
            risk, margin = batch.risks[one.person.id], batch.margins[one.person.id]
            window = worked_out(one, risk, margin, self.policy, number=number, at=batch.at)
        assert window is not None
        off = one.bundle.price.amount - window.price.amount
        outcome = self._why_not(one, window, off, batch)
        self._metrics.prices.labels(outcome or "given").inc()
        if outcome:
            return None
        if fresh:
            batch.ops.append(kept.put_window(window))
        batch.windows[key] = window
        batch.opens.add((*key, window.price.amount))
        batch.left -= off
        batch.held[one.person.id] = batch.held.get(one.person.id, 0) + off
        amount = Money(off, window.price.currency)
        incentive = Incentive(one.offer, one.person.id, self._period(batch.at), amount, batch.at)
        batch.ops.append(kept.put_incentive(incentive))
        return PersonalPrice(window.price, one.bundle.price, window.ends_at, window.reason)

    def _why_not(self, one: Wanted, window: PriceWindow, off: int, batch: _Batch) -> str:
        """Why the list price is told, in a word; empty where it is not."""
        if not one.bundle.price.currency == window.price.currency == self._currency:
            return "currency"
        if off <= 0:
            return "list"
        if window.ends_at - batch.at < _SHORTEST:
            return "window_ends"
        if any(
            (subscription, bundle) == (one.person.id, one.bundle.id) and amount != window.price.amount
            for subscription, bundle, amount in batch.opens
        ):
            return "open_offer"  # at another price: that one stands
        if off + batch.held.get(one.person.id, 0) > (self.policy.most_a_person or self.policy.budget):
            return "person"
        return "budget" if off > batch.left else ""

    async def _margins(self, people: Sequence[SubscriptionId], at: datetime) -> dict[SubscriptionId, float]:
        """What each of them is expected to bring in a month, from what they bought."""
        paid = await kept.spent(self._reader, people, self._currency, at - _LOOKS_BACK_MONTHS * _MONTH)
        totals = np.array([margin_of(paid.get(one, {}), self._catalogue) for one in people])
        months = np.full(len(people), float(_LOOKS_BACK_MONTHS))
        monthly = monthly_margin(totals, months, float(self.policy.usual_margin))
        return dict(zip(people, map(float, monthly), strict=True))

    async def _left(self, at: datetime) -> int:
        """What the budget still has. Between two looks only what is taken counts, not what is given back."""
        period = self._period(at)
        known = self._used.get(period)
        if known is None or at - known[1] >= _LOOK_AGAIN:
            known = await kept.used(self._reader, period, at), at
            self._used = {period: known}
        return self.policy.budget - known[0]

    def _note_used(self, at: datetime, batch: _Batch) -> None:
        used, period = self.policy.budget - batch.left, self._period(at)
        self._used[period] = used, self._used[period][1]
        self._metrics.price_budget_used.set(used)

    def _period(self, at: datetime) -> str:
        """The month of the market."""
        return at.astimezone(self._zone).strftime("%Y-%m")
