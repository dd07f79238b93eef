"""``/api/v1/subscribers/{msisdn}/top-ups``, ``/advances``, ``/transfers``: each is an order, made once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from flows import service_orders
from flows.catalogue_services import Advance
from flows.records import Answer as Said
from flows.records import Order
from flows.service_orders import ServiceAsked
from flows.values import Channel, Msisdn, parse_msisdn
from gateway.api import models, service_models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation
from gateway.api.requests import Errors, msisdn_of, must_offer, unknown_fields, whole
from gateway.core.bodies import json_body
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.ports import Service
from gateway.core.problems import Problem
from gateway.core.service_desk import ServiceDesk, advances_for

_PERSON = "/api/v1/subscribers/{msisdn}"
_MOST_ID = 64
_PIN = re.compile(r"[0-9]{8,20}", re.ASCII)
_PROBLEMS = ((409, "not-offered"), (409, "subscription-not-active"), (422, "invalid-request"))
_TOP_UP = Operation(
    id="topUp",
    method="POST",
    path=f"{_PERSON}/top-ups",
    summary="Use a voucher: the order tells what it was worth once it is confirmed",
    right=Right.OFFERS,
    answers={202: models.Order},
    body=service_models.VoucherUsed,
    key="needed",
    problems=_PROBLEMS,
)
_ADVANCES = Operation(
    id="listAdvances",
    method="GET",
    path=f"{_PERSON}/advances",
    summary="What a subscriber may have in advance now",
    right=Right.OFFERS,
    answers={200: service_models.AdvanceList},
    problems=((409, "not-offered"), (503, "balance-unknown")),
)
_ADVANCE = Operation(
    id="takeAdvance",
    method="POST",
    path=f"{_PERSON}/advances",
    summary="Take airtime in advance: it and its fee are taken back from the next top-up",
    right=Right.OFFERS,
    answers={202: models.Order},
    body=service_models.AdvanceWanted,
    key="needed",
    problems=((404, "unknown-advance"), (409, "not-eligible"), (503, "balance-unknown"), *_PROBLEMS),
)
_TRANSFER = Operation(
    id="transferBalance",
    method="POST",
    path=f"{_PERSON}/transfers",
    summary="Send balance to another number: its fee is the sender's",
    right=Right.OFFERS,
    answers={202: models.Order},
    body=service_models.BalanceSent,
    key="needed",
    problems=((409, "own-number"), (409, "beyond-limits"), *_PROBLEMS),
)
Make = Callable[[ServiceAsked, dict[str, Any]], Awaitable[Order]]
"""The order that a body asks for. Raises Problem."""


class ServiceRoutes:
    """Takes such orders for subscribers who sit before an app."""

    def __init__(self, context: Context, facts: Facts, desk: ServiceDesk, access: Access, once: Once) -> None:
        self._context, self._facts, self._desk = context, facts, desk
        self._access, self._once = access, once

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        self._access.add(app, _ADVANCES, self._list)
        self._access.add(app, _TOP_UP, partial(self._ordered, "top_up", self._top_up))
        self._access.add(app, _ADVANCE, partial(self._ordered, "advance", self._advance))
        self._access.add(app, _TRANSFER, partial(self._ordered, "transfer", self._transfer))

    async def _list(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn = msisdn_of(request)
        must_offer(self._facts.abilities, "advance")
        person = await self._facts.subscriber(msisdn)
        wallet = await self._facts.wallet(msisdn)
        if wallet is None:
            raise Problem(503, "balance-unknown", "the charging system does not tell now; try again in a moment")
        items = [_shown(one) for one in advances_for(self._context, person, wallet)]
        return views.answer(service_models.AdvanceList(items=items, next=None))

    async def _ordered(self, service: Service, make: Make, request: web.Request, caller: Caller) -> web.Response:
        msisdn, document = msisdn_of(request), await json_body(request)

        async def work(claim: Claim) -> Answer:
            must_offer(self._facts.abilities, service)  # after the look whether it was answered before
            return await self._given(msisdn, document, caller.name, make, claim)

        return await self._once.keyed(request, caller, document, work)

    async def _given(self, msisdn: Msisdn, document: dict[str, Any], author: str, make: Make, claim: Claim) -> Answer:
        person = await self._facts.subscriber(msisdn)
        if person.state != "active":
            raise Problem(409, "subscription-not-active", f"the subscription is {person.state}")
        said = Said(claim.id, by=author)
        asked = ServiceAsked(self._context.clock(), person, Channel.APP, f"a{claim.id[:31]}", said)
        order = await make(asked, document)
        view = await self._desk.give(asked, order, lambda made: claim.keep(views.order(made), 202))
        return 202, views.order(view)

    # ── what each body asks for ──

    async def _top_up(self, asked: ServiceAsked, document: dict[str, Any]) -> Order:
        pin, errors = document.get("pin"), unknown_fields(document, ("pin",))
        if not isinstance(pin, str) or not _PIN.fullmatch(pin):
            errors.append({"pointer": "/pin", "detail": "must be 8 to 20 digits"})
        _refuse(errors)
        return service_orders.top_up(asked, str(pin), self._context.market.currency)

    async def _advance(self, asked: ServiceAsked, document: dict[str, Any]) -> Order:
        wanted, errors = document.get("advance"), unknown_fields(document, ("advance",))
        if not isinstance(wanted, str) or not 0 < len(wanted) <= _MOST_ID:
            errors.append({"pointer": "/advance", "detail": f"must be a text of 1 to {_MOST_ID} characters"})
        _refuse(errors)
        chosen = self._context.catalogue.services.advance(str(wanted))
        if chosen is None:
            raise Problem(404, "unknown-advance", "there is no advance with this id")
        wallet = await self._facts.wallet(asked.subscriber.msisdn)
        if wallet is None:
            raise Problem(503, "balance-unknown", "the charging system does not tell now; try again in a moment")
        if chosen not in advances_for(self._context, asked.subscriber, wallet):
            raise Problem(409, "not-eligible", "this subscriber may not have this advance now")
        return service_orders.advance(asked, chosen)

    async def _transfer(self, asked: ServiceAsked, document: dict[str, Any]) -> Order:
        terms, errors = self._context.catalogue.services.transfers, unknown_fields(document, ("to", "amount"))
        assert terms is not None, "otherwise it is not offered"
        to, amount = parse_msisdn(document.get("to")), whole(document.get("amount"))
        if to is None:
            errors.append({"pointer": "/to", "detail": "must be an MSISDN in E.164"})
        if amount is None or not 0 < amount <= service_models.MOST_MINOR:
            errors.append({"pointer": "/amount", "detail": "must be a whole number of minor units, from 1"})
        _refuse(errors)
        assert to is not None, "otherwise it was refused"
        assert amount is not None, "otherwise it was refused"
        if to == asked.subscriber.msisdn:
            raise Problem(409, "own-number", "balance is sent to somebody else")
        if not terms.allows(amount):
            raise Problem(409, "beyond-limits", f"one transfer is from {terms.least} to {terms.most} minor units")
        return service_orders.transfer(asked, to, amount, terms)


def _refuse(errors: Errors) -> None:
    if errors:
        raise Problem(422, "invalid-request", "nothing was asked for; see errors", errors=errors)


def _shown(one: Advance) -> service_models.Advance:
    return service_models.Advance(
        id=one.id, amount=views.money(one.amount), fee=views.money(one.fee), debt=views.money(one.debt)
    )
