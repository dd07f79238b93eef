"""One price a person, for a while: worked out once, kept, and read by every channel (ADR 31).

A bundle that is offered costs less than the list only for somebody who agreed to offers themselves, of whom it is known
that they may leave, and as long as the budget has it. While the offer is open, the menu shows and sells the bundle at
its price, by accepting that offer; once it was taken, refused or its time is over, all channels are back at the list.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from flows.catalogue import Bundle, Catalogue
from flows.personal_price import OwnPrices, PersonalPrice, at_own_price
from flows.records import Subscriber
from flows.values import BundleId, Money, OfferId, SubscriptionId
from gateway.core.price_windows import PricePolicy, Wanted, margin_of
from gateway.core.quotes import QuoteFacts, Quotes
from gateway.telemetry import Metrics
from scoring.lifetime import monthly_margin
from store import prices as kept
from store.errors import StoreError
from store.prices import Risk
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_RISK_LASTS = timedelta(days=45)
_LOOKS_BACK_MONTHS = 3
_MONTH = timedelta(days=28)
_LOOK_AGAIN = timedelta(minutes=1)
"""Between two looks at what came back to a budget."""


Standing = Mapping[BundleId, tuple[OfferId, Money]]
"""What costs a person less than the list, each with the open offer that says so."""


def prices_in(standing: Standing) -> OwnPrices:
    """The prices alone."""
    return {bundle: price for bundle, (_, price) in standing.items()}


def at_price(bundle: Bundle, standing: Standing) -> Bundle:
    """The bundle at what it costs this person."""
    return at_own_price(bundle, prices_in(standing))


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

    @asynccontextmanager
    async def quoting(self, people: Sequence[Subscriber], at: datetime) -> AsyncIterator[Quotes]:
        """What those of these people are asked who agreed to offers and may leave; all others pay the list's price.

        Until the block ends nobody else is quoted anything: what is taken in it is what was asked. A store that does
        not answer leaves the list's price, and is counted.
        """
        risks = await self._risks(people, at)
        if not risks:
            yield Quotes(self.policy, QuoteFacts(at, self._period(at), self._currency))
            return
        async with self._lock:
            yield Quotes(self.policy, await self._facts(risks, at))

    async def taken(self, quotes: Quotes, wanted: Sequence[Wanted]) -> list[PersonalPrice | None]:
        """For each the price below the list that it is offered at, taken from the budget; None for the list's.

        Within the block that ``quotes`` came from. A price that was asked may be gone, since those before took the
        rest of the budget. Whatever goes wrong leaves the list price for all, and is counted.
        """
        found = [quotes.take(one) for one in wanted]
        for outcome in quotes.outcomes:
            self._metrics.prices.labels(outcome).inc()
        if not quotes.ops:
            return found
        try:
            await self._writer.commit(Unit(ops=tuple(quotes.ops)))
        except StoreError:
            self._failed()
            return [None] * len(wanted)
        self._note_used(quotes.period, self.policy.budget - quotes.left, self._used[quotes.period][1])
        return found

    def _failed(self) -> None:
        self._metrics.failures.labels("pricing").inc()
        _LOG.warning("prices could not be looked up: the list's are told", exc_info=True)

    async def _risks(self, people: Sequence[Subscriber], at: datetime) -> Mapping[SubscriptionId, Risk]:
        """What is known of those who agreed: an opt-in that is merely assumed is none."""
        asked = list(dict.fromkeys(person.id for person in people if person.marketing is True))
        try:
            return await kept.risks(self._reader, asked, at - _RISK_LASTS) if asked else {}
        except StoreError:
            self._failed()
            return {}

    async def _facts(self, risks: Mapping[SubscriptionId, Risk], at: datetime) -> QuoteFacts:
        """All that their prices hang on; of nobody where the store does not say."""
        people, period = list(risks), self._period(at)
        try:
            return QuoteFacts(
                at=at,
                period=period,
                currency=self._currency,
                risks=risks,
                margins=await self._margins(people, at),
                windows=await kept.windows(self._reader, people),
                opens=await kept.open_prices(self._reader, people, at),
                left=await self._left(at),
                held=await kept.used_by(self._reader, people, period, at),
            )
        except StoreError:
            self._failed()
            return QuoteFacts(at, period, self._currency)

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
            self._note_used(period, *known)
        return self.policy.budget - known[0]

    def _note_used(self, period: str, used: int, looked_at: datetime) -> None:
        self._used = {period: (used, looked_at)}
        self._metrics.price_budget_used.set(used)

    def _period(self, at: datetime) -> str:
        """The month of the market."""
        return at.astimezone(self._zone).strftime("%Y-%m")
