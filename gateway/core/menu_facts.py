"""The facts that pages declare: fetched when a page needs them, each under a deadline, ready to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from flows.catalogue import Bundle
from flows.porting import PURPOSE
from flows.records import Subscriber
from flows.session import Session
from flows.texts import Voice
from flows.values import Bucket
from gateway.core.context import Context, eligibility_facts
from gateway.core.facts import Facts
from gateway.core.menu_guards import MenuGuards
from gateway.core.menu_need import Need
from menus.values import GUARD, FactValue, Item
from menus.values import Facts as MenuFactValues
from store import consents, offers

_NO_END = "-"
LONGEST_FETCH = 2.0
"""Seconds for the facts of one page; who waits longer has hung up."""


class _ForSale:
    """What is sold now, for each kind of person, and how it is shown in each language."""

    def __init__(self, on_sale: tuple[Bundle, ...]) -> None:
        self.on_sale = on_sale
        self._to: dict[frozenset[tuple[str, str]], tuple[Bundle, ...]] = {}
        self._shown: dict[tuple[frozenset[tuple[str, str]], str], tuple[Item, ...]] = {}

    def to(self, about: Mapping[str, str]) -> tuple[Bundle, ...]:
        """What somebody may buy of whom this is known."""
        key = frozenset(about.items())
        if key not in self._to:
            self._to[key] = tuple(bundle for bundle in self.on_sale if bundle.eligible_for(about))
        return self._to[key]

    def shown_to(self, about: Mapping[str, str], voice: Voice) -> tuple[Item, ...]:
        """The same, ready to be shown."""
        key = (frozenset(about.items()), voice.language)
        if key not in self._shown:
            self._shown[key] = tuple(_item(bundle, voice) for bundle in self.to(about))
        return self._shown[key]


class MenuFacts:
    """Fetches facts by name. The names are those of ``flows.menu_vocabulary``."""

    def __init__(self, context: Context, facts: Facts) -> None:
        self._context = context
        self._facts = facts
        self._known: Mapping[str, Callable[[Need], FactValue]] = {
            "bundles": self._bundles,
            "bundle": self._bundle,
            "order": self._order,
            "language": self._language,
            "alerts": self._alerts,
            "marketing": self._marketing,
        }
        self._asked: Mapping[str, Callable[[Need], Awaitable[FactValue]]] = {
            "balance": self._balance,
            "bundles_active": self._running,
            "offer": self._offer,
            "porting": self._porting,
        }
        self._guards = MenuGuards(context)
        self._for_sale = _ForSale(())

    async def fetch(self, names: Sequence[str], subscriber: Subscriber, session: Session) -> MenuFactValues:
        """These facts; None for one that could not be had in time."""
        if not names:
            return {}
        need = Need(self._context.clock(), subscriber, session, self._context.voice(subscriber), self._facts)
        found = {name: self._at_hand(name, need) for name in names}
        asked = [name for name in names if self._must_ask(name)]
        if asked:
            try:
                async with asyncio.timeout(LONGEST_FETCH):
                    for name in asked:
                        found[name] = await self._ask(name, need)
            except TimeoutError:
                self._context.metrics.failures.labels("menu-facts").inc()
        return found

    def _at_hand(self, name: str, need: Need) -> FactValue:
        if name.startswith(GUARD):
            return self._guards.known(name.removeprefix(GUARD), need)
        return self._known[name](need) if name in self._known else None

    def _must_ask(self, name: str) -> bool:
        return self._guards.asks(name.removeprefix(GUARD)) if name.startswith(GUARD) else name in self._asked

    async def _ask(self, name: str, need: Need) -> FactValue:
        if name.startswith(GUARD):
            return await self._guards.ask(name.removeprefix(GUARD), need)
        return await self._asked[name](need)

    def for_sale(self, subscriber: Subscriber) -> Sequence[Bundle]:
        """What this person may buy now."""
        about = eligibility_facts(subscriber)
        return self._now_for_sale().to(about)

    def _now_for_sale(self) -> _ForSale:
        on_sale = self._context.on_sale(self._context.clock())
        if self._for_sale.on_sale is not on_sale:
            self._for_sale = _ForSale(on_sale)
        return self._for_sale

    # ── one by one ──

    async def _balance(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        return None if wallet is None or wallet.balance is None else need.voice.money(wallet.balance)

    async def _running(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        if wallet is None:
            return None
        return tuple(self._running_bundle(bucket, need.voice) for bucket in wallet.buckets if bucket.runs_at(need.at))

    def _running_bundle(self, bucket: Bucket, voice: Voice) -> Item:
        ends = voice.day(bucket.expires_at, self._context.zone) if bucket.expires_at else _NO_END
        name = self._context.catalogue.get(bucket.name)
        fields = {"name": name.name(voice.language) if name else bucket.name or voice.bundle_word(bucket.unit)}
        return Item(bucket.id, {**fields, "left": voice.amount(bucket.unit, bucket.remaining), "ends": ends})

    def _bundles(self, need: Need) -> FactValue:
        return self._now_for_sale().shown_to(eligibility_facts(need.subscriber), need.voice)

    def _bundle(self, need: Need) -> FactValue:
        wanted = need.session.place.chosen.get("bundle")
        shown = self._now_for_sale().shown_to(eligibility_facts(need.subscriber), need.voice)
        return next((item for item in shown if item.id == wanted), "")

    async def _offer(self, need: Need) -> FactValue:
        found = await offers.open_of(self._context.reader, need.subscriber.id, need.at)
        if not found:
            return ""
        name = self._context.bundle_name(found[0].bundle, need.voice.language)
        return Item(found[0].id, {"name": name, "price": need.voice.money(found[0].price)})

    def _order(self, need: Need) -> FactValue:
        return Item("order", need.session.purchase) if need.session.purchase else None

    def _language(self, need: Need) -> FactValue:
        return need.voice.own_name()

    def _alerts(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=need.subscriber.alerts)

    def _marketing(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=bool(need.subscriber.marketing))

    async def _porting(self, need: Need) -> FactValue:
        consent = await consents.in_force(self._context.reader, need.subscriber.id, PURPOSE)
        return Item(consent.record_id, {"date": need.voice.day(consent.at, self._context.zone)}) if consent else ""


def _item(bundle: Bundle, voice: Voice) -> Item:
    return Item(bundle.id, {"name": bundle.name(voice.language), "price": voice.money(bundle.price)})
