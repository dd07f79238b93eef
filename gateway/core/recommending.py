"""What to recommend to a person: at a new order, or when what they have is to be bought again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from flows.catalogue import Bundle
from flows.events import BundleChange, BundleReported
from flows.personal_price import OwnPrices
from flows.records import Subscriber
from flows.values import Bucket, Unit, Wallet
from gateway.core.case import Case
from gateway.core.context import Context
from gateway.core.deciding import ranked
from gateway.core.facts import Facts
from gateway.core.pricing import prices_in
from scoring.lottery import is_held_out
from store import usage

_NEVER = datetime.max.replace(tzinfo=UTC)


class Occasion(StrEnum):
    """When it is recommended."""

    NEW_ORDER = "new_order"
    RENEWAL = "renewal"


class Recommender:
    """Ranks what is sold for one person; nothing is drawn, so that asking again says the same."""

    def __init__(self, context: Context, facts: Facts) -> None:
        self._context = context
        self._facts = facts

    async def recommend(self, person: Subscriber, occasion: Occasion) -> Sequence[Bundle] | None:
        """What they may buy and can pay, the best first, each at what it costs them; None while nobody knows what they
        can pay.
        """
        wallet = await self._facts.wallet(person.msisdn)
        if wallet is None or wallet.balance is None:
            return None
        at, prices = self._context.clock(), self._context.prices
        own = prices_in(await prices.standing(person, at)) if prices else {}
        used = await usage.of(self._context.reader, person.id)
        return self.for_wallet(person, wallet, used, own, occasion)

    def for_wallet(
        self,
        person: Subscriber,
        wallet: Wallet,
        used: bytes | None,
        own: OwnPrices,
        occasion: Occasion = Occasion.NEW_ORDER,
    ) -> Sequence[Bundle]:
        """The same, where wallet, use and prices of their own are at hand."""
        at = self._context.clock()
        cases = _renewal(person, wallet, used, at, self._context) if occasion is Occasion.RENEWAL else {}
        return self._ranked(cases or _new_order(person, wallet, used), own, at)

    async def in_order(self, person: Subscriber, bundles: Sequence[Bundle], own: OwnPrices) -> Sequence[Bundle]:
        """A list, the best first, whatever they can pay: nobody waits for the charging system to see a list.

        The list as it is where today's rule ranks. own: prices of theirs.
        """
        ranking = self._context.ranking
        if ranking is None or is_held_out(person.id, ranking.holdout):
            return bundles
        used = await usage.of(self._context.reader, person.id)
        best = self._ranked(_new_order(person, None, used), own, self._context.clock())
        places = {bundle.id: place for place, bundle in enumerate(best)}
        return sorted(bundles, key=lambda bundle: places.get(bundle.id, len(places)))

    def _ranked(self, cases: Mapping[Unit, Case], own: OwnPrices, at: datetime) -> Sequence[Bundle]:
        cases = {unit: replace(case, own=own) for unit, case in cases.items()} if own else cases
        return ranked(cases, partial(self._context.offered, at), at, self._context.ranking)


def _new_order(person: Subscriber, wallet: Wallet | None, used: bytes | None) -> dict[Unit, Case]:
    """As if they had nothing left of anything."""
    return {
        unit: Case(person, BundleReported(BundleChange.DEPLETED, Bucket("", unit, 0)), wallet, used) for unit in Unit
    }


def _renewal(
    person: Subscriber, wallet: Wallet, used: bytes | None, at: datetime, context: Context
) -> dict[Unit, Case]:
    """The bundle that ends first, as it stands; none where nothing runs."""
    running = [bucket for bucket in wallet.buckets if bucket.runs_at(at)]
    if not running:
        return {}
    first = min(running, key=lambda bucket: bucket.expires_at or _NEVER)
    sold = context.catalogue.named(first.product or first.name)
    event = BundleReported(
        BundleChange.EXPIRING, first, product=sold.id if sold else "", activated_at=first.activated_at
    )
    return {first.unit: Case(person, event, wallet, used)}
