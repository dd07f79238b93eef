"""The bodies of outgoing webhooks, as types: type, timestamp and data, as Standard Webhooks 1.0 recommends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from flows.announcements import EVENTS
from gateway.api.models import ChannelName, ConsentEvent, Instant, Model, Money, Number, OrderKind

_OfferEvent = Annotated[str, Meta(extra_json_schema={"enum": list(EVENTS["offers"])})]
_OrderEvent = Annotated[str, Meta(extra_json_schema={"enum": list(EVENTS["orders"])})]
_OfferState = Annotated[str, Meta(extra_json_schema={"enum": ["open", "accepted", "declined", "expired"]})]
_OrderState = Annotated[str, Meta(extra_json_schema={"enum": ["confirmed", "declined", "in_doubt", "refunded"]})]
_ConsentEvent = Annotated[str, Meta(extra_json_schema={"enum": list(EVENTS["consents"])})]


class OfferTold(Model, frozen=True):
    """An offer as the event left it. order: that it was accepted with."""

    id: str
    msisdn: Number
    bundle: str
    price: Money
    channel: ChannelName
    reason: str
    state: _OfferState
    order: str | None
    created_at: Instant
    expires_at: Instant


class OfferHappened(Model, frozen=True):
    """An offer was made, accepted, declined, or its time is over."""

    type: _OfferEvent
    timestamp: Instant
    data: OfferTold


class OrderTold(Model, frozen=True):
    """An order as the event left it. reason: a stable code; detail: the charging system's words."""

    key: str
    kind: OrderKind
    msisdn: Number
    beneficiary: Number
    bundle: str
    price: Money
    credit: Money | None
    channel: ChannelName
    offer: str
    state: _OrderState
    reason: str | None
    detail: str | None
    ocs_reference: str | None
    created_at: Instant


class OrderHappened(Model, frozen=True):
    """An order was confirmed, declined or refunded, or nobody can say yet."""

    type: _OrderEvent
    timestamp: Instant
    data: OrderTold


class ConsentTold(Model, frozen=True):
    """A consent record in short; the whole one is among the subscriber's consents."""

    record_id: str
    msisdn: Number
    event: ConsentEvent
    purpose: str
    language: str
    channel: ChannelName


class ConsentHappened(Model, frozen=True):
    """A consent was given or withdrawn."""

    type: _ConsentEvent
    timestamp: Instant
    data: ConsentTold


MODELS: Mapping[str, Any] = {
    **dict.fromkeys(EVENTS["offers"], OfferHappened),
    **dict.fromkeys(EVENTS["orders"], OrderHappened),
    **dict.fromkeys(EVENTS["consents"], ConsentHappened),
}
"""The body of each event."""
