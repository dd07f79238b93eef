"""What every line through the core shares: the market, the catalogue, the store, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows import contact_policy, order_texts
from flows.catalogue import Bundle, Catalogue
from flows.contact_policy import ContactSwitches
from flows.frozen import dataclass
from flows.market import Market, MarketRules
from flows.offer import OfferFlow
from flows.purchase import PurchaseFlow
from flows.records import Order, Subscriber
from flows.refund import RefundFlow
from flows.telling import Given, Telling
from flows.texts import Voice
from flows.values import BundleId, Channel, Msisdn, OrderKind, Purpose, Unit
from gateway.core.forecasting import Forecasting
from gateway.core.models import Models
from gateway.core.offered import Offered, offered
from gateway.core.pricing import Prices
from gateway.core.ranking import Ranking
from gateway.core.reach import Reach
from gateway.core.service_numbers import ServiceNumber
from gateway.core.shadow import Shadow
from gateway.telemetry import Metrics, Traces
from locales.catalogues import Catalogues
from store import subscriptions
from store.reader import Reader
from store.writer import Writer

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Machines:
    """The business machines, one of each for the whole process."""

    offer: OfferFlow = field(default_factory=OfferFlow)
    purchase: PurchaseFlow = field(default_factory=PurchaseFlow)
    refund: RefundFlow = field(default_factory=RefundFlow)

    def of(self, order: Order) -> PurchaseFlow:
        """The machine that an order goes through."""
        return self.refund if order.kind is OrderKind.REFUND else self.purchase


@dataclass(frozen=True, slots=True)
class _Day:
    """What counts on one day of the market. begins, ends: in UTC."""

    begins: datetime
    ends: datetime
    rules: MarketRules
    on_sale: tuple[Bundle, ...]
    sizes: tuple[Bundle, ...] = ()
    offered: dict[Unit, Offered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leads:
    """How long before its end a bundle's end is told that nobody tells us: by the clock, and by use. Zero for never."""

    expiry: timedelta = timedelta(hours=24)
    forecast: timedelta = timedelta(hours=3)


@dataclass(slots=True)
class Context:
    """Built once by ``gateway.app`` and passed down.

    operator: the name that people know, empty for none. confirm_above: minor units above which a purchase by text needs
    a second yes, beside what the market pack says; -1 for nothing more. models: those in service, replaced as a whole.
    shadow: where decisions of models are noted, None for nowhere. ranking: that learns, None for today's rule.
    forecasting: by a model of depletion, None for by hand. prices: None where all pay the list's.
    """

    market: Market
    catalogue: Catalogue
    catalogues: Catalogues
    switches: ContactSwitches
    reach: Reach
    service_number: ServiceNumber
    machines: Machines
    reader: Reader
    writer: Writer
    clock: Clock
    metrics: Metrics
    traces: Traces | None = None
    operator: str = ""
    confirm_above: int = -1
    leads: Leads = Leads()
    models: Models = field(default_factory=Models)
    shadow: Shadow | None = None
    ranking: Ranking | None = None
    forecasting: Forecasting | None = None
    prices: Prices | None = None
    _today: _Day | None = None

    def rules(self, at: datetime) -> MarketRules:
        """The market's rules in force at ``at``, by the market's own calendar."""
        return self._day(at).rules

    def on_sale(self, at: datetime) -> tuple[Bundle, ...]:
        """What is sold at ``at``."""
        return self._day(at).on_sale

    def offered(self, at: datetime, unit: Unit) -> Offered:
        """What is sold at ``at`` to somebody who runs out of this, as decisions look at it."""
        day = self._day(at)
        if unit not in day.offered:
            day.offered[unit] = offered(unit, day.on_sale, day.sizes)
        return day.offered[unit]

    def _day(self, at: datetime) -> _Day:
        """What counts on the market's day of ``at``: worked out once a day."""
        known = self._today
        if known is None or not known.begins <= at < known.ends:
            day = at.astimezone(self.zone).date()
            begins, ends = (datetime.combine(one, time(), self.zone) for one in (day, day + timedelta(days=1)))
            rules = self.market.at(day)
            if self.confirm_above >= 0:
                rules = rules.confirming_above(self.confirm_above)
            on_sale, sizes = self.catalogue.on_sale(day), self.catalogue.sizes_on_sale(day)
            known = self._today = _Day(begins.astimezone(UTC), ends.astimezone(UTC), rules, on_sale, sizes)
        return known

    @property
    def zone(self) -> ZoneInfo:
        """The market's first time zone."""
        return self.market.time_zones[0]

    def voice(self, subscriber: Subscriber) -> Voice:
        """Who speaks to this person."""
        return Voice(self.catalogues, subscriber.language)

    def locale(self, language: str) -> str:
        """The person's language as it is spoken in the market: ``es`` in Colombia is ``es_CO``; ``pt_BR`` stays."""
        return _locale(language, self.market.code)

    def market_voice(self) -> Voice:
        """Who speaks where nothing is known of the person."""
        return Voice(self.catalogues, self.market.languages[0])

    async def known(self, msisdn: Msisdn) -> Subscriber | None:
        """Who holds this number now, if we have seen them."""
        return (await subscriptions.by_msisdn(self.reader, [msisdn])).get(msisdn)

    def bundle_name(self, bundle: BundleId | str, language: str) -> str:
        """The bundle's name; its id when it left the catalogue since."""
        known = self.catalogue.get(bundle)
        return known.name(language) if known else str(bundle)

    def units(self, bundle: BundleId) -> frozenset[Unit]:
        """What the bundle gives; nothing when it left the catalogue since."""
        known = self.catalogue.get(bundle)
        return frozenset(allowance.unit for allowance in known.allowances) if known else frozenset()

    def contact_switches(self) -> ContactSwitches:
        """What counts for contacts now: an operator may have stopped offers."""
        stopped = self.reach.stops(Purpose.MARKETING)
        return replace(self.switches, offers="stopped") if stopped else self.switches

    def why_not_offer(self, subscriber: Subscriber, at: datetime) -> str:
        """Why an offer that was decided on earlier may not go out as a text now; empty if it may.

        Its own contact does not count against it, unless that was on another channel.
        """
        decision = self.may_contact(replace(subscriber, marketing_count=0), at)
        return decision.reason.value if isinstance(decision, contact_policy.Denied) else ""

    def may_contact(self, subscriber: Subscriber, at: datetime) -> contact_policy.Decision:
        """Whether one more offer may go out as a text now."""
        return contact_policy.decide(
            rules=self.rules(at),
            purpose=Purpose.MARKETING,
            subscriber=subscriber,
            at=at,
            channel=Channel.SMS,
            switches=self.contact_switches(),
        )

    def order_name(self, order: Order, voice: Voice) -> str:
        """What an order is called."""
        return order_texts.name_of(order, voice, self.bundle_name(order.bundle, voice.language))

    def telling(self, subscriber: Subscriber, order: Order) -> Telling:
        """How to tell this person about an order."""
        voice = self.voice(subscriber)
        return Telling(voice=voice, name=self.order_name(order, voice), source=self.service_number.address)

    async def given(self, order: Order) -> Given | None:
        """How to tell who gets a gift, in their language if we know them; None for a purchase of one's own."""
        if not order.is_gift:
            return None
        known = await self.known(order.beneficiary)
        voice = self.voice(known) if known else self.market_voice()
        name = self.order_name(order, voice)
        subscription = known.id if known else order.subscription
        return Given(subscription, Telling(voice, name, self.service_number.address))


@lru_cache(maxsize=64)
def _locale(language: str, market: str) -> str:
    return language if "_" in language else f"{language}_{market.upper()}"


def eligibility_facts(subscriber: Subscriber) -> Mapping[str, str]:
    """What conditions of the catalogue are held against."""
    facts = {"segment": subscriber.segment, "circle": subscriber.circle}
    return {name: value for name, value in facts.items() if value is not None}
