"""Rows as the REST interface shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec
from aiohttp import web

from flows import catalogue, personal_price, records, values
from flows.documents import decode
from flows.session import from_json
from flows.texts import Voice
from flows.values import Channel, Wallet
from gateway.api import models
from store.audit import Report
from store.consents import ConsentView
from store.orders import OrderView
from store.turns import TurnRow


def text(model: models.Model) -> str:
    """The JSON of an answer."""
    return msgspec.json.encode(model).decode()


def answer(model: models.Model, status: int = 200) -> web.Response:
    """An answer that shows this."""
    return web.Response(status=status, text=text(model), content_type="application/json")


def bundle(one: catalogue.Bundle, language: str) -> models.CatalogueBundle:
    """A bundle that is on sale, in a language."""
    return models.CatalogueBundle(
        id=one.id,
        kind=one.kind,
        name=one.name(language),
        price=money(one.price),
        tax_included=one.tax_included,
        allowances=[
            models.CatalogueAllowance(
                unit=each.unit, amount=each.amount, zone=each.zone, window=each.window, service=each.service
            )
            for each in one.allowances
        ],
        validity_hours=one.validity_hours,
        renews=one.renews,
    )


def order(view: OrderView) -> models.Order:
    """An order. gives_back: the order whose price a refund returns."""
    one = view.order
    return models.Order(
        key=one.key,
        kind=one.kind,
        msisdn=one.msisdn,
        beneficiary=one.beneficiary,
        bundle=one.bundle,
        price=money(one.price),
        credit=None if one.credit is None else money(one.credit),
        channel=one.channel,
        offer=one.offer,
        gives_back=one.gives_back,
        state=one.state,
        reason=view.reason,
        detail=view.detail,
        ocs_reference=view.ocs_reference,
        attempts=one.attempts,
        created_at=instant(one.created_at),
        settled_at=instant_or_none(view.settled_at),
    )


def offer(one: records.Offer, name: str, voice: Voice, zone: tzinfo) -> models.Offer:
    """An open offer. voice: of the person."""
    decision = decode(one.decision or "{}")
    return models.Offer(
        id=one.id,
        bundle=one.bundle,
        name=name,
        price=money(one.price),
        expires_at=instant(one.expires_at),
        reason=one.reason,
        channel=one.channel,
        channel_reason=decision.get("channel_reason", ""),
        price_reason=_price_reason(one, decision, voice, zone),
    )


def _price_reason(one: records.Offer, decision: Mapping[str, Any], voice: Voice, zone: tzinfo) -> str:
    made = decision.get("personal_price")
    if made is None:
        return ""
    return personal_price.why(voice, one.price, values.Money(made["list"], one.price.currency), one.expires_at, zone)


def consent(view: ConsentView) -> models.Consent:
    """A consent record; what is personal in it is null once it was erased."""
    personal = view.personal
    return models.Consent(
        record_id=view.record_id,
        event=view.event,
        purpose=view.purpose,
        at=instant(view.at),
        language=view.language,
        menu=view.menu,
        menu_version=view.menu_version,
        channel=view.channel,
        session=None if personal is None else personal.session,
        prompts=None if personal is None else list(personal.prompts),
        prompt_sha256=list(view.prompt_sha256),
        replies=None if personal is None else list(personal.replies),
        previous=view.previous,
        hash=view.hash,
        erased=view.erased,
        damaged=view.damaged,
    )


def report(one: Report) -> models.Report:
    """A problem that somebody reported."""
    return models.Report(
        id=one.id,
        reference=one.reference,
        kind=one.kind,
        msisdn=one.msisdn,
        subscription=one.subscription,
        at=instant(one.at),
    )


def _session(turn: TurnRow) -> models.OpenSession:
    session = from_json(turn.state)
    return models.OpenSession(
        channel=Channel.USSD,
        id=turn.session,
        menu=session.menu,
        menu_version=session.version,
        page=session.place.page,
        turns=turn.position + 1,
        at=instant(turn.at),
    )


def profile(one: records.Subscriber, wallet: Wallet | None, turn: TurnRow | None = None) -> models.Profile:
    """A subscriber; bundles and balance are null when the charging system does not tell.

    turn: the last one of a session that is still open.
    """
    return models.Profile(
        id=one.id,
        msisdn=one.msisdn,
        state=one.state,
        language=one.language,
        time_zone=one.time_zone,
        segment=one.segment,
        circle=one.circle,
        preferences=models.Switches(alerts=one.alerts, marketing=one.marketing, out_of_bundle=one.out_of_bundle),
        session=None if turn is None else _session(turn),
        balance=money(wallet.balance) if wallet and wallet.balance else None,
        debt=money(wallet.debt) if wallet and wallet.debt else None,
        bundles=None if wallet is None else [_running(bucket) for bucket in wallet.buckets],
    )


def _running(bucket: values.Bucket) -> models.RunningBundle:
    return models.RunningBundle(
        id=bucket.id, unit=bucket.unit, remaining=bucket.remaining, expires_at=instant_or_none(bucket.expires_at)
    )


def preferences(one: records.Subscriber, *, out_of_bundle_wanted: bool) -> models.Preferences:
    """What a person wants, as it is now."""
    return models.Preferences(
        language=one.language,
        alerts=one.alerts,
        marketing=one.marketing,
        out_of_bundle=one.out_of_bundle,
        out_of_bundle_wanted=out_of_bundle_wanted,
    )


def money(price: values.Money) -> models.Money:
    """Minor units and currency."""
    return models.Money(amount=price.amount, currency=price.currency)


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_or_none(at: datetime | None) -> str | None:
    """As ``instant``, where there may be none."""
    return None if at is None else instant(at)
