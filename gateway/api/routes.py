"""``/api/v1`` for the subscriber app and CRM."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from aiohttp import web

from flows import preferences
from flows.effects import Effect
from flows.values import Channel, Msisdn, parse_msisdn
from gateway.api import views
from gateway.api.access import Access, Caller, Right
from gateway.api.message_views import MessageViews
from gateway.api.requests import idempotency_key, msisdn_of
from gateway.core.accepting import Acceptances, AlreadyAccepted, NotOpen
from gateway.core.bodies import json_body
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.problems import Problem
from store import audit, consents, idempotency, messages, offers, orders, subscriptions, turns

_MOST_ITEMS = 200
_SWITCHES = ("alerts", "marketing", "out_of_bundle")
_SESSION_LASTS = timedelta(minutes=3)
"""No network keeps a silent session longer."""
_STILL_BEING_WRITTEN = timedelta(seconds=10)
"""Twice as long as any hop takes: what was reported before is in the store."""


class ApiRoutes:
    """Offers, orders, messages, consents and preferences of subscribers."""

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        acceptances: Acceptances,
        access: Access,
        *,
        message_views: MessageViews,
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._acceptances = acceptances
        self._access = access
        self._message_views = message_views
        self._running: set[tuple[str, str]] = set()

    def add_to(self, app: web.Application) -> None:
        """Add the routes, each behind its right."""
        guard, person = self._access.guard, "/api/v1/subscribers/{msisdn}"
        app.router.add_get(person, guard(Right.READ, self._profile))
        app.router.add_get(f"{person}/offers", guard(Right.OFFERS, self._offers))
        app.router.add_get(f"{person}/orders", guard(Right.READ, self._orders))
        app.router.add_get(f"{person}/messages", guard(Right.READ, self._messages))
        app.router.add_get(f"{person}/consents", guard(Right.READ, self._consents))
        app.router.add_put(f"{person}/preferences", guard(Right.PREFERENCES, self._preferences))
        app.router.add_get("/api/v1/orders/{key}", guard(Right.READ, self._order))
        app.router.add_get("/api/v1/reports", guard(Right.READ, self._reports))
        app.router.add_post("/api/v1/offers/{id}/accept", guard(Right.OFFERS, self._accept))

    async def _profile(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            raise Problem(404, "unknown-subscriber", "nobody with this number has been seen")
        person, now = known[msisdn], self._context.clock()
        wallet, turn = await self._facts.wallet(msisdn), await turns.newest_of(self._context.reader, person.id)
        session = turn if turn is not None and not turn.ends and now - turn.at < _SESSION_LASTS else None
        return web.json_response(views.profile(person, wallet, session))

    async def _offers(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return _items([], None)
        language = known[msisdn].language
        found = await offers.open_of(self._context.reader, known[msisdn].id, self._context.clock())
        return _items([views.offer(one, self._context.bundle_name(one.bundle, language)) for one in found], None)

    async def _orders(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, limit, after = msisdn_of(request), _limit(request), request.query.get("after")
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return _items([], None)
        found = await orders.of_subscription(self._context.reader, known[msisdn].id, limit + 1, after)
        following = found[limit - 1].order.key if len(found) > limit else None
        return _items([views.order(one) for one in found[:limit]], following)

    async def _messages(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, limit, after = msisdn_of(request), _limit(request), request.query.get("after")
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return _items([], None)
        found = await messages.of_subscriber(self._context.reader, known[msisdn].id, msisdn, limit + 1, after)
        following = found[limit - 1].id if len(found) > limit else None
        return _items([self._message_views.show(one) for one in found[:limit]], following)

    async def _consents(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, limit, after = msisdn_of(request), _limit(request), request.query.get("after")
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return _items([], None)
        found = await consents.of_subscription(self._context.reader, known[msisdn].id, limit + 1, after)
        following = found[limit - 1].record_id if len(found) > limit else None
        return _items([views.consent(one) for one in found[:limit]], following)

    async def _order(self, request: web.Request, caller: Caller) -> web.Response:
        view = await orders.by_key(self._context.reader, request.match_info["key"])
        if view is None:
            raise Problem(404, "unknown-order", "there is no order with this key")
        return web.json_response(views.order(view))

    async def _reports(self, request: web.Request, caller: Caller) -> web.Response:
        limit, before = _limit(request), self._context.clock() - _STILL_BEING_WRITTEN
        found = await audit.reports(self._context.reader, limit + 1, request.query.get("after"), before)
        following = found[limit - 1].id if len(found) > limit else None
        return _items([views.report(one) for one in found[:limit]], following)

    async def _preferences(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        wanted = self._wanted(await json_body(request))
        subscriber = await self._facts.subscriber(msisdn)
        at = self._context.clock()
        effects: list[Effect] = []
        for name, value in wanted.items():
            effects += preferences.change(subscriber, at, f"api:{caller.name}", name, value=value)
        await self._committer.commit(effects)
        now = await self._facts.subscriber(msisdn)
        return web.json_response({"language": now.language} | {name: getattr(now, name) for name in _SWITCHES})

    def _wanted(self, document: dict[str, Any]) -> dict[str, str | bool]:
        errors = []
        for name, value in document.items():
            if name in _SWITCHES:
                if not isinstance(value, bool):
                    errors.append({"pointer": f"/{name}", "detail": "must be true or false"})
            elif name != "language":
                errors.append({"pointer": f"/{name}", "detail": "is not a preference"})
            elif value not in self._context.catalogues.languages:
                known = ", ".join(self._context.catalogues.languages)
                errors.append({"pointer": "/language", "detail": f"must be one of {known}"})
        if errors:
            raise Problem(422, "invalid-preferences", "nothing was changed; see errors", errors=errors)
        return document

    # ── accepting ──

    async def _accept(self, request: web.Request, caller: Caller) -> web.Response:
        key = idempotency_key(request)
        document = await json_body(request)
        digest = hashlib.sha256(json.dumps([request.match_info["id"], document], sort_keys=True).encode()).hexdigest()
        held = (caller.name, key)
        if held in self._running:
            raise Problem(409, "in-progress", "the first request with this Idempotency-Key still runs")
        self._running.add(held)
        try:
            # a caller that hangs up must not cut the request in two
            return await asyncio.shield(self._once(request.match_info["id"], document, held, digest))
        finally:
            self._running.discard(held)

    async def _once(self, offer_id: str, document: dict[str, Any], held: tuple[str, str], digest: str) -> web.Response:
        """Answer as the first request with this key was answered, or be the first."""
        claimed = await self._context.writer.commit(idempotency.claim(*held, digest, self._context.clock()))
        if not claimed:
            earlier = await idempotency.find(self._context.reader, *held)
            if earlier is not None and earlier.digest != digest:
                raise Problem(422, "idempotency-key-reused", "this Idempotency-Key came before with another request")
            if earlier is not None and earlier.status is not None:
                return web.Response(status=earlier.status, text=earlier.body, content_type="application/json")
        try:
            body = await self._accept_once(offer_id, document, held)
        except Problem:
            await self._committer.note(idempotency.release(*held))
            raise
        return web.Response(status=202, text=body, content_type="application/json")

    async def _accept_once(self, offer_id: str, document: dict[str, Any], held: tuple[str, str]) -> str:
        offer = await offers.by_id(self._context.reader, offer_id)
        subscriber = None if offer is None else await subscriptions.by_id(self._context.reader, offer.subscription)
        if offer is None or subscriber is None:
            raise Problem(404, "unknown-offer", "there is no offer with this id")
        if subscriber.state != "active":
            raise Problem(409, "subscription-not-active", f"the subscription is {subscriber.state}")
        beneficiary = _beneficiary(document, subscriber.msisdn)
        request = hashlib.sha256("\n".join(held).encode()).hexdigest()[:40]
        accepted = await self._acceptances.accept(
            offer,
            subscriber,
            channel=Channel.APP,
            beneficiary=beneficiary,
            request=request,
            by=held[0],
            beside=lambda view: idempotency.answer(*held, 202, json.dumps(views.order(view))),
        )
        match accepted:
            case AlreadyAccepted():
                raise Problem(
                    409,
                    "offer-already-accepted",
                    "this offer has an order already",
                    order=accepted.order.order.key,
                )
            case NotOpen(state="expired"):
                raise Problem(410, "offer-expired", "this offer has expired; nothing was charged")
            case NotOpen():
                raise Problem(409, "offer-not-open", f"this offer is {accepted.state}")
            case _:
                return json.dumps(views.order(accepted.order))


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) < 5) or not 1 <= int(text) <= _MOST_ITEMS:
        raise Problem(400, "invalid-limit", f"limit must be a whole number from 1 to {_MOST_ITEMS}")
    return int(text)


def _beneficiary(document: dict[str, Any], payer: Msisdn) -> Msisdn:
    unknown = sorted(document.keys() - {"beneficiary"})
    if unknown:
        errors = [{"pointer": f"/{name}", "detail": "is not known here"} for name in unknown]
        raise Problem(422, "invalid-request", "the body may name a beneficiary, nothing else", errors=errors)
    if document.get("beneficiary") is None:
        return payer
    beneficiary = parse_msisdn(document["beneficiary"])
    if beneficiary is None:
        errors = [{"pointer": "/beneficiary", "detail": "must be an MSISDN in E.164"}]
        raise Problem(422, "invalid-request", "nothing was bought; see errors", errors=errors)
    return beneficiary


def _items(items: Sequence[dict[str, Any]], following: str | None) -> web.Response:
    return web.json_response({"items": list(items), "next": following})
