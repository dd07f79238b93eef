"""From a bundle that ends to the text that says so, with an offer where one is wanted, allowed and payable.

The alert itself is a service; the offer beside it is marketing. Each passes the contact policy on its own. What is
said is looked at in all of the wallet (``flows.usable``), and nothing that does not hold is said (``flows.claims``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flows import contact_policy
from flows.alert_texts import Draft, Matter, drafts, first_that_holds
from flows.catalogue import Bundle
from flows.channel_choice import BY_TEXT, Chosen
from flows.claims import (
    FRESH,
    NAMES,
    BalanceClaim,
    Claim,
    ClaimFacts,
    EndsWithin,
    Expires,
    FreeAnswer,
    HasExpired,
    NearlyUsedUp,
    PriceClaim,
    RanOut,
    RemainingClaim,
    Renews,
    UpForRenewal,
    WillNotRenew,
    failed_claims,
)
from flows.contact_policy import Allowed, ContactSwitches
from flows.effects import Effect, PushUssd, RecordAlert, RecordMarketingContact, RecordOffer, SendSms
from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.market import MarketRules
from flows.records import Subscriber
from flows.texts import Voice
from flows.usable import Place, Pool, lasting, pool_of
from flows.values import Channel, Money, OfferId, Purpose, Wallet
from menus.charset import septets, transliterate

OLDEST_EVENT = timedelta(hours=24)
"""An event older than this is kept and alerts nobody."""
LASTS_HOURS = 24.0
"""Who has another bundle that lasts this long at their pace needs no alert."""
_FAR = 24.0 * 366
_SOON_STALE, _STALE_SHARE = timedelta(minutes=5), 10
"""A time that is told holds for a tenth of itself, and for a moment in any case."""


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
        be that nobody but the pace of use tells.
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


@dataclass(frozen=True, slots=True)
class Alerted:
    """What follows from an event, and its outcome in one word. No effects: nobody is told.

    failed: names of the claims that did not hold, of texts that did not go therefore.
    """

    outcome: str
    effects: tuple[Effect, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the alert: its text, its claims, its effects, and the outcome in a word."""

    outcome: str
    text: str = ""
    claims: tuple[Claim, ...] = ()
    effects: tuple[Effect, ...] = ()
    failed: tuple[str, ...] = ()


def decide(facts: AlertFacts) -> Alerted:
    """The alert, with or without an offer, or the reason why there is none."""
    quiet = _why_quiet(facts)
    if quiet:
        return Alerted(quiet)
    pool = pool_in(facts)
    matter, known = _matter(facts, pool), _claim_facts(facts, pool)
    allowed = _contact(facts, Purpose.ALERT)
    if not isinstance(allowed, Allowed):
        alert, failed = first_that_holds(drafts(matter), known, 0)
        silenced = _sms(facts, alert.text, claims=alert.claims, suppressed=allowed.reason)
        return Alerted(allowed.reason, (_noted(facts, allowed.reason), silenced), failed)
    beside = _beside(facts, matter, known)
    alert, failed = first_that_holds(drafts(matter), known, _septets_beside(beside.text))
    offer = facts.offer_id if beside.effects else None
    text = replace(
        _sms(facts, f"{alert.text} {beside.text}" if beside.text else alert.text, claims=alert.claims + beside.claims),
        repeat_text=alert.text,
        offer=offer,
        asks=offer is not None and facts.two_way,
        names=(offer,) if offer and facts.two_way else (),
        true_until=_true_until(alert, facts.at),
        later_text=_later_text(matter, known),
    )
    noted = (_noted(facts, beside.outcome), *beside.effects)
    said = (*failed, *beside.failed)
    if facts.chosen.channel is not Channel.USSD:
        return Alerted(beside.outcome, (*noted, text), said)
    return Alerted(beside.outcome, (*noted, *_pushed(facts, text, offer, alert)), said)


def pool_in(facts: AlertFacts) -> Pool:
    """All of the wallet that the event's bundle stands in."""
    return pool_of(facts.event, facts.wallet, place_of(facts.subscriber, facts.rules, facts.at))


def place_of(person: Subscriber, rules: MarketRules, at: datetime) -> Place:
    """Where this person is, as far as anybody knows."""
    return Place(at, rules.zones_of(person.time_zone), person.circle)


def others_lasting(pool: Pool) -> int:
    """How much of other bundles there is that last a day by the clock, for whoever uses no more than that."""
    return lasting(pool.others, pool.place.at, timedelta(hours=LASTS_HOURS))


def threshold_key(event: BundleReported) -> str:
    """What makes two events one alert: the threshold as told, or the kind of event."""
    if event.by_pace:
        return "forecast"
    if event.change is BundleChange.DEPLETING and event.threshold is not None:
        return f"{event.threshold:.6g}"
    return event.change.value.removeprefix("bundle.")


def _why_quiet(facts: AlertFacts) -> str:
    if facts.subscriber.state != "active":
        return f"subscriber_{facts.subscriber.state}"
    if facts.at - facts.happened_at > OLDEST_EVENT:
        return "too_old"
    if facts.rules.alerts.scope != "each_bundle" and facts.others_last_hours >= LASTS_HOURS:
        return "other_bundle_lasts"
    if facts.event.by_pace and timedelta(hours=min(facts.forecast.p50, _FAR)) > facts.lead:
        return "lasts_longer"
    return ""


def _contact(facts: AlertFacts, purpose: Purpose) -> contact_policy.Decision:
    return contact_policy.decide(
        rules=facts.rules,
        purpose=purpose,
        subscriber=facts.subscriber,
        at=facts.at,
        channel=facts.chosen.channel,
        switches=facts.switches,
    )


def _matter(facts: AlertFacts, pool: Pool) -> Matter:
    return Matter(
        change=facts.event.change,
        by_pace=facts.event.by_pace,
        pool=pool,
        forecast=(facts.forecast.p10, facts.forecast.p50, facts.forecast.p90),
        price=facts.renewal_price,
        spendable=facts.wallet.spendable if facts.wallet else None,
        name=facts.bundle_name,
        voice=facts.voice,
    )


def _claim_facts(facts: AlertFacts, pool: Pool) -> ClaimFacts:
    """What the text is held against: the newest that is known of everything that it may speak of."""
    best, wallet = facts.best, facts.wallet
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


def _beside(facts: AlertFacts, matter: Matter, known: ClaimFacts) -> _Beside:
    if facts.wallet is None:
        return _Beside("alert_balance_unknown")
    if facts.event.roaming or matter.pool.ending.roaming:
        return _Beside("alert_roaming")  # what is on sale is for use at home
    if matter.renews_in_time:
        return _Beside("alert_renews")
    if not facts.two_way and facts.chosen.channel is Channel.SMS:
        return _Beside("alert_one_way_sender")
    marketing = _contact(facts, Purpose.MARKETING)
    if not isinstance(marketing, Allowed):
        return _Beside(f"alert_{marketing.reason}")
    if facts.best is None:
        if facts.on_sale and facts.wallet.balance is not None:
            return _too_low(facts, facts.wallet.balance, matter.pool)
        return _Beside("alert_nothing_on_sale")
    return _offer(facts, facts.best, marketing.count_today, known)


def _too_low(facts: AlertFacts, balance: Money, pool: Pool) -> _Beside:
    """Nobody is told to top up to stay connected who stays connected anyway."""
    debt = facts.wallet.debt if facts.wallet else None
    if debt is not None and debt.amount > 0:
        text = facts.voice.balance_fits_nothing_after(balance, debt)
    elif pool.others or pool.ending.throttled_after:
        text = facts.voice.balance_fits_nothing(balance)
    else:
        text = facts.voice.balance_too_low(balance)
    return _Beside("alert_balance_too_low", text, (BalanceClaim(balance, debt),))


def _offer(facts: AlertFacts, best: Bundle, count_today: int, known: ClaimFacts) -> _Beside:
    price = PriceClaim(best.id, best.price, best.tax_included)
    claims: tuple[Claim, ...] = (price, FreeAnswer(facts.source)) if facts.two_way else (price,)
    wrong = failed_claims(claims, known)
    if wrong:
        return _Beside("alert_price_without_tax", failed=tuple(NAMES[type(claim)] for claim in wrong))
    offer = RecordOffer(
        id=facts.offer_id,
        subscription=facts.subscriber.id,
        bundle=best.id,
        price=best.price,
        channel=facts.chosen.channel,
        sent_from="",
        reason=facts.event.change.value,
        decision=_decision(facts),
        at=facts.at,
        expires_at=facts.at + timedelta(hours=best.offer_hours),
    )
    contact = RecordMarketingContact(
        subscription=facts.subscriber.id, at=facts.at, channel=facts.chosen.channel, count=count_today + 1
    )
    text = facts.voice.offer(best.name(facts.voice.language), best.price) if facts.two_way else ""
    return _Beside("alert_and_offer", text, claims if text else (), (offer, contact))


def _septets_beside(text: str) -> int:
    return septets(transliterate(text)) + 1 if text else 0


def _true_until(alert: Draft, at: datetime) -> datetime | None:
    """As long as the alert's figures can be told; None where it has none."""
    return min((end for claim in alert.claims if (end := _stale_at(claim, at)) is not None), default=None)


def _stale_at(claim: Claim, at: datetime) -> datetime | None:
    match claim:
        case RemainingClaim():
            return claim.as_of + FRESH
        case EndsWithin():
            return at + max(timedelta(hours=claim.p50) / _STALE_SHARE, _SOON_STALE)
        case Expires() | Renews() | WillNotRenew() | UpForRenewal():
            return at + max((claim.at - at) / _STALE_SHARE, _SOON_STALE)
        case _:
            return None


def _later_text(matter: Matter, known: ClaimFacts) -> str:
    """What still holds when the figures are old: it has none."""
    lasting_ones = (NearlyUsedUp, RanOut, HasExpired)
    possible = [one for one in drafts(matter) if all(isinstance(claim, lasting_ones) for claim in one.claims)]
    return first_that_holds(possible, known, 0)[0].text


def _decision(facts: AlertFacts) -> Mapping[str, Any]:
    """Why this offer, and where there was a choice, why this way."""
    chosen = facts.chosen
    if not chosen.reason:
        return facts.decision
    return {**facts.decision, "channel": chosen.channel, "channel_reason": chosen.reason}


def _pushed(facts: AlertFacts, text: SendSms, offer: OfferId | None, alert: Draft) -> tuple[Effect, ...]:
    """A screen, and behind it the text, held back: one of them tells the person in any case."""
    until = facts.at + facts.wait
    push = PushUssd(
        key=f"push:{facts.key}",
        subscription=facts.subscriber.id,
        msisdn=facts.subscriber.msisdn,
        door=facts.door,
        notice=text.repeat_text if offer else text.text,
        offer=offer,
        at=facts.at,
        until=until,
        fallback=text.key,
        about=text.about,
        claims=alert.claims if offer else text.claims,
    )
    return push, replace(text, not_before=until)


def _noted(facts: AlertFacts, outcome: str) -> RecordAlert:
    return RecordAlert(
        subscription=facts.subscriber.id,
        bundle_id=facts.event.bucket.id,
        threshold=threshold_key(facts.event),
        at=facts.at,
        outcome=outcome,
    )


def _sms(facts: AlertFacts, text: str, *, claims: tuple[Claim, ...], suppressed: str = "") -> SendSms:
    return SendSms(
        key=facts.key,
        subscription=facts.subscriber.id,
        msisdn=facts.subscriber.msisdn,
        source=facts.source,
        text=text,
        purpose=Purpose.ALERT,
        at=facts.at,
        expires_at=facts.at + OLDEST_EVENT,
        suppressed=suppressed,
        about=facts.event.bucket.unit,
        claims=claims,
    )
