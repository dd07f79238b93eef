"""From a bundle that ends to the text that says so, with an offer where one is wanted, allowed and payable.

The alert itself is a service; the offer beside it is marketing. Each passes the contact policy on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flows import contact_policy
from flows.catalogue import Bundle
from flows.channel_choice import BY_TEXT, Chosen
from flows.contact_policy import Allowed, ContactSwitches
from flows.effects import Effect, PushUssd, RecordAlert, RecordMarketingContact, RecordOffer, SendSms
from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.market import MarketRules, pack_digest
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import Bucket, Channel, OfferId, Purpose, Wallet

OLDEST_EVENT = timedelta(hours=24)
"""An event older than this is kept and alerts nobody."""
LASTS_HOURS = 24.0
"""Who has another bundle that lasts this long at their pace needs no alert."""
_FORECAST_HORIZON = timedelta(hours=72)
"""Farther ends are not told as a time: nobody plans by them."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the bundle ends by use, in hours from now: ten, fifty and ninety percent quantiles."""

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


@dataclass(frozen=True, slots=True)
class Alerted:
    """What follows from an event, and its outcome in one word. No effects: nobody is told."""

    outcome: str
    effects: tuple[Effect, ...] = ()


def decide(facts: AlertFacts) -> Alerted:
    """The alert, with or without an offer, or the reason why there is none."""
    quiet = _why_quiet(facts)
    if quiet:
        return Alerted(quiet)
    alert = _alert_text(facts)
    allowed = _contact(facts, Purpose.ALERT)
    if not isinstance(allowed, Allowed):
        return Alerted(allowed.reason, (_noted(facts, allowed.reason), _sms(facts, alert, suppressed=allowed.reason)))
    beside, offer_effects, outcome = _beside(facts)
    offer = facts.offer_id if offer_effects else None
    asks = offer is not None and facts.two_way
    text = _sms(facts, f"{alert} {beside}" if beside else alert, repeat_text=alert, offer=offer, asks=asks)
    noted = (_noted(facts, outcome), *offer_effects)
    if facts.chosen.channel is not Channel.USSD:
        return Alerted(outcome, (*noted, text))
    return Alerted(outcome, (*noted, *_pushed(facts, text, offer)))


def other_buckets(event: BundleReported, wallet: Wallet | None, at: datetime) -> tuple[Bucket, ...]:
    """Every other bundle of the same unit that still has something in it.

    The charging system's word counts before the event's, bundle by bundle.
    """
    known: dict[str, Bucket] = {bucket.id: bucket for bucket in event.others}
    if wallet is not None:
        known.update((bucket.id, bucket) for bucket in wallet.buckets)
    known.pop(event.bucket.id, None)
    return tuple(
        bucket
        for bucket in known.values()
        if bucket.unit is event.bucket.unit
        and bucket.remaining > 0
        and (bucket.expires_at is None or bucket.expires_at - at >= timedelta(hours=LASTS_HOURS))
    )


def threshold_key(event: BundleReported) -> str:
    """What makes two events one alert: the threshold as told, or the kind of event."""
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


def _beside(facts: AlertFacts) -> tuple[str, tuple[Effect, ...], str]:
    """What stands beside the alert: its text, its effects, and the outcome in a word."""
    if facts.wallet is None:
        return "", (), "alert_balance_unknown"
    if not facts.two_way and facts.chosen.channel is Channel.SMS:
        return "", (), "alert_one_way_sender"
    marketing = _contact(facts, Purpose.MARKETING)
    if not isinstance(marketing, Allowed):
        return "", (), f"alert_{marketing.reason}"
    if facts.best is None:
        if facts.on_sale and facts.wallet.balance is not None:
            return facts.voice.balance_too_low(facts.wallet.balance), (), "alert_balance_too_low"
        return "", (), "alert_nothing_on_sale"
    return _offer(facts, facts.best, marketing.count_today)


def _offer(facts: AlertFacts, best: Bundle, count_today: int) -> tuple[str, tuple[Effect, ...], str]:
    offer = RecordOffer(
        id=facts.offer_id,
        subscription=facts.subscriber.id,
        bundle=best.id,
        price=best.price,
        channel=facts.chosen.channel,
        sent_from="",
        reason=facts.event.change.value,
        decision=_decision(facts, count_today),
        at=facts.at,
        expires_at=facts.at + timedelta(hours=best.offer_hours),
    )
    contact = RecordMarketingContact(
        subscription=facts.subscriber.id, at=facts.at, channel=facts.chosen.channel, count=count_today + 1
    )
    text = facts.voice.offer(best.name(facts.voice.language), best.price) if facts.two_way else ""
    return text, (offer, contact), "alert_and_offer"


def _decision(facts: AlertFacts, count_today: int) -> Mapping[str, Any]:
    """Why this offer, what it came from, by which rules, and where there was a choice, why this way."""
    made: dict[str, Any] = {**facts.decision, "origin": facts.key, "contact": _contact_rules(facts, count_today)}
    if facts.chosen.reason:
        made |= {"channel": facts.chosen.channel, "channel_reason": facts.chosen.reason}
    return made


def _contact_rules(facts: AlertFacts, count_today: int) -> Mapping[str, Any]:
    """What the contact policy said yes on. The market's rules of the day are found again by pack."""
    rules = facts.rules
    return {
        "market": rules.market,
        "pack": pack_digest(rules.market),
        "opt_in": rules.opt_in,
        "assumed": facts.switches.assume_opt_in == "yes",
        "hours": facts.switches.quiet_hours,
        "chosen": facts.subscriber.marketing,
        "sent_today": count_today,
        "most_a_day": rules.caps.per_day,
    }


def _pushed(facts: AlertFacts, text: SendSms, offer: OfferId | None) -> tuple[Effect, ...]:
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
    )
    return push, replace(text, not_before=until)


def _alert_text(facts: AlertFacts) -> str:
    event, voice, bucket = facts.event, facts.voice, facts.event.bucket
    match event.change:
        case BundleChange.DEPLETED:
            return voice.has_run_out(facts.bundle_name)
        case BundleChange.EXPIRED:
            return voice.has_expired(facts.bundle_name)
        case BundleChange.EXPIRING if bucket.expires_at is not None and bucket.expires_at > facts.at:
            return voice.expires(facts.bundle_name, bucket.unit, bucket.remaining, bucket.expires_at - facts.at)
        case BundleChange.EXPIRING:
            return voice.has_expired(facts.bundle_name)
        case BundleChange.DEPLETING if bucket.remaining == 0:
            return voice.has_run_out(facts.bundle_name)
        case BundleChange.DEPLETING:
            return voice.runs_out(facts.bundle_name, bucket.unit, bucket.remaining, _ends_in(facts))


def _ends_in(facts: AlertFacts) -> timedelta | None:
    """The forecast where it can be told: near enough, and before the clock ends the bundle anyway."""
    ends_in = timedelta(hours=facts.forecast.p50)
    expires_at = facts.event.bucket.expires_at
    if ends_in > _FORECAST_HORIZON or (expires_at is not None and facts.at + ends_in > expires_at):
        return None
    return ends_in


def _noted(facts: AlertFacts, outcome: str) -> RecordAlert:
    return RecordAlert(
        subscription=facts.subscriber.id,
        bundle_id=facts.event.bucket.id,
        threshold=threshold_key(facts.event),
        at=facts.at,
        outcome=outcome,
    )


def _sms(
    facts: AlertFacts,
    text: str,
    *,
    repeat_text: str = "",
    suppressed: str = "",
    offer: OfferId | None = None,
    asks: bool = False,
) -> SendSms:
    return SendSms(
        key=facts.key,
        subscription=facts.subscriber.id,
        msisdn=facts.subscriber.msisdn,
        source=facts.source,
        text=text,
        purpose=Purpose.ALERT,
        at=facts.at,
        repeat_text=repeat_text,
        expires_at=facts.at + OLDEST_EVENT,
        suppressed=suppressed,
        offer=offer,
        asks=asks,
        names=(offer,) if offer and asks else (),
        about=facts.event.bucket.unit,
    )
