"""Rows as the REST interface shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.documents import decode
from flows.records import Offer, Subscriber
from flows.session import from_json
from flows.values import Channel, Money, Wallet
from store.audit import Report
from store.consents import ConsentView
from store.orders import OrderView
from store.turns import TurnRow


def order(view: OrderView) -> dict[str, Any]:
    """An order. gives_back: the order whose price a refund returns."""
    one = view.order
    return {
        "key": one.key,
        "msisdn": one.msisdn,
        "beneficiary": one.beneficiary,
        "bundle": one.bundle,
        "price": money(one.price),
        "channel": one.channel,
        "offer": one.offer,
        "gives_back": one.gives_back,
        "state": one.state,
        "reason": view.reason,
        "detail": view.detail,
        "ocs_reference": view.ocs_reference,
        "attempts": one.attempts,
        "created_at": instant(one.created_at),
        "settled_at": instant(view.settled_at),
    }


def offer(one: Offer, name: str) -> dict[str, Any]:
    """An open offer. channel, channel_reason: which way it was made first, and why if there was a choice."""
    decision = decode(one.decision or "{}")
    return {
        "id": one.id,
        "bundle": one.bundle,
        "name": name,
        "price": money(one.price),
        "expires_at": instant(one.expires_at),
        "reason": one.reason,
        "channel": one.channel,
        "channel_reason": decision.get("channel_reason", ""),
    }


def consent(view: ConsentView) -> dict[str, Any]:
    """A consent record; what is personal in it is null once it was erased."""
    personal = view.personal
    return {
        "record_id": view.record_id,
        "event": view.event,
        "purpose": view.purpose,
        "at": instant(view.at),
        "language": view.language,
        "menu": view.menu,
        "menu_version": view.menu_version,
        "channel": view.channel,
        "session": None if personal is None else personal.session,
        "prompts": None if personal is None else list(personal.prompts),
        "prompt_sha256": list(view.prompt_sha256),
        "replies": None if personal is None else list(personal.replies),
        "previous": view.previous,
        "hash": view.hash,
        "erased": view.erased,
        "damaged": view.damaged,
    }


def report(one: Report) -> dict[str, Any]:
    """A problem that somebody reported."""
    return {
        "id": one.id,
        "reference": one.reference,
        "kind": one.kind,
        "msisdn": one.msisdn,
        "subscription": one.subscription,
        "at": instant(one.at),
    }


def _session(turn: TurnRow) -> dict[str, Any]:
    session = from_json(turn.state)
    return {
        "channel": Channel.USSD,
        "id": turn.session,
        "menu": session.menu,
        "menu_version": session.version,
        "page": session.place.page,
        "turns": turn.position + 1,
        "at": instant(turn.at),
    }


def profile(one: Subscriber, wallet: Wallet | None, turn: TurnRow | None = None) -> dict[str, Any]:
    """A subscriber; bundles and balance are null when the charging system does not tell.

    turn: the last one of a session that is still open.
    """
    return {
        "id": one.id,
        "msisdn": one.msisdn,
        "state": one.state,
        "language": one.language,
        "time_zone": one.time_zone,
        "segment": one.segment,
        "circle": one.circle,
        "preferences": {"alerts": one.alerts, "marketing": one.marketing, "out_of_bundle": one.out_of_bundle},
        "session": None if turn is None else _session(turn),
        "balance": money(wallet.balance) if wallet and wallet.balance else None,
        "bundles": None
        if wallet is None
        else [
            {
                "id": bucket.id,
                "unit": bucket.unit,
                "remaining": bucket.remaining,
                "expires_at": instant(bucket.expires_at),
            }
            for bucket in wallet.buckets
        ],
    }


def money(price: Money) -> dict[str, Any]:
    """Minor units and currency."""
    return {"amount": price.amount, "currency": price.currency}


def instant(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
