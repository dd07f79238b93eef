"""What the REST interface answers, as types: its JSON and its OpenAPI document both come from these (ADR 24)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[str, Meta(description="A time in UTC (RFC 3339).", extra_json_schema={"format": "date-time"})]
Number = Annotated[
    str,
    Meta(description="An MSISDN: E.164 digits without +.", extra_json_schema={"pattern": "^[1-9][0-9]{6,14}$"}),
]
ChannelName = Annotated[str, Meta(extra_json_schema={"enum": ["sms", "ussd", "app"]})]
Unit = Annotated[str, Meta(extra_json_schema={"enum": ["byte", "second", "message"]})]
BundleKind = Annotated[str, Meta(extra_json_schema={"enum": ["data", "voice", "sms", "combo", "content"]})]
OrderState = Annotated[
    str, Meta(extra_json_schema={"enum": ["pending", "sent", "confirmed", "declined", "in_doubt", "refunded"]})
]
SubscriptionState = Annotated[str, Meta(extra_json_schema={"enum": ["active", "suspended", "ended"]})]
OrderKind = Annotated[
    str,
    Meta(extra_json_schema={"enum": ["purchase", "refund", "advance", "top_up", "transfer", "out_of_bundle"]}),
]
Direction = Annotated[str, Meta(extra_json_schema={"enum": ["in", "out"]})]
ControlKind = Annotated[str, Meta(extra_json_schema={"enum": ["stop", "blackout", "test", "dry_run"]})]
ConsentEvent = Annotated[str, Meta(extra_json_schema={"enum": ["given", "withdrawn"]})]
Next = Annotated[str | None, Meta(description="What `after` asks for the next page with; null on the last one.")]


class Model(Struct, frozen=True, kw_only=True):
    """A value that is shown or taken."""


class Money(Model, frozen=True):
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str


class Mistake(Model, frozen=True):
    """One thing that is wrong with a body. pointer: RFC 6901."""

    pointer: str
    detail: str


class ProblemDocument(Model, frozen=True):
    """Why a request was not carried out (RFC 9457); `code` is stable, `errors` names each mistake of a body."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class CatalogueAllowance(Model, frozen=True):
    """What a bundle grants; zone, window and service are empty where they do not matter."""

    unit: Unit
    amount: int
    zone: str
    window: str
    service: str


class CatalogueBundle(Model, frozen=True):
    """A bundle that is on sale today, named in the language that was asked for."""

    id: str
    kind: BundleKind
    name: str
    price: Money
    tax_included: bool
    allowances: list[CatalogueAllowance]
    validity_hours: int
    renews: bool


class CatalogueList(Model, frozen=True):
    """What is on sale, in the order of the catalogue."""

    items: list[CatalogueBundle]
    next: Next


class RecommendationList(Model, frozen=True):
    """What suits a subscriber, the best first."""

    items: list[CatalogueBundle]
    next: Next


class Offer(Model, frozen=True):
    """An open offer. channel, channel_reason: which way it was made first, and why if there was a choice.

    price_reason: why it is below the list, in the person's language; empty where it is not.
    """

    id: str
    bundle: str
    name: str
    price: Money
    expires_at: Instant
    reason: str
    channel: ChannelName
    channel_reason: str
    price_reason: str


class OfferList(Model, frozen=True):
    """Open offers, newest first."""

    items: list[Offer]
    next: Next


class Order(Model, frozen=True):
    """An order. gives_back: that which a refund returns; reason: a stable code; detail: the charging system's words.

    price: what the payer pays, of an advance later. credit: money that the beneficiary gets; null where it is not
    money, or not known yet. bundle: what is bought, or which advance, or what it is about.
    """

    key: str
    kind: OrderKind
    msisdn: Number
    beneficiary: Number
    bundle: str
    price: Money
    credit: Money | None
    channel: ChannelName
    offer: str
    gives_back: str | None
    state: OrderState
    reason: str | None
    detail: str | None
    ocs_reference: str | None
    attempts: int
    created_at: Instant
    settled_at: Instant | None


class OrderList(Model, frozen=True):
    """Orders, newest first."""

    items: list[Order]
    next: Next


class Message(Model, frozen=True, rename={"from_": "from"}):
    """A text. `from`: what it left from or will; send_at: when it is due, while it waits."""

    id: str
    direction: Direction
    channel: ChannelName
    text: str
    purpose: str | None
    campaign: str | None
    from_: str
    state: str
    parts: int | None
    smsc: str | None
    smsc_ids: list[str]
    reason: str | None
    attempts: int
    repeats: int
    created_at: Instant
    send_at: Instant | None
    expires_at: Instant | None
    settled_at: Instant | None


class MessageList(Model, frozen=True):
    """Texts both ways, newest first."""

    items: list[Message]
    next: Next


class Consent(Model, frozen=True):
    """A consent record; what is personal in it is null once it was erased."""

    record_id: str
    event: ConsentEvent
    purpose: str
    at: Instant
    language: str
    menu: str
    menu_version: str
    channel: str
    session: str | None
    prompts: list[str] | None
    prompt_sha256: list[str]
    replies: list[str] | None
    previous: str
    hash: str
    erased: bool
    damaged: bool


SourceName = Annotated[
    str,
    Meta(
        extra_json_schema={
            "enum": ["sessions", "recharges", "categories", "places", "device", "support", "social"],
        }
    ),
]


class Source(Model, frozen=True):
    """A source of behaviour. said: the person's newest word, null for never asked. prior: kept only after a yes.

    days: for how long what it tells is kept.
    """

    source: SourceName
    kept: bool
    said: ConsentEvent | None
    prior: bool
    days: int


class SourceList(Model, frozen=True):
    """Every source."""

    items: list[Source]
    next: Next


class ConsentList(Model, frozen=True):
    """Consent records, newest first."""

    items: list[Consent]
    next: Next


class Report(Model, frozen=True):
    """A problem that somebody reported in the menu."""

    id: str
    reference: str
    kind: str
    msisdn: Number
    subscription: str
    at: Instant


class ReportList(Model, frozen=True):
    """Reports, oldest first."""

    items: list[Report]
    next: Next


class Switches(Model, frozen=True):
    """What a person wants to get; marketing is null where they were never asked."""

    alerts: bool
    marketing: bool | None
    out_of_bundle: bool


class Preferences(Model, frozen=True):
    """Language and switches as they are now.

    out_of_bundle: as the charging system has it; out_of_bundle_wanted: as was asked for last.
    """

    language: str
    alerts: bool
    marketing: bool | None
    out_of_bundle: bool
    out_of_bundle_wanted: bool


class OpenSession(Model, frozen=True):
    """The USSD session that is open. turns: hops so far."""

    channel: ChannelName
    id: str
    menu: str
    menu_version: str
    page: str
    turns: int
    at: Instant


class RunningBundle(Model, frozen=True):
    """A bundle that runs, as the charging system tells."""

    id: str
    unit: Unit
    remaining: int
    expires_at: Instant | None


class Profile(Model, frozen=True):
    """A subscriber; bundles and balance are null when the charging system does not tell."""

    id: str
    msisdn: Number
    state: SubscriptionState
    language: str
    time_zone: str | None
    segment: str | None
    circle: str | None
    preferences: Switches
    session: OpenSession | None
    balance: Money | None
    debt: Money | None
    bundles: list[RunningBundle] | None


class Campaign(Model, frozen=True):
    """How far a campaign is: its texts by state."""

    name: str
    texts: int
    states: dict[str, int]


class Control(Model, frozen=True):
    """What an operator stops, holds back or restricts. starts_at, ends_at: null = at once, until it is taken back."""

    kind: ControlKind
    value: str
    starts_at: Instant | None
    ends_at: Instant | None
    author: str
    message: str
    at: Instant


class ControlList(Model, frozen=True):
    """Every control, whether it counts now or not."""

    items: list[Control]
    next: Next


class StillScheduled(Model, frozen=True):
    """What was not taken back, as it is still to begin."""

    scheduled: list[Control]


class Webhook(Model, frozen=True):
    """An endpoint. waiting, delivered, failed: of the last seven days; delivered_at, failed_at: since the start."""

    name: str
    events: list[str]
    state: Annotated[str, Meta(extra_json_schema={"enum": ["active", "failing", "disabled"]})]
    waiting: int
    delivered: int
    failed: int
    delivered_at: Instant | None
    failed_at: Instant | None
    reason: str | None


class WebhookList(Model, frozen=True):
    """The endpoints, in the order of the configuration."""

    items: list[Webhook]
    next: Next
