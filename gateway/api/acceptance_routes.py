"""``POST /api/v1/offers/{id}/accept``: the app's yes, once whatever is repeated."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from flows.values import Channel, Msisdn, parse_msisdn
from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation
from gateway.api.request_models import Acceptance
from gateway.api.requests import must_offer, unknown_fields
from gateway.core.accepting import Acceptances, AlreadyAccepted, NotOpen
from gateway.core.bodies import json_body
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.problems import Problem
from store import offers, subscriptions
from store.orders import OrderView
from store.unit import Op

_ACCEPT = Operation(
    id="acceptOffer",
    method="POST",
    path="/api/v1/offers/{id}/accept",
    summary="Accept an open offer: the order that it makes is charged and confirmed after this answer",
    right=Right.OFFERS,
    answers={202: models.Order},
    body=Acceptance,
    key="needed",
    problems=(
        (404, "unknown-offer"),
        (409, "not-offered"),
        (409, "offer-already-accepted"),
        (409, "offer-not-open"),
        (409, "subscription-not-active"),
        (410, "offer-expired"),
        (422, "invalid-request"),
    ),
)


class AcceptanceRoutes:
    """Accepts offers for subscribers who sit before an app."""

    def __init__(self, context: Context, facts: Facts, acceptances: Acceptances, access: Access, once: Once) -> None:
        self._context = context
        self._facts = facts
        self._acceptances = acceptances
        self._access = access
        self._once = once

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        self._access.add(app, _ACCEPT, self._accept)

    async def _accept(self, request: web.Request, caller: Caller) -> web.Response:
        document = await json_body(request)
        work = partial(self._accepted, request.match_info["id"], document, caller.name)
        return await self._once.keyed(request, caller, document, work)

    async def _accepted(self, offer_id: str, document: dict[str, Any], author: str, claim: Claim) -> Answer:
        """The order; the answer is kept in its commit."""
        offer = await offers.by_id(self._context.reader, offer_id)
        subscriber = None if offer is None else await subscriptions.by_id(self._context.reader, offer.subscription)
        if offer is None or subscriber is None:
            raise Problem(404, "unknown-offer", "there is no offer with this id")
        if subscriber.state != "active":
            raise Problem(409, "subscription-not-active", f"the subscription is {subscriber.state}")
        beneficiary = _beneficiary(document, subscriber.msisdn)
        if beneficiary != subscriber.msisdn:
            must_offer(self._facts.abilities, "gift")

        def kept(view: OrderView) -> Op:
            (op,) = claim.keep(views.order(view), 202)
            return op

        accepted = await self._acceptances.accept(
            offer,
            subscriber,
            channel=Channel.APP,
            beneficiary=beneficiary,
            request=claim.id,
            by=author,
            beside=kept,
        )
        match accepted:
            case AlreadyAccepted():
                key = accepted.order.order.key
                raise Problem(409, "offer-already-accepted", "this offer has an order already", order=key)
            case NotOpen(state="expired"):
                raise Problem(410, "offer-expired", "this offer has expired; nothing was charged")
            case NotOpen():
                raise Problem(409, "offer-not-open", f"this offer is {accepted.state}")
            case _:
                return 202, views.order(accepted.order)


def _beneficiary(document: dict[str, Any], payer: Msisdn) -> Msisdn:
    errors = unknown_fields(document, ("beneficiary",))
    if errors:
        raise Problem(422, "invalid-request", "the body may name a beneficiary, nothing else", errors=errors)
    if document.get("beneficiary") is None:
        return payer
    beneficiary = parse_msisdn(document["beneficiary"])
    if beneficiary is None:
        errors = [{"pointer": "/beneficiary", "detail": "must be an MSISDN in E.164"}]
        raise Problem(422, "invalid-request", "nothing was bought; see errors", errors=errors)
    return beneficiary
