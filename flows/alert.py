"""From a bundle that ends to the text that says so, with an offer where one is wanted, allowed and payable.

The alert itself is a service; the offer beside it is marketing. Each passes the contact policy on its own. What is
said is looked at in all of the wallet (``flows.usable``), and nothing that does not hold is said (``flows.claims``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from flows.alert_ageing import later_text, true_until
from flows.alert_beside import Beside, beside
from flows.alert_facts import AlertFacts, Forecast, claim_facts, contact, matter_of, place_of, pool_in
from flows.alert_texts import Said, drafts, first_that_holds
from flows.contact_policy import Allowed
from flows.effects import Effect, PushUssd, RecordAlert, SendSms
from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.usable import Pool, lasting
from flows.values import Channel, Purpose
from menus.charset import septets, transliterate

__all__ = ["AlertFacts", "Alerted", "Forecast", "decide", "others_lasting", "place_of", "pool_in", "threshold_key"]

OLDEST_EVENT = timedelta(hours=24)
"""An event older than this is kept and alerts nobody."""
LASTS_HOURS = 24.0
"""Who has another bundle that lasts this long at their pace needs no alert."""
_ANOTHER_END = timedelta(hours=1)
_FAR = 24.0 * 366


@dataclass(frozen=True, slots=True)
class Alerted:
    """What follows from an event, and its outcome in one word. No effects: nobody is told.

    failed: names of the claims that did not hold, of texts that did not go therefore.
    """

    outcome: str
    effects: tuple[Effect, ...] = ()
    failed: tuple[str, ...] = ()


def decide(facts: AlertFacts) -> Alerted:
    """The alert, with or without an offer, or the reason why there is none."""
    quiet = _why_quiet(facts)
    if quiet:
        return Alerted(quiet)
    pool = pool_in(facts)
    matter, known = matter_of(facts, pool), claim_facts(facts, pool)
    allowed = contact(facts, Purpose.ALERT)
    if not isinstance(allowed, Allowed):
        alert = first_that_holds(drafts(matter), known, 0)
        silenced = _sms(facts, alert, Beside(""), suppressed=allowed.reason)
        return Alerted(allowed.reason, (_noted(facts, allowed.reason), silenced), alert.failed)
    told = beside(facts, matter, known)
    alert = first_that_holds(drafts(matter), known, _septets_beside(told.text))
    text = _sms(facts, alert, told, true_until=true_until(alert, facts.at), later=later_text(matter, known))
    noted = (_noted(facts, told.outcome), *told.effects)
    said = (*alert.failed, *told.failed)
    if facts.chosen.channel is not Channel.USSD:
        return Alerted(told.outcome, (*noted, text), said)
    return Alerted(told.outcome, (*noted, *_pushed(facts, text, alert)), said)


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
    if _is_renewed(facts):
        return "renewed"
    return ""


@lru_cache(maxsize=1024)
def _septets_beside(text: str) -> int:
    """Offers are few, and told to many."""
    return septets(transliterate(text)) + 1 if text else 0


def _pushed(facts: AlertFacts, text: SendSms, alert: Said) -> tuple[Effect, ...]:
    """A screen, and behind it the text, held back: one of them tells the person in any case."""
    until = facts.at + facts.wait
    push = PushUssd(
        key=f"push:{facts.key}",
        subscription=facts.subscriber.id,
        msisdn=facts.subscriber.msisdn,
        door=facts.door,
        notice=alert.text if text.offer else text.text,
        offer=text.offer,
        at=facts.at,
        until=until,
        fallback=text.key,
        about=text.about,
        claims=alert.claims if text.offer else text.claims,
    )
    return push, replace(text, not_before=until)


def _is_renewed(facts: AlertFacts) -> bool:
    """Whether the end by the clock that the event tells is not the end any more: it has been put off since."""
    if facts.event.change not in (BundleChange.EXPIRING, BundleChange.EXPIRED):
        return False
    told, now = facts.event.bucket.expires_at, pool_in(facts).ending.expires_at
    return told is not None and now is not None and now - told > _ANOTHER_END and now > facts.at


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
    alert: Said,
    told: Beside,
    *,
    suppressed: str = "",
    true_until: datetime | None = None,
    later: str = "",
) -> SendSms:
    """The text, with what stands beside it."""
    offer = facts.offer_id if told.effects else None
    asks = offer is not None and facts.two_way
    return SendSms(
        key=facts.key,
        subscription=facts.subscriber.id,
        msisdn=facts.subscriber.msisdn,
        source=facts.source,
        text=f"{alert.text} {told.text}" if told.text else alert.text,
        purpose=Purpose.ALERT,
        at=facts.at,
        repeat_text="" if suppressed else alert.text,
        expires_at=facts.at + OLDEST_EVENT,
        suppressed=suppressed,
        offer=offer,
        asks=asks,
        names=(offer,) if offer and asks else (),
        about=facts.event.bucket.unit,
        claims=alert.claims + told.claims,
        true_until=true_until,
        later_text=later,
    )
