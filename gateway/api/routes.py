"""``/api/v1`` for the subscriber app and CRM: what is read of people, and what they prefer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import web

from flows import preferences, service_orders
from flows.effects import Effect
from flows.records import Answer as Said
from flows.records import Subscriber
from flows.service_orders import ServiceAsked
from flows.values import Channel, Msisdn
from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.message_views import MessageViews
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import PAGES, Operation
from gateway.api.paging import page_of
from gateway.api.request_models import Wishes
from gateway.api.requests import Errors, msisdn_of, must_offer
from gateway.core.bodies import json_body
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.problems import Problem
from gateway.core.service_facts import out_of_bundle_of
from store import audit, consents, messages, offers, orders, subscriptions, turns
from store.ids import new_id

_PERSON = "/api/v1/subscribers/{msisdn}"
_SWITCHES = ("alerts", "marketing", "out_of_bundle")
_SESSION_LASTS = timedelta(minutes=3)
"""No network keeps a silent session longer."""
_STILL_BEING_WRITTEN = timedelta(seconds=10)
"""Twice as long as any hop takes: what was reported before is in the store."""

_PROFILE = Operation(
    id="getSubscriber",
    method="GET",
    path=_PERSON,
    summary="A subscriber: language, preferences, bundles, balance, open session",
    right=Right.READ,
    answers={200: models.Profile},
    problems=((404, "unknown-subscriber"),),
)
_OFFERS = Operation(
    id="listOffers",
    method="GET",
    path=f"{_PERSON}/offers",
    summary="The open offers of a subscriber, whatever the hour: asking is not marketing",
    right=Right.OFFERS,
    answers={200: models.OfferList},
)
_ORDERS = Operation(
    id="listOrders",
    method="GET",
    path=f"{_PERSON}/orders",
    summary="The orders of a subscriber",
    right=Right.READ,
    answers={200: models.OrderList},
    parameters=PAGES,
)
_MESSAGES = Operation(
    id="listMessages",
    method="GET",
    path=f"{_PERSON}/messages",
    summary="The texts of a subscriber, both ways",
    right=Right.READ,
    answers={200: models.MessageList},
    parameters=PAGES,
)
_CONSENTS = Operation(
    id="listConsents",
    method="GET",
    path=f"{_PERSON}/consents",
    summary="The consent records of a subscriber",
    right=Right.READ,
    answers={200: models.ConsentList},
    parameters=PAGES,
)
_PREFERENCES = Operation(
    id="putPreferences",
    method="PUT",
    path=f"{_PERSON}/preferences",
    summary="Change what a subscriber wants to get, and in which language; what is left out stays",
    right=Right.PREFERENCES,
    answers={200: models.Preferences},
    body=Wishes,
    key="optional",
    problems=((409, "not-offered"), (422, "invalid-preferences")),
)
_ORDER = Operation(
    id="getOrder",
    method="GET",
    path="/api/v1/orders/{key}",
    summary="One order",
    right=Right.READ,
    answers={200: models.Order},
    problems=((404, "unknown-order"),),
)
_REPORTS = Operation(
    id="listReports",
    method="GET",
    path="/api/v1/reports",
    summary="Problems that people reported in the menu",
    right=Right.READ,
    answers={200: models.ReportList},
    parameters=PAGES,
)


class ApiRoutes:
    """Offers, orders, messages, consents and preferences of subscribers."""

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        access: Access,
        once: Once,
        *,
        message_views: MessageViews,
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._access = access
        self._once = once
        self._message_views = message_views

    def add_to(self, app: web.Application) -> None:
        """Add the routes, each behind its right."""
        for operation, handler in (
            (_PROFILE, self._profile),
            (_OFFERS, self._offers),
            (_ORDERS, self._orders),
            (_MESSAGES, self._messages),
            (_CONSENTS, self._consents),
            (_PREFERENCES, self._preferences),
            (_ORDER, self._order),
            (_REPORTS, self._reports),
        ):
            self._access.add(app, operation, handler)

    async def _profile(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            raise Problem(404, "unknown-subscriber", "nobody with this number has been seen")
        person, now = known[msisdn], self._context.clock()
        wallet, turn = await self._facts.wallet(msisdn), await turns.newest_of(self._context.reader, person.id)
        session = turn if turn is not None and not turn.ends and now - turn.at < _SESSION_LASTS else None
        return views.answer(views.profile(person, wallet, session))

    async def _offers(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return views.answer(models.OfferList(items=[], next=None))
        voice, zone = self._context.voice(known[msisdn]), self._context.zone
        found = await offers.open_of(self._context.reader, known[msisdn].id, self._context.clock())
        names = [self._context.bundle_name(one.bundle, voice.language) for one in found]
        items = [views.offer(one, name, voice, zone) for one, name in zip(found, names, strict=True)]
        return views.answer(models.OfferList(items=items, next=None))

    async def _orders(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, page = msisdn_of(request), page_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return views.answer(models.OrderList(items=[], next=None))
        found = await orders.of_subscription(self._context.reader, known[msisdn].id, page.ask_for, page.after)
        shown, following = page.cut(found, lambda one: one.order.key)
        items = [views.order(one) for one in shown]
        return views.answer(models.OrderList(items=items, next=following))

    async def _messages(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, page = msisdn_of(request), page_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return views.answer(models.MessageList(items=[], next=None))
        found = await messages.of_subscriber(self._context.reader, known[msisdn].id, msisdn, page.ask_for, page.after)
        shown, following = page.cut(found, lambda one: one.id)
        items = [self._message_views.show(one) for one in shown]
        return views.answer(models.MessageList(items=items, next=following))

    async def _consents(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, page = msisdn_of(request), page_of(request)
        known = await subscriptions.by_msisdn(self._context.reader, [msisdn])
        if msisdn not in known:
            return views.answer(models.ConsentList(items=[], next=None))
        found = await consents.of_subscription(self._context.reader, known[msisdn].id, page.ask_for, page.after)
        shown, following = page.cut(found, lambda one: one.record_id)
        items = [views.consent(one) for one in shown]
        return views.answer(models.ConsentList(items=items, next=following))

    async def _order(self, request: web.Request, caller: Caller) -> web.Response:
        view = await orders.by_key(self._context.reader, request.match_info["key"])
        if view is None:
            raise Problem(404, "unknown-order", "there is no order with this key")
        return views.answer(views.order(view))

    async def _reports(self, request: web.Request, caller: Caller) -> web.Response:
        page, before = page_of(request), self._context.clock() - _STILL_BEING_WRITTEN
        found = await audit.reports(self._context.reader, page.ask_for, page.after, before)
        shown, following = page.cut(found, lambda one: one.id)
        items = [views.report(one) for one in shown]
        return views.answer(models.ReportList(items=items, next=following))

    async def _preferences(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, document = msisdn_of(request), await json_body(request)
        return await self._once.if_keyed(
            request, caller, document, partial(self._changed, msisdn, document, f"api:{caller.name}")
        )

    async def _changed(self, msisdn: Msisdn, document: dict[str, Any], actor: str, claim: Claim) -> Answer:
        wanted = self._wanted(document)
        subscriber = await self._facts.subscriber(msisdn)
        at = self._context.clock()
        effects = list(await self._switched(subscriber, wanted.pop("out_of_bundle", None), actor))
        for name, value in wanted.items():
            effects += preferences.change(subscriber, at, actor, name, value=value)
        await self._committer.commit(effects)
        switch = await out_of_bundle_of(self._context, subscriber.id)
        return 200, views.preferences(await self._facts.subscriber(msisdn), out_of_bundle_wanted=switch.wanted)

    async def _switched(self, subscriber: Subscriber, on: object, actor: str) -> Sequence[Effect]:
        """An order to switch it, if it is not as was said last. Raises Problem."""
        switch = await out_of_bundle_of(self._context, subscriber.id)
        if not isinstance(on, bool) or switch.wanted is on:
            return ()
        must_offer(self._facts.abilities, "out_of_bundle")
        at = switch.next_at(self._context.clock())
        key = new_id(at)
        asked = ServiceAsked(at, subscriber, Channel.APP, key, Said(key, by=actor))
        order = service_orders.out_of_bundle(asked, self._context.market.currency, on=on)
        return service_orders.order_effects(asked, order)

    def _wanted(self, document: dict[str, Any]) -> dict[str, str | bool]:
        errors: Errors = []
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
        return dict(document)
