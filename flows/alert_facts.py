"""All that an alert is decided on, and what its text is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flows import contact_policy
from flows.alert_texts import Matter
from flows.catalogue import Bundle
from flows.channel_choice import BY_TEXT, Chosen
from flows.claim_checks import ClaimFacts
from flows.contact_policy import ContactSwitches
from flows.events import BundleReported
from flows.frozen import dataclass
from flows.market import MarketRules
from flows.personal_price import PersonalPrice
from flows.records import Subscriber
from flows.texts import Voice
from flows.usable import Place, Pool, pool_of
from flows.values import Money, OfferId, Purpose, Wallet


@dataclass(frozen=True, slots=True)
class Forecast:
    """When all that can be used here and now ends by use, in hours: quantiles at ten, fifty, ninety percent."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that an alert is decided on; nothing is looked up later.

    happened_at: the event's own time. wallet: None when the charging system did not answer.
    others_last_hours: for how long the subscriber's other bundles of this unit last at their pace.
    best: the offer that ranking chose, None when none can be paid or none is fit.
    on_sale: whether anything of this unit is on sale at all.
    source, two_way: the service number, and whether it can be answered.
    chosen: the way that it goes; door: of the pusher, for a screen; wait: how long the text behind one is held back.
    renewal_price: what the bundle costs that is bought anew by itself, None when not known. lead: how near the end must
        be that nobody but the pace of use tells. pool: as whoever made the forecast has it, None to work it out.
    personal: what ``best`` costs this person, None for the list's price.
    """

    at: datetime
    happened_at: datetime
    subscriber: Subscriber
    event: BundleReported
    wallet: Wallet | None
    forecast: Forecast
    others_last_hours: float
    best: Bundle | None
    on_sale: bool
    decision: Mapping[str, Any]
    bundle_name: str
    voice: Voice
    rules: MarketRules
    switches: ContactSwitches
    source: str
    two_way: bool
    offer_id: OfferId
    key: str
    chosen: Chosen = BY_TEXT
    door: str = ""
    wait: timedelta = timedelta()
    renewal_price: Money | None = None
    lead: timedelta = timedelta()
    pool: Pool | None = None
    personal: PersonalPrice | None = None

    @property
    def offered(self) -> Bundle | None:
        """The offer that ranking chose, at this person's price."""
        if self.best is None or self.personal is None:
            return self.best
        return replace(self.best, price=self.personal.price)


def pool_in(facts: AlertFacts) -> Pool:
    """All of the wallet that the event's bundle stands in."""
    if facts.pool is not None:
        return facts.pool
    return pool_of(facts.event, facts.wallet, place_of(facts.subscriber, facts.rules, facts.at))


def place_of(person: Subscriber, rules: MarketRules, at: datetime) -> Place:
    """Where this person is, as far as anybody knows."""
    return Place(at, rules.zones_of(person.time_zone), person.circle)


def matter_of(facts: AlertFacts, pool: Pool) -> Matter:
    """What the texts are made from."""
    return Matter(
        change=facts.event.change,
        by_pace=facts.event.by_pace,
        threshold=facts.event.threshold,
        pool=pool,
        forecast=(facts.forecast.p10, facts.forecast.p50, facts.forecast.p90),
        price=facts.renewal_price,
        spendable=facts.wallet.spendable if facts.wallet else None,
        name=facts.bundle_name,
        voice=facts.voice,
    )


def claim_facts(facts: AlertFacts, pool: Pool) -> ClaimFacts:
    """What the text is held against: the newest that is known of everything that it may speak of."""
    best, wallet = facts.offered, facts.wallet
    return ClaimFacts(
        at=facts.at,
        ending=pool.ending,
        usable=(*pool.others, pool.ending) if pool.usable else pool.others,
        read_at=pool.as_of,
        ending_read_at=pool.ending_as_of,
        until=pool.until,
        forecast=(facts.forecast.p10, facts.forecast.p50, facts.forecast.p90),
        balance=wallet.balance if wallet else None,
        debt=wallet.debt if wallet else None,
        renewal_price=facts.renewal_price,
        prices={best.id: (best.price, best.tax_included)} if best else {},
        tax_wanted=facts.rules.tax_in_prices,
        numbers=frozenset((facts.source,) if facts.two_way else ()),
    )


def contact(facts: AlertFacts, purpose: Purpose) -> contact_policy.Decision:
    """Whether this person may be told this, the way that is gone."""
    return contact_policy.decide(
        rules=facts.rules,
        purpose=purpose,
        subscriber=facts.subscriber,
        at=facts.at,
        channel=facts.chosen.channel,
        switches=facts.switches,
    )
