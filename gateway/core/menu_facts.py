"""The facts that pages declare: fetched when a page needs them, each under a deadline, ready to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from flows.behaviour import Source, stands
from flows.catalogue import Bundle, BundleKind
from flows.order_kinds import movement_of, terms_of
from flows.porting import PURPOSE
from flows.records import Order, Subscriber
from flows.session import Session
from flows.texts import Voice
from flows.values import Bucket, OrderKind, Unit
from gateway.core.context import Context, eligibility_facts
from gateway.core.facts import Facts
from gateway.core.for_sale import ForSale
from gateway.core.menu_guards import MenuGuards
from gateway.core.menu_need import Need
from gateway.core.pricing import prices_in
from gateway.core.recommending import Recommender
from gateway.core.service_facts import ServiceFacts
from menus.values import GUARD, FactValue, Item
from menus.values import Facts as MenuFactValues
from scoring.errors import ScoringError
from scoring.features import features, from_bytes
from store import consents, offers, orders, usage

_NO_END = "-"
PRICE = "price of the bundle"
"""Of the bundle that a page shows, in minor units: no page can ask for a fact of this name."""
_PRICED = frozenset({"bundles", "bundle", "combos", f"{GUARD}price"})
LONGEST_FETCH = 2.0
"""Seconds for the facts of one page; who waits longer has hung up."""
MOST_ORDERS = 5
"""Of a person's purchases, the newest."""


class MenuFacts:
    """Fetches facts by name. The names are those of ``flows.menu_vocabulary``."""

    def __init__(self, context: Context, facts: Facts) -> None:
        self._context = context
        self._facts = facts
        self._services = ServiceFacts(context)
        self._known: Mapping[str, Callable[[Need], FactValue]] = {
            "bundles": self._bundles,
            "bundle": self._bundle,
            "order": self._order,
            "language": self._language,
            "alerts": self._alerts,
            "marketing": self._marketing,
            "combos": self._combos,
            "report": self._report,
            "notice": _notice,
            "advance": self._services.advance,
            "transfer": self._services.transfer,
            "service": self._services.done,
        }
        self._asked: Mapping[str, Callable[[Need], Awaitable[FactValue]]] = {
            "balance": self._balance,
            "bundles_active": self._running,
            "offer": self._offer,
            "porting": self._porting,
            "orders": self._orders,
            "used_lately": self._used_lately,
            **{f"keeps_{source}": partial(self._keeps, source) for source in Source},
            "advances": self._services.advances,
            "out_of_bundle": self._services.out_of_bundle,
        }
        self._ranked: Mapping[str, BundleKind | None] = {"bundles": None, "combos": BundleKind.COMBO}
        self._recommender = Recommender(context, facts)
        self._guards = MenuGuards(context)
        self._for_sale = ForSale(())

    async def fetch(self, names: Sequence[str], subscriber: Subscriber, session: Session) -> MenuFactValues:
        """These facts; None for one that could not be had in time."""
        if not names:
            return {}
        need = Need(self._context.clock(), subscriber, session, self._context.voice(subscriber), self._facts)
        if self._context.prices is not None and not _PRICED.isdisjoint(names):
            need.standing = await self._context.prices.standing(subscriber, need.at)
        found = {name: self._at_hand(name, need) for name in names}
        if "bundle" in names:
            found[PRICE] = self._guards.known("price", need)  # as it is shown: whoever says yes says it to this
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
        if name.startswith(GUARD):
            return self._guards.asks(name.removeprefix(GUARD))
        return name in self._asked or (name in self._ranked and self._context.ranking is not None)

    async def _ask(self, name: str, need: Need) -> FactValue:
        if name.startswith(GUARD):
            return await self._guards.ask(name.removeprefix(GUARD), need)
        if name in self._ranked:
            return await self._best_first(need, self._ranked[name])
        return await self._asked[name](need)

    def for_sale(self, subscriber: Subscriber) -> Sequence[Bundle]:
        """What this person may buy now."""
        about = eligibility_facts(subscriber)
        return self._now_for_sale().to(about)

    def _now_for_sale(self) -> ForSale:
        on_sale = self._context.on_sale(self._context.clock())
        if self._for_sale.on_sale is not on_sale:
            self._for_sale = ForSale(on_sale)
        return self._for_sale

    # ── one by one ──

    async def _balance(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        return None if wallet is None or wallet.balance is None else need.voice.held(wallet.balance, wallet.debt)

    async def _running(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        if wallet is None:
            return None
        return tuple(self._running_bundle(bucket, need.voice) for bucket in wallet.buckets if bucket.runs_at(need.at))

    def _running_bundle(self, bucket: Bucket, voice: Voice) -> Item:
        ends = voice.day(bucket.expires_at, self._context.zone) if bucket.expires_at else _NO_END
        sold = self._context.catalogue.named(bucket.name)
        fields = {"name": sold.name(voice.language) if sold else voice.bundle_word(bucket.unit)}
        return Item(bucket.id, {**fields, "left": voice.amount(bucket.unit, bucket.remaining), "ends": ends})

    def _bundles(self, need: Need) -> FactValue:
        return self._shown(need)

    def _shown(self, need: Need, kind: BundleKind | None = None) -> tuple[Item, ...]:
        return self._now_for_sale().shown_at(need.standing, eligibility_facts(need.subscriber), need.voice, kind)

    def _combos(self, need: Need) -> FactValue:
        return self._shown(need, BundleKind.COMBO)

    async def _best_first(self, need: Need, kind: BundleKind | None) -> FactValue:
        """The list, in the order that suits this person."""
        about, for_sale = eligibility_facts(need.subscriber), self._now_for_sale()
        shown = {item.id: item for item in self._shown(need, kind)}
        own = prices_in(need.standing)
        order = await self._recommender.in_order(need.subscriber, for_sale.to(about), own)
        return tuple(shown[bundle.id] for bundle in order if bundle.id in shown)

    def _bundle(self, need: Need) -> FactValue:
        wanted = need.session.place.chosen.get("bundle")
        return next((item for item in self._shown(need) if item.id == wanted), "")

    async def _offer(self, need: Need) -> FactValue:
        """The one that the session has shown before, as long as it is open; else the newest that no digit names."""
        found = await offers.open_of(self._context.reader, need.subscriber.id, need.at)
        if not found:
            return ""
        shown = need.session.place.chosen.get("offer")
        newest = min(found, key=lambda offer: offer.reply_code or 0)
        one = next((offer for offer in found if offer.id == shown), newest)
        name = self._context.bundle_name(one.bundle, need.voice.language)
        return Item(one.id, {"name": name, "price": need.voice.money(one.price)})

    def _order(self, need: Need) -> FactValue:
        done = need.session.purchase
        return Item("order", done) if "name" in done else ""

    def _report(self, need: Need) -> FactValue:
        done = need.session.purchase
        return Item("report", done) if "reference" in done else ""

    async def _orders(self, need: Need) -> FactValue:
        found = await orders.of_subscription(self._context.reader, need.subscriber.id, MOST_ORDERS, None)
        bought = [view.order for view in found if view.order.kind is not OrderKind.OUT_OF_BUNDLE]
        return tuple(self._ordered(order, need.voice) for order in bought)

    def _ordered(self, order: Order, voice: Voice) -> Item:
        fields = {
            "name": self._context.order_name(order, voice),
            "price": voice.money(movement_of(order)),
            "day": voice.day(order.created_at, self._context.zone),
            "state": voice.state_of_order(order.state, given=order.is_gift, credited=terms_of(order).credits),
        }
        return Item(order.key, fields)

    async def _used_lately(self, need: Need) -> FactValue:
        state = await usage.of(self._context.reader, need.subscriber.id)
        used = _recent_day(state, need.at) if state else None
        return "" if used is None else need.voice.amount(Unit.BYTE, used)

    def _language(self, need: Need) -> FactValue:
        return need.voice.own_name()

    def _alerts(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=need.subscriber.alerts)

    def _marketing(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=bool(need.subscriber.marketing))

    async def _keeps(self, source: Source, need: Need) -> FactValue:
        """Whether what this source tells is kept of the person."""
        said = await consents.latest(self._context.reader, [need.subscriber.id], [source.purpose])
        prior = self._context.rules(need.at).behaviour
        return need.voice.on_or_off(on=stands(source, said.get((need.subscriber.id, source.purpose)), prior))

    async def _porting(self, need: Need) -> FactValue:
        consent = await consents.in_force(self._context.reader, need.subscriber.id, PURPOSE)
        return Item(consent.record_id, {"date": need.voice.day(consent.at, self._context.zone)}) if consent else ""


def _notice(need: Need) -> FactValue:
    """What a session that the network opened begins with."""
    return need.session.pushed.notice if need.session.pushed else ""


def _recent_day(state: bytes, at: datetime) -> int | None:
    """Bytes used in the last 24 hours; None where what is kept cannot be read."""
    try:
        return int(features(from_bytes(state), at.timestamp()).recent_day)
    except ScoringError:
        return None
