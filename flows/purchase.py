"""The life of one order: charged exactly once (ADR 0005).

``pending → sent → confirmed | declined | in_doubt``; what is in doubt is resolved by asking, never by sending again
blindly. The same key may be sent again only once the charging system's settle time has passed without it knowing the
order. What was charged and not granted is given back by a refund (``flows.refund``) and becomes ``refunded``. A person
with evidence may say what was charged (``vouch``) or that nothing was (``disown``), also against an earlier verdict.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from statemachine import State

from flows import order_texts
from flows.catalogue_services import OUT_OF_BUNDLE_ON
from flows.effects import (
    ActivateBundle,
    Effect,
    RecordAudit,
    RecordOrder,
    RecordOrderState,
    RecordPointless,
    RecordPreference,
    SendSms,
)
from flows.purchase_facts import (
    BundleActivated,
    BundleRefused,
    ExcessFound,
    LeftToPerson,
    NothingGranted,
    OutcomeWasUnknown,
    PurchaseNotSent,
    PurchaseSent,
    RefundAsked,
)
from flows.records import Order, Subscriber
from flows.step import Flow
from flows.telling import Given, Telling
from flows.values import OfferId, OrderKey, OrderKind, Purpose

NOT_GRANTED = "not_granted"
"""The reason of an order that was charged and not granted: its refund is on its way."""
NEEDS_PERSON = "needs_person"
"""The reason of an order in doubt that is asked about no more."""
NOT_CHARGED = "not_charged"
"""The reason of a refund that is not made, as nothing was charged that could be given back."""
CHARGED_TOO_MUCH = "charged_too_much"
"""Why what was charged beyond the price goes back."""
REFUND = "ref-"
"""What the key of a refund begins with."""
_SETTLED = ("confirmed", "declined")
TELL_AFTER_QUERIES = 2
"""The payer hears of a doubt only when it outlives the first quick questions, some seconds."""


class PurchaseFlow(Flow):
    """Decides what each word of the charging system means for the order and its payer."""

    pending = State(initial=True)
    sent = State()
    in_doubt = State()
    confirmed = State()
    declined = State()
    refunded = State()

    send_out = pending.to(sent, on="note_sent") | in_doubt.to(sent, on="note_sent") | sent.to(sent, on="note_sent")
    not_sent = sent.to(pending, on="note_pending") | pending.to(pending, on="note_pending")
    activate = (
        pending.to(confirmed, on="confirm")
        | sent.to(confirmed, on="confirm")
        | in_doubt.to(confirmed, on="confirm")
        | confirmed.to(confirmed)
        | declined.to(declined, on="contradict")
        | refunded.to(refunded)
    )
    refuse = (
        pending.to(declined, on="decline")
        | sent.to(declined, on="decline")
        | in_doubt.to(declined, on="decline")
        | confirmed.to(confirmed, on="contradict")
        | declined.to(declined)
        | refunded.to(refunded)
    )
    take_back = sent.to(in_doubt, on="undo") | in_doubt.to(in_doubt, on="undo")
    give_back = (
        confirmed.to(confirmed, on="ask_back")
        | declined.to(declined, on="ask_back")
        | in_doubt.to(in_doubt, on="ask_back")
    )
    give_excess = confirmed.to(confirmed, on="ask_excess") | refunded.to(refunded, on="ask_excess")
    money_back = confirmed.to(refunded) | declined.to(refunded) | in_doubt.to(refunded)  # written by its refund
    lose_sight = sent.to(in_doubt, on="doubt") | in_doubt.to(in_doubt, on="doubt")
    hand_over = in_doubt.to(in_doubt, on="call_person")
    vouch = in_doubt.to(confirmed, on="confirm") | declined.to(confirmed, on="confirm") | confirmed.to(confirmed)
    disown = in_doubt.to(declined, on="decline") | confirmed.to(declined, on="decline") | declined.to(declined)

    def note_sent(self, order: Order, fact: PurchaseSent) -> Effect:
        """Durable before the first byte leaves."""
        return RecordOrderState(key=order.key, state="sent", at=fact.at, settled=False, sent=True)

    def note_pending(self, order: Order, fact: PurchaseNotSent) -> Effect:
        """Back to the start: sending again is safe."""
        return RecordOrderState(key=order.key, state="pending", at=fact.at, settled=False, detail=fact.detail)

    def confirm(self, order: Order, fact: BundleActivated) -> list[Effect]:
        """The payer gets the confirmation; a beneficiary hears of the gift."""
        return [
            RecordOrderState(
                key=order.key,
                state="confirmed",
                at=fact.at,
                settled=True,
                reference=fact.reference or None,
                corrects=_corrected(order),
                credit=fact.credit,
            ),
            text_of(order, fact.telling, fact.at, "confirmed", order_texts.confirmed(order, fact)),
            *_gift(order, fact),
            *_renewed(order, fact),
            *_in_force(order, fact),
            RecordAudit(
                actor=fact.by,
                action="order.confirmed",
                subscription=order.subscription,
                at=fact.at,
                detail={"order": order.key, "reference": fact.reference},
            ),
        ]

    def decline(self, order: Order, fact: BundleRefused) -> list[Effect]:
        """A clear word, and that nothing was charged."""
        return [
            RecordOrderState(
                key=order.key,
                state="declined",
                at=fact.at,
                settled=True,
                reason=fact.reason,
                detail=fact.detail,
                corrects=_corrected(order),
            ),
            text_of(
                order,
                fact.telling,
                fact.at,
                "declined",
                order_texts.declined(order, fact.telling.voice, fact.telling.name, fact.reason),
            ),
            RecordAudit(
                actor=fact.by,
                action="order.declined",
                subscription=order.subscription,
                at=fact.at,
                detail={"order": order.key, "reason": fact.reason},
            ),
        ]

    def doubt(self, order: Order, fact: OutcomeWasUnknown) -> list[Effect]:
        """The payer is told once, when the first questions did not settle it."""
        effects: list[Effect] = [as_doubted(order, fact)]
        if fact.queried and order.queries == TELL_AFTER_QUERIES:
            effects.append(_checking(order, fact.telling, fact.at))
        return effects

    def call_person(self, order: Order, fact: LeftToPerson) -> list[Effect]:
        """Stays in doubt, and shows up as work; the payer hears of it now, if no question has told them before."""
        told = order.queries > TELL_AFTER_QUERIES
        return [*as_left(order, fact), *(() if told else (_checking(order, fact.telling, fact.at),))]

    def undo(self, order: Order, fact: NothingGranted) -> list[Effect]:
        """The money goes back under a key of its own; the payer hears of it when it is there."""
        return [
            RecordOrderState(
                key=order.key,
                state="in_doubt",
                at=fact.at,
                settled=False,
                reason=NOT_GRANTED,
                detail=fact.detail,
                reference=fact.reference or None,
            ),
            *_refund(order, fact.payer, fact.at, by="chasqui", reason=NOT_GRANTED),
        ]

    def ask_back(self, order: Order, fact: RefundAsked) -> list[Effect]:
        """Somebody's decision, under their name."""
        return _refund(order, fact.payer, fact.at, by=fact.by, reason=fact.reason)

    def ask_excess(self, order: Order, fact: ExcessFound) -> list[Effect]:
        """What was charged beyond the price, under a key of its own; the order stays as it is."""
        whole = replace(order, price=fact.excess)
        return _refund(whole, fact.payer, fact.at, by=fact.by, reason=CHARGED_TOO_MUCH, key=fact.key)

    def contradict(self, order: Order, fact: BundleActivated | BundleRefused) -> Effect:
        """The charging system says something else than before: kept for a person, told to nobody."""
        return RecordAudit(
            actor="ocs",
            action="order.contradicted",
            subscription=order.subscription,
            at=fact.at,
            detail={"order": order.key, "was": order.state, "now": type(fact).__name__},
        )


def _corrected(order: Order) -> str:
    """The verdict that a person takes back, empty where there was none."""
    return order.state if order.state in _SETTLED else ""


def refund_key(order: OrderKey) -> OrderKey:
    """The key of the one refund of the whole that an order can have."""
    return OrderKey(f"{REFUND}{order.removeprefix('ord-')}")


def _refund(
    order: Order, payer: Subscriber, at: datetime, *, by: str, reason: str, key: OrderKey | None = None
) -> list[Effect]:
    """Intent and key of a refund of the order's price, durable before anything is called."""
    own = key or refund_key(order.key)
    refund = replace(
        order,
        key=own,
        offer=OfferId(own),
        state="pending",
        attempts=0,
        queries=0,
        created_at=at,
        sent_at=None,
        gives_back=order.key,
        kind=OrderKind.REFUND,
    )
    asked = RecordAudit(
        actor=by,
        action="order.refund_asked",
        subscription=order.subscription,
        at=at,
        detail={"order": order.key, "refund": refund.key, "reason": reason},
    )
    return [RecordOrder(refund), ActivateBundle(refund, payer), asked]


def as_doubted(order: Order, fact: OutcomeWasUnknown) -> RecordOrderState:
    """A purchase or a refund of which nobody can say yet."""
    return RecordOrderState(
        key=order.key,
        state="in_doubt",
        at=fact.at,
        settled=False,
        detail=fact.detail,
        reference=fact.reference or None,
        queried=fact.queried,
    )


def as_left(order: Order, fact: LeftToPerson) -> list[Effect]:
    """A purchase or a refund that a person has to look at."""
    return [
        RecordOrderState(
            key=order.key, state="in_doubt", at=fact.at, settled=False, reason=NEEDS_PERSON, detail=fact.detail
        ),
        RecordAudit(
            actor="chasqui",
            action="order.needs_person",
            subscription=order.subscription,
            at=fact.at,
            detail={"order": order.key, "detail": fact.detail},
        ),
    ]


def text_of(order: Order, telling: Telling, at: datetime, kind: str, text: str) -> SendSms:
    """A text about an order. kind: one of each is sent, however often its step is taken."""
    return SendSms(
        key=f"{order.key}:{kind}",
        subscription=order.subscription,
        msisdn=order.msisdn,
        source=telling.source,
        text=text,
        purpose=Purpose.CONFIRMATION,
        at=at,
        repeat_text=text,
    )


def _checking(order: Order, telling: Telling, at: datetime) -> SendSms:
    return text_of(order, telling, at, "checking", telling.voice.being_checked(telling.name))


def _in_force(order: Order, fact: BundleActivated) -> list[Effect]:
    """A switch counts from when the charging system has it."""
    if order.kind is not OrderKind.OUT_OF_BUNDLE or fact.overtaken:
        return []
    return [RecordPreference(order.subscription, "out_of_bundle", order.bundle == OUT_OF_BUNDLE_ON)]


def _renewed(order: Order, fact: BundleActivated) -> list[Effect]:
    """That it runs out need not be told any more to whoever has more of it now."""
    subscription = order.subscription
    if order.is_gift:
        if fact.given is None or fact.given.subscription == order.subscription:  # nobody we know
            return []
        subscription = fact.given.subscription
    return [RecordPointless(subscription, fact.at, "renewed", unit) for unit in sorted(fact.units)]


def _gift(order: Order, fact: BundleActivated) -> list[Effect]:
    if not order.is_gift:
        return []
    given = fact.given or Given(order.subscription, fact.telling)
    text = order_texts.received(order, given.telling.voice, given.telling.name)
    return [
        SendSms(
            key=f"{order.key}:gift",
            subscription=given.subscription,
            msisdn=order.beneficiary,
            source=given.telling.source,
            text=text,
            purpose=Purpose.CONFIRMATION,
            at=fact.at,
            repeat_text=text,
        )
    ]
