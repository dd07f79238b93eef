"""The life of one offer: open, then accepted, declined or expired.

SMS, USSD and app all raise the same events; only the purchase flow charges. An offer that was answered
stays answered: a second yes says what became of the first and buys nothing. Where the market wants a purchase by text
confirmed, the first yes is a question and the second, within a quarter of an hour, buys.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from statemachine import State

from flows import reply_texts
from flows.answering import Texter
from flows.effects import ActivateBundle, Effect, RecordAudit, RecordFirstYes, RecordOfferState, RecordOrder
from flows.frozen import dataclass
from flows.keywords import ACCEPT_WORD
from flows.records import Answer, Offer, Order, Subscriber
from flows.step import Flow
from flows.texts import Voice
from flows.values import Channel, Msisdn, OrderKey

CONFIRM_WITHIN = timedelta(minutes=15)
"""From a first yes to the second."""


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """A person said yes or no to an offer.

    name: the bundle in the person's language. source: the service number to answer from.
    reply_key: idempotency key of the answer, from the message or request that brought this.
    order_state: state of the order of an offer accepted before.
    confirm_above: minor units above which a text must say yes twice, None for never; keyword: the second yes.
    same_again: it is the word of a moment ago, perhaps sent before the question came: no second yes.
    outdated: a digit that the latest text does not offer this for: a first yes whatever the price, never a second.
    answer: as it was said; it is kept with the order.
    """

    at: datetime
    channel: Channel
    subscriber: Subscriber
    beneficiary: Msisdn
    voice: Voice
    name: str
    source: str
    reply_key: str
    order_state: str | None = None
    confirm_above: int | None = None
    keyword: str = ACCEPT_WORD
    same_again: bool = False
    outdated: bool = False
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class OfferTimedOut:
    """The offer's time is over."""

    at: datetime


class OfferFlow(Flow):
    """Decides what an answer to an offer leads to."""

    open_ = State(value="open", initial=True)
    accepted = State()
    declined = State()
    expired = State()

    accept = (
        open_.to(open_, cond=["in_time", "wants_second_yes"], on="ask_to_confirm")
        | open_.to(accepted, cond="in_time", on="buy")
        | open_.to(expired, on="too_late")
        | accepted.to(accepted, on="tell_outcome")
        | declined.to(declined, on="tell_nothing_open")
        | expired.to(expired, on="tell_expired")
    )
    decline = (
        open_.to(declined, on="drop")
        | accepted.to(accepted, on="tell_outcome")
        | declined.to(declined, on="tell_not_bought")
        | expired.to(expired, on="tell_not_bought")
    )
    time_out = open_.to(expired, on="lapse") | accepted.to(accepted) | declined.to(declined) | expired.to(expired)

    def in_time(self, offer: Offer, fact: OfferAnswered) -> bool:
        """An answer counts until the offer's end."""
        return fact.at < offer.expires_at

    def wants_second_yes(self, offer: Offer, fact: OfferAnswered) -> bool:
        """Whether this yes is the first of two."""
        if fact.channel is not Channel.SMS or fact.outdated:
            return fact.outdated
        if offer.yes_at is None:
            return fact.confirm_above is not None and offer.price.amount > fact.confirm_above
        return fact.at - offer.yes_at > CONFIRM_WITHIN or fact.same_again

    def ask_to_confirm(self, offer: Offer, fact: OfferAnswered) -> list[Effect]:
        """What it costs, once more, and the word that buys it."""
        question = reply_texts.confirm(fact.voice, fact.name, offer.price, fact.keyword)
        return [RecordFirstYes(offer.id, fact.at), *reply(fact, question, asks=True)]

    def buy(self, offer: Offer, fact: OfferAnswered) -> list[Effect]:
        """One order, under a key that the offer alone determines."""
        accepted = RecordOfferState(id=offer.id, state="accepted", at=fact.at, order=order_key(offer))
        who, how = fact.subscriber, fact.channel
        return [accepted, *order_effects(offer, who, how, fact.at, fact.answer, beneficiary=fact.beneficiary)]

    def too_late(self, offer: Offer, fact: OfferAnswered) -> list[Effect]:
        """The answer came after the end, before the clock swept the offer away."""
        return [RecordOfferState(id=offer.id, state="expired", at=fact.at), *self.tell_expired(fact)]

    def drop(self, offer: Offer, fact: OfferAnswered) -> list[Effect]:
        """No is an answer too: it is kept and confirmed."""
        return [RecordOfferState(id=offer.id, state="declined", at=fact.at), *self.tell_not_bought(fact)]

    def lapse(self, offer: Offer, fact: OfferTimedOut) -> Effect:
        """Nobody is told: silence was the answer."""
        return RecordOfferState(id=offer.id, state="expired", at=fact.at)

    def tell_outcome(self, fact: OfferAnswered) -> list[Effect]:
        """What became of the first yes."""
        if fact.order_state == "confirmed":
            return reply(fact, fact.voice.already_bought(fact.name))
        if fact.order_state == "declined":
            return reply(fact, fact.voice.no_offer())
        return reply(fact, fact.voice.in_progress(fact.name))

    def tell_expired(self, fact: OfferAnswered) -> list[Effect]:
        """Too late, and nothing charged."""
        return reply(fact, fact.voice.offer_expired())

    def tell_nothing_open(self, fact: OfferAnswered) -> list[Effect]:
        """A yes after a no buys nothing: the offer is gone."""
        return reply(fact, fact.voice.no_offer())

    def tell_not_bought(self, fact: OfferAnswered) -> list[Effect]:
        """A no, confirmed."""
        return reply(fact, fact.voice.not_bought())


def order_effects(
    offer: Offer, person: Subscriber, channel: Channel, at: datetime, answer: Answer | None, *, beneficiary: Msisdn
) -> tuple[Effect, ...]:
    """The order of an accepted offer, whatever the channel; only the purchase flow charges."""
    order = Order(
        key=order_key(offer),
        offer=offer.id,
        subscription=offer.subscription,
        msisdn=person.msisdn,
        beneficiary=beneficiary,
        bundle=offer.bundle,
        price=offer.price,
        channel=channel,
        state="pending",
        attempts=0,
        queries=0,
        created_at=at,
    )
    return (
        RecordOrder(order, answer),
        ActivateBundle(order, person),
        RecordAudit(
            actor=channel,
            action="offer.accepted",
            subscription=offer.subscription,
            at=at,
            detail={"offer": offer.id, "order": order.key},
        ),
    )


def order_key(offer: Offer) -> OrderKey:
    """One key an offer, so that two channels at once cannot make two orders."""
    return OrderKey(f"ord-{offer.id}")


def reply(fact: OfferAnswered, text: str, *, asks: bool = False) -> list[Effect]:
    """An answer by SMS to an SMS; other channels answer in their own response."""
    if fact.channel is not Channel.SMS:
        return []
    return [Texter(fact.at, fact.subscriber, fact.voice, fact.source, fact.reply_key).answer(text, asks=asks)]
