"""Everything a flow can ask for, as data: a closed union (ADR 0002).

``Record*`` effects are written in the transaction of the step; ``SendSms``, ``PushUssd`` and ``ActivateBundle``
become outbox rows in the same transaction and are carried out after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from flows.claims import Claim
from flows.frozen import dataclass
from flows.records import Answer, Order, Subscriber
from flows.values import BundleId, Channel, Money, Msisdn, OfferId, OrderKey, Purpose, SubscriptionId


@dataclass(frozen=True, slots=True)
class SendSms:
    """Send one text.

    key: idempotency key; the same key is never queued twice.
    source: the service number, empty for the network's own.
    repeat_text: what may go out instead when the fate of the first is unknown and the bind is gone;
        empty means nothing may (an offer is never repeated).
    expires_at: after this the text is pointless and is not sent.
    suppressed: why it is kept but not sent (``alerts_off``); empty sends it.
    not_before: held back until then, for ``RecordTold`` may yet say that it need not go. offer: the one that a text
        which is held back carries; once it has ended the text goes as ``repeat_text``.
    asks: it asks for an answer by text, so it leaves from ``source`` alone, and never from one that cannot be answered.
    names: the offers that it is the first to name: no answer by text takes them before it goes.
    campaign: what it is part of, for a stop; empty for none. about: see ``RecordPointless``.
    claims: what it says, each held against the facts before the step was committed. true_until: after that its figures
        are too old to be told, and it goes as ``later_text``; None for never.
    """

    key: str
    subscription: SubscriptionId
    msisdn: Msisdn
    source: str
    text: str
    purpose: Purpose
    at: datetime
    repeat_text: str = ""
    expires_at: datetime | None = None
    suppressed: str = ""
    not_before: datetime | None = None
    offer: OfferId | None = None
    asks: bool = False
    names: tuple[OfferId, ...] = ()
    campaign: str = ""
    about: str = ""
    claims: tuple[Claim, ...] = ()
    true_until: datetime | None = None
    later_text: str = ""


@dataclass(frozen=True, slots=True)
class PushUssd:
    """Show one screen on a phone that has dialled nothing, once at most; a text that is held back stands behind it.

    key: idempotency key. door: the name of the pusher's. notice: what the screen tells first. offer: what it asks
    about; None for a screen that asks for nothing. until: after that the text goes, and no screen any more.
    fallback: the key of that text. suppressed: why nothing is shown; empty shows it. about: see ``RecordPointless``.
    claims: what the notice says.
    """

    key: str
    subscription: SubscriptionId
    msisdn: Msisdn
    door: str
    notice: str
    offer: OfferId | None
    at: datetime
    until: datetime
    fallback: str
    suppressed: str = ""
    about: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivateBundle:
    """Ask the charging system to charge and activate the bundle of an order, or to give back what another charged.

    Its key is the idempotency key, one per accepted offer; the same key never moves money twice.
    payer: whoever pays or paid, as they were known a moment ago.
    """

    order: Order
    payer: Subscriber


@dataclass(frozen=True, slots=True)
class RecordAlert:
    """Note that this bundle's threshold was dealt with; a second one is dropped with its whole step.

    A step may have several: the first decides, the others are told along with it.
    happened_at: by the charging system's clock. activated_at, expires_at: of the bundle's period, as far as told.
    text: key of the text that tells it.
    """

    subscription: SubscriptionId
    bundle_id: str
    threshold: str
    at: datetime
    outcome: str
    happened_at: datetime | None = None
    activated_at: datetime | None = None
    expires_at: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RecordOffer:
    """A new offer. decision: what was known and why this bundle, for care and audit.

    accepted: the order that it was accepted with as it was made, None for one that is open.
    sent_from: the number that an answer by text goes to; empty until a text or screen that names it goes.
    reply_code: the digit that its text asks for, None for ``1``.
    """

    id: OfferId
    subscription: SubscriptionId
    bundle: BundleId
    price: Money
    channel: Channel
    sent_from: str
    reason: str
    decision: Mapping[str, Any]
    at: datetime
    expires_at: datetime
    accepted: OrderKey | None = None
    reply_code: int | None = None


@dataclass(frozen=True, slots=True)
class RecordDecision:
    """What was decided on an event, and all that it was decided on: it can be decided again to the last bit (ADR 32).

    id: of the offer that was made or would have been, without its ``off-``. offers: digest of what was on sale.
    state: of the learned ranking, empty where today's rule decides. version: of how decisions are made; models:
    versions of models by kind. inputs, outputs: ``scoring.packed``; why it came out so follows from them.
    """

    id: str
    subscription: SubscriptionId
    at: datetime
    offers: str
    state: str
    version: int
    models: Mapping[str, str]
    inputs: bytes
    outputs: bytes


@dataclass(frozen=True, slots=True)
class RecordOfferState:
    """An open offer ends: accepted (with its order), declined or expired; once, or the whole step is dropped."""

    id: OfferId
    state: str
    at: datetime
    order: OrderKey | None = None


@dataclass(frozen=True, slots=True)
class RecordFirstYes:
    """An open offer was accepted once and a second yes is asked for; the whole step is dropped if it has ended."""

    id: OfferId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordAsked:
    """A text asks for an answer to an open offer once more, from the beginning."""

    id: OfferId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordUnasked:
    """What asks for its digit is no longer the latest text. Nothing happens if it has ended."""

    id: OfferId


@dataclass(frozen=True, slots=True)
class RecordDropped:
    """An open offer is declined along with others. Nothing happens if it has ended."""

    id: OfferId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordYesUndone:
    """Something else was said between a first yes and the second: it takes two again."""

    id: OfferId


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """A new order, pending; one per offer, and one refund per order. answer: what it was made with."""

    order: Order
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class RecordOrderState:
    """An order moves on. reason: a stable code; detail: the charging system's words.

    corrects: the verdict that it takes back; without one a settled order never moves.
    credit: what a voucher turned out to be worth, None for nothing new.
    """

    key: OrderKey
    state: str
    at: datetime
    settled: bool
    reason: str | None = None
    detail: str | None = None
    reference: str | None = None
    sent: bool = False
    queried: bool = False
    corrects: str = ""
    credit: Money | None = None


@dataclass(frozen=True, slots=True)
class RecordRefunded:
    """The price of this order is back with its payer. reason: why, a stable code."""

    key: OrderKey
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordPreference:
    """What a person wants: ``language``, ``marketing``, ``alerts`` or ``out_of_bundle``."""

    subscription: SubscriptionId
    name: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class RecordMarketingContact:
    """An offer went to this person. count: how many on this local day, with this one."""

    subscription: SubscriptionId
    at: datetime
    channel: Channel
    count: int


@dataclass(frozen=True, slots=True)
class RecordTold:
    """What a text says that is held back was told otherwise: it does not go. Nothing happens if it has gone.

    key: of the text.
    """

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordOvertaken:
    """An alert that waits says less than a newer one about the same bundle. Nothing happens if it has gone.

    key: of its text; the screen before it does not go either.
    """

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordPointless:
    """Texts and screens of this subscription that have not gone need not go any more; nothing happens to others.

    about: those about this unit (there is more of it again); empty for all of them (the person is gone).
    reason: a code, as in ``renewed``.
    """

    subscription: SubscriptionId
    at: datetime
    reason: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class RecordOffersOver:
    """Every open offer of this subscription ends unanswered. offers: those that are known to be open."""

    subscription: SubscriptionId
    at: datetime
    offers: tuple[OfferId, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordBundlesOver:
    """Nothing that was known of this subscription's bundles counts any more."""

    subscription: SubscriptionId


@dataclass(frozen=True, slots=True)
class RecordBehaviourOver:
    """Nothing that was kept of this subscription's behaviour from these sources is kept any longer."""

    subscription: SubscriptionId
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordSimsOver:
    """No SIM that was said to have this subscription's number before then has it any more."""

    subscription: SubscriptionId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordSimSwapped:
    """This subscription has had a new SIM since then."""

    subscription: SubscriptionId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordHelpGiven:
    """A text that was not understood was answered with help."""

    subscription: SubscriptionId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordAnswered:
    """A text was answered. count: answers in the hour from ``since`` on, with this one."""

    subscription: SubscriptionId
    since: datetime
    count: int


@dataclass(frozen=True, slots=True)
class RecordSubscriptionState:
    """The subscription is ``active``, ``suspended`` or ``ended``; an ended one keeps nothing of its number."""

    subscription: SubscriptionId
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """A consent was given or withdrawn: one more record of the consent chain (ADR 0009).

    prompts: the screens exactly as they were shown, in that order; replies: what was typed at each, raw.
    session: the channel's own id of the session or message. jurisdiction: the market's code.
    """

    record_id: str
    subscription: SubscriptionId
    msisdn: Msisdn
    event: Literal["given", "withdrawn"]
    purpose: str
    prompts: tuple[str, ...]
    replies: tuple[str, ...]
    language: str
    menu: str
    menu_version: str
    channel: Channel
    session: str
    jurisdiction: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordAudit:
    """Who did what, for care calls and regulators. detail holds no MSISDN."""

    actor: str
    action: str
    subscription: SubscriptionId | None
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


Record = (
    RecordAlert
    | RecordOffer
    | RecordDecision
    | RecordOfferState
    | RecordFirstYes
    | RecordAsked
    | RecordUnasked
    | RecordDropped
    | RecordYesUndone
    | RecordOrder
    | RecordOrderState
    | RecordRefunded
    | RecordPreference
    | RecordMarketingContact
    | RecordTold
    | RecordOvertaken
    | RecordPointless
    | RecordOffersOver
    | RecordBundlesOver
    | RecordBehaviourOver
    | RecordSimsOver
    | RecordSimSwapped
    | RecordHelpGiven
    | RecordAnswered
    | RecordSubscriptionState
    | RecordConsent
    | RecordAudit
)
Effect = SendSms | PushUssd | ActivateBundle | Record
