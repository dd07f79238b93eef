"""What stands beside an alert: an offer, or that nothing can be paid, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flows.alert_facts import AlertFacts, contact
from flows.alert_texts import Matter
from flows.catalogue import Bundle
from flows.claim_checks import ClaimFacts, failed_claims
from flows.claims import NAMES, BalanceClaim, Claim, FreeAnswer, PriceClaim
from flows.contact_policy import Allowed
from flows.effects import Effect, RecordMarketingContact, RecordOffer
from flows.frozen import dataclass
from flows.market import pack_digest
from flows.usable import Pool
from flows.values import Channel, Money, Purpose


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the alert: its text, its claims, its effects, and the outcome in a word."""

    outcome: str
    text: str = ""
    claims: tuple[Claim, ...] = ()
    effects: tuple[Effect, ...] = ()
    failed: tuple[str, ...] = ()


def beside(facts: AlertFacts, matter: Matter, known: ClaimFacts) -> Beside:
    """What the wallet, the law and the market leave to be said."""
    if facts.wallet is None:
        return Beside("alert_balance_unknown")
    if facts.event.roaming or matter.pool.ending.roaming:
        return Beside("alert_roaming")  # what is on sale is for use at home
    if not matter.has_ended:
        return Beside("alert_refilled")
    if matter.renews_in_time:
        return Beside("alert_renews")
    if not facts.two_way and facts.chosen.channel is Channel.SMS:
        return Beside("alert_one_way_sender")
    marketing = contact(facts, Purpose.MARKETING)
    if not isinstance(marketing, Allowed):
        return Beside(f"alert_{marketing.reason}")
    best = facts.offered
    if best is None:
        if facts.on_sale and facts.wallet.balance is not None:
            return _too_low(facts, facts.wallet.balance, matter.pool)
        return Beside("alert_nothing_on_sale")
    return _offer(facts, best, marketing.count_today, known)


def _too_low(facts: AlertFacts, balance: Money, pool: Pool) -> Beside:
    """Nobody is told to top up to stay connected who stays connected anyway."""
    debt = facts.wallet.debt if facts.wallet else None
    if debt is not None and debt.amount > 0:
        text = facts.voice.balance_fits_nothing_after(balance, debt)
    elif pool.others or pool.ending.throttled_after:
        text = facts.voice.balance_fits_nothing(balance)
    else:
        text = facts.voice.balance_too_low(balance)
    return Beside("alert_balance_too_low", text, (BalanceClaim(balance, debt),))


def _offer(facts: AlertFacts, best: Bundle, count_today: int, known: ClaimFacts) -> Beside:
    price = PriceClaim(best.id, best.price, best.tax_included)
    claims: tuple[Claim, ...] = (price, FreeAnswer(facts.source)) if facts.two_way else (price,)
    wrong = failed_claims(claims, known)
    if wrong:
        return Beside("alert_price_without_tax", failed=tuple(NAMES[type(claim)] for claim in wrong))
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
        expires_at=facts.personal.until if facts.personal else facts.at + timedelta(hours=best.offer_hours),
    )
    counted = RecordMarketingContact(
        subscription=facts.subscriber.id, at=facts.at, channel=facts.chosen.channel, count=count_today + 1
    )
    text = facts.voice.offer(best.name(facts.voice.language), best.price) if facts.two_way else ""
    return Beside("alert_and_offer", text, claims if text else (), (offer, counted))


def _decision(facts: AlertFacts, count_today: int) -> Mapping[str, Any]:
    """Why this offer, what it came from, by which rules, and where there was a choice, why this way."""
    made: dict[str, Any] = {**facts.decision, "origin": facts.key, "contact": _contact_rules(facts, count_today)}
    if facts.personal:
        made["personal_price"] = facts.personal.document()
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
