"""What the flows know of a person, an offer and an order when they decide."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from flows.frozen import dataclass
from flows.values import BundleId, Channel, Money, Msisdn, OfferId, OrderKey, OrderKind, SubscriptionId


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscription with its present address, preferences and contact history.

    handset: ``feature`` or ``smart``, None when not told.
    marketing: None when the person was never asked.
    out_of_bundle: whether use without a bundle may be charged; only by choice.
    marketing_count: offers on the local day of ``marketing_at``.
    answers_count: answers to texts in the hour from ``answers_since`` on.
    sim_swapped_at: when the SIM was last another, None for never.
    """

    id: SubscriptionId
    msisdn: Msisdn
    language: str
    state: str = "active"
    time_zone: str | None = None
    segment: str | None = None
    circle: str | None = None
    handset: str | None = None
    alerts: bool = True
    marketing: bool | None = None
    out_of_bundle: bool = False
    marketing_at: datetime | None = None
    marketing_count: int = 0
    marketing_channel: str | None = None
    help_at: datetime | None = None
    answers_since: datetime | None = None
    answers_count: int = 0
    sim_swapped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer made to one person. decision: why it was made and how, as JSON.

    reply_code: the digit that its text asks for, None for the ``1`` of all. asked_at: when a text asked for it again.
    yes_at: when a first yes was said that wants a second.
    """

    id: OfferId
    subscription: SubscriptionId
    bundle: BundleId
    price: Money
    state: str
    channel: Channel
    sent_from: str
    created_at: datetime
    expires_at: datetime
    order: OrderKey | None = None
    reason: str = ""
    decision: str = field(default="", compare=False)
    reply_code: int | None = None
    asked_at: datetime | None = None
    yes_at: datetime | None = None

    @property
    def last_asked(self) -> datetime:
        """When a text last asked for an answer to it."""
        return self.asked_at or self.created_at

    def open_at(self, at: datetime) -> bool:
        """Whether it can be accepted."""
        return self.state == "open" and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that is asked of the charging system, on its way there: an accepted offer, or what stands in its place.

    bundle: what is bought, or which advance, or the name of what is asked for. price: what the payer pays, of an
    advance later. attempts: times it was sent; queries: times the charging system was asked about it.
    sent_at: the last send; the settle time counts from here. gives_back: the order whose price a refund returns; None
    for all others. credit: money that the beneficiary gets; None where it is not money, or not known yet.
    pin: of a voucher, until the order is settled.
    """

    key: OrderKey
    offer: OfferId
    subscription: SubscriptionId
    msisdn: Msisdn
    beneficiary: Msisdn
    bundle: BundleId
    price: Money
    channel: Channel
    state: str
    attempts: int
    queries: int
    created_at: datetime
    sent_at: datetime | None = None
    gives_back: OrderKey | None = None
    kind: OrderKind = OrderKind.PURCHASE
    credit: Money | None = None
    pin: str = field(default="", repr=False)

    @property
    def is_gift(self) -> bool:
        """Whether somebody else gets it."""
        return self.beneficiary != self.msisdn


@dataclass(frozen=True, slots=True)
class Answer:
    """What an order was made with: the yes, as it was said.

    reference: the inbox entry of a text, the key of a USSD turn, the digest of a request. session: the network's.
    shown: the screen that was answered, as it was shown; said: what was typed, raw. by: the caller of a request.
    """

    reference: str
    session: str = ""
    shown: str = ""
    said: str = ""
    by: str = ""
