"""The facts that pages declare: fetched when a page needs them, each under a deadline, ready to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.catalogue import Bundle
from flows.porting import PURPOSE
from flows.records import Subscriber
from flows.session import Session
from flows.texts import Voice
from flows.values import Bucket, Wallet
from gateway.core.context import Context, eligibility_facts
from gateway.core.facts import Facts
from menus.values import Facts as MenuFactValues
from menus.values import FactValue, Item
from store import consents, offers

_NO_END = "-"
LONGEST_FETCH = 2.0
"""Seconds for the facts of one page; who waits longer has hung up."""


@dataclass(frozen=True, slots=True)
class Need:
    """For whom, and where they stand. wallet: fetched at most once a page."""

    at: datetime
    subscriber: Subscriber
    session: Session
    voice: Voice
    wallet: Callable[[], Awaitable[Wallet | None]]


class MenuFacts:
    """Fetches facts by name. The names are those of ``flows.menu_vocabulary``."""

    def __init__(self, context: Context, facts: Facts) -> None:
        self._context = context
        self._facts = facts
        self._fetch: Mapping[str, Callable[[Need], Awaitable[FactValue]]] = {
            "balance": self._balance,
            "bundles_active": self._running,
            "bundles": self._bundles,
            "bundle": self._bundle,
            "offer": self._offer,
            "order": self._order,
            "language": self._language,
            "alerts": self._alerts,
            "marketing": self._marketing,
            "porting": self._porting,
        }

    async def fetch(self, names: Sequence[str], subscriber: Subscriber, session: Session) -> MenuFactValues:
        """These facts; None for one that could not be had in time."""
        if not names:
            return {}
        wallets: list[asyncio.Task[Wallet | None]] = []

        def wallet() -> Awaitable[Wallet | None]:
            if not wallets:
                wallets.append(asyncio.ensure_future(self._facts.wallet(subscriber.msisdn)))
            return wallets[0]

        need = Need(self._context.clock(), subscriber, session, self._context.voice(subscriber), wallet)
        found: dict[str, FactValue] = dict.fromkeys(names)
        try:
            async with asyncio.timeout(LONGEST_FETCH):
                for name in names:
                    found[name] = await self._fetch[name](need)
        except TimeoutError:
            self._context.metrics.failures.labels("menu-facts").inc()
        return found

    def for_sale(self, subscriber: Subscriber) -> Sequence[Bundle]:
        """What this person may buy now."""
        about = eligibility_facts(subscriber)
        return [bundle for bundle in self._context.on_sale(self._context.clock()) if bundle.eligible_for(about)]

    # ── one by one ──

    async def _balance(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        return None if wallet is None or wallet.balance is None else need.voice.money(wallet.balance)

    async def _running(self, need: Need) -> FactValue:
        wallet = await need.wallet()
        if wallet is None:
            return None
        return tuple(
            self._running_bundle(bucket, need.voice)
            for bucket in wallet.buckets
            if bucket.remaining > 0 and (bucket.expires_at is None or bucket.expires_at > need.at)
        )

    def _running_bundle(self, bucket: Bucket, voice: Voice) -> Item:
        ends = voice.day(bucket.expires_at, self._context.zone) if bucket.expires_at else _NO_END
        name = self._context.catalogue.get(bucket.name)
        fields = {"name": name.name(voice.language) if name else bucket.name or voice.bundle_word(bucket.unit)}
        return Item(bucket.id, {**fields, "left": voice.amount(bucket.unit, bucket.remaining), "ends": ends})

    async def _bundles(self, need: Need) -> FactValue:
        return tuple(_item(bundle, need.voice) for bundle in self.for_sale(need.subscriber))

    async def _bundle(self, need: Need) -> FactValue:
        wanted = need.session.place.chosen.get("bundle")
        return next(
            (_item(bundle, need.voice) for bundle in self.for_sale(need.subscriber) if bundle.id == wanted), None
        )

    async def _offer(self, need: Need) -> FactValue:
        found = await offers.open_of(self._context.reader, need.subscriber.id, need.at)
        if not found:
            return ""
        name = self._context.bundle_name(found[0].bundle, need.voice.language)
        return Item(found[0].id, {"name": name, "price": need.voice.money(found[0].price)})

    async def _order(self, need: Need) -> FactValue:
        return Item("order", need.session.purchase) if need.session.purchase else None

    async def _language(self, need: Need) -> FactValue:
        return need.voice.own_name()

    async def _alerts(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=need.subscriber.alerts)

    async def _marketing(self, need: Need) -> FactValue:
        return need.voice.on_or_off(on=bool(need.subscriber.marketing))

    async def _porting(self, need: Need) -> FactValue:
        consent = await consents.in_force(self._context.reader, need.subscriber.id, PURPOSE)
        return Item(consent.record_id, {"date": need.voice.day(consent.at, self._context.zone)}) if consent else ""


def _item(bundle: Bundle, voice: Voice) -> Item:
    return Item(bundle.id, {"name": bundle.name(voice.language), "price": voice.money(bundle.price)})
