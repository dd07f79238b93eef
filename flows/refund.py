"""The life of one refund: an order of its own, under its own key, that gives back what another charged (ADR 0005).

It goes the same way as a purchase, and is asked about in the same way. The payer hears of it once, when the money is
back; what a charging system refuses is a person's business, for nobody else can make it good.
"""

from __future__ import annotations

from flows.effects import Effect, RecordAudit, RecordOrderState, RecordRefunded
from flows.purchase import NEEDS_PERSON, PurchaseFlow, as_doubted, as_left, refund_key, text_of
from flows.purchase_facts import BundleActivated, BundleRefused, LeftToPerson, OutcomeWasUnknown
from flows.records import Order


class RefundFlow(PurchaseFlow):
    """Decides what each word of the charging system means for a refund."""

    def confirm(self, order: Order, fact: BundleActivated) -> list[Effect]:
        """The money is back, and the order that charged it says so from now on, if that is all of it."""
        assert order.gives_back is not None, "a refund gives something back"
        said = fact.telling.voice.refunded(fact.telling.name, order.price)
        return [
            RecordOrderState(key=order.key, state="confirmed", at=fact.at, settled=True, reference=fact.reference),
            *((RecordRefunded(order.gives_back, "refunded", fact.at),) if is_whole(order) else ()),
            text_of(order, fact.telling, fact.at, "refunded", said),
            RecordAudit(
                actor=fact.by,
                action="order.refunded",
                subscription=order.subscription,
                at=fact.at,
                detail={"order": order.gives_back, "refund": order.key, "reference": fact.reference},
            ),
        ]

    def decline(self, order: Order, fact: BundleRefused) -> list[Effect]:
        """Nobody is told: the person who looks into it will tell."""
        return [
            RecordOrderState(
                key=order.key, state="declined", at=fact.at, settled=True, reason=fact.reason, detail=fact.detail
            ),
            RecordOrderState(
                key=order.gives_back or order.key,
                state="in_doubt",
                at=fact.at,
                settled=False,
                reason=NEEDS_PERSON,
                detail=f"the refund was refused: {fact.detail or fact.reason}",
            ),
            RecordAudit(
                actor=fact.by,
                action="order.refund_refused",
                subscription=order.subscription,
                at=fact.at,
                detail={"order": order.gives_back, "refund": order.key, "reason": fact.reason},
            ),
        ]

    def doubt(self, order: Order, fact: OutcomeWasUnknown) -> list[Effect]:
        """Asked about like a purchase; the payer waits for no word yet."""
        return [as_doubted(order, fact)]

    def call_person(self, order: Order, fact: LeftToPerson) -> list[Effect]:
        """As of a purchase, and told to nobody."""
        return as_left(order, fact)


def is_whole(refund: Order) -> bool:
    """Whether it gives back all that its order cost; else what was charged beyond that."""
    return refund.gives_back is not None and refund.key == refund_key(refund.gives_back)
