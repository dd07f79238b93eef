"""A bundle chosen from a list: nobody offered it, yet it is bought the way an offer is.

The offer and the order are made in one step, under ids that the turn alone determines: the same turn again makes the
same rows, which the database refuses (ADR 0005).
"""

from __future__ import annotations

from datetime import datetime

from flows.catalogue import Bundle
from flows.effects import Effect, RecordOffer
from flows.frozen import dataclass
from flows.offer import order_effects, order_key
from flows.records import Answer, Offer, Subscriber
from flows.values import Channel, Msisdn, OfferId

REASON = "menu"
"""Why the offer was made: the person asked for it."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A person confirmed a bundle and its price. key: identifies the confirmation.

    beneficiary: who gets it, None for the person themselves. answer: the confirmation, as it was said.
    """

    at: datetime
    subscriber: Subscriber
    bundle: Bundle
    key: str
    channel: Channel
    beneficiary: Msisdn | None = None
    answer: Answer | None = None

    @property
    def offer(self) -> Offer:
        """What the person said yes to."""
        return Offer(
            id=OfferId(f"off-{self.key}"),
            subscription=self.subscriber.id,
            bundle=self.bundle.id,
            price=self.bundle.price,
            state="accepted",
            channel=self.channel,
            sent_from="",
            created_at=self.at,
            expires_at=self.at,
            reason=REASON,
        )


def buy(sale: Bought) -> tuple[Effect, ...]:
    """The offer, born accepted, its order, and the call."""
    offer = sale.offer
    born = RecordOffer(
        id=offer.id,
        subscription=offer.subscription,
        bundle=offer.bundle,
        price=offer.price,
        channel=offer.channel,
        sent_from=offer.sent_from,
        reason=offer.reason,
        decision={},
        at=sale.at,
        expires_at=sale.at,
        accepted=order_key(offer),
    )
    person = sale.subscriber
    gets_it = sale.beneficiary or person.msisdn
    return (born, *order_effects(offer, person, sale.channel, sale.at, sale.answer, beneficiary=gets_it))
