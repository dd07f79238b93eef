"""A charging system behind the TM Forum Open APIs: TMF622 orders charge and grant, TMF654 buckets tell the balance.

How a charge is made idempotent: it is not, by the server. ``externalId`` carries the order key, but TMF622 does not
promise that a second order with the same ``externalId`` is refused. So one key is posted again only after ``NotSent``,
or after ``find`` said ``NotFound`` later than ``settle_seconds`` after the last post.

How "did it happen?" is answered: ``GET …/productOrder?externalId={key}``. The filter is a convention (TMF630), so the
answer is filtered again here. With several orders under one key the completed one wins, and a warning is logged.

When a no is final: ``settle_seconds`` after the last send, and only from a list that was seen to show an order of ours
(``shown_keys``): a server may keep no key, or show none. Before that, what is not found goes to a person and is not
sent again. A server that queues may apply an order later than the connection lived, or list it later; only the operator
knows by how much, hence the setting.

What stays open: an order that a server applies after the settle time is charged twice if the key was sent again;
``held``, ``partial``, the cancellation states and unknown states stay ``StillRunning`` until a person acts; a server
that lists orders without ``externalId`` never gives a certain no. What is offered beside bundles: ``tmf_services``.

A refund (``adjustBalance``) has no external id either: our key stands in its ``description`` and is looked for in
``balanceActionHistory``. That it is not there is a no only where the history has shown a refund of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import aiohttp

from flows.catalogue_services import Services
from flows.values import BundleId, Msisdn, Wallet
from gateway.core.ports import (
    FindOutcome,
    FindRefundOutcome,
    NotSent,
    OcsTraits,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Refused,
    ServiceRequest,
)
from gateway.errors import OcsError, OcsUnavailable, UnknownSubscriber
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer, never_sent, utc_now
from gateway.ocs.shown_keys import ShownKeys
from gateway.ocs.tmf_accounts import TmfAccounts
from gateway.ocs.tmf_link import NO_ANSWER, Answered, TmfLink
from gateway.ocs.tmf_orders import TmfOrders
from gateway.ocs.tmf_services import TmfServices
from gateway.ocs.tmf_wallet import read_wallet

_NO_SERVICES = Services()
_REFUNDS = "refunds"


class TmfChargingSystem:
    """Satisfies ``ChargingSystem``.

    url: up to but without ``/tmf-api``. timeout: seconds for one call. currency: of the accounts; buckets in any other
    are not counted. offerings: the server's product offering for each bundle and advance. services: what is offered
    beside bundles. traits: what was found out about this server. session: shared by the caller, who then closes it;
    left out, one is opened at the first call.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,  # the whole adapter's limit, not one call's
        settle_seconds: float,
        currency: str,
        offerings: Mapping[BundleId, str],
        traits: OcsTraits,
        services: Services = _NO_SERVICES,
        session: aiohttp.ClientSession | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.can_be_asked = True
        self._link = TmfLink(url, timeout, session)
        self._accounts = TmfAccounts(self._link, now)
        self._keys = ShownKeys(traits)
        self._orders = TmfOrders(self._link, self._keys)
        self._services = TmfServices(
            self._link, self._orders, self._accounts, self._keys, offerings=offerings, services=services
        )
        self.abilities = self._services.abilities
        self._currency = currency
        self._offerings = offerings
        self._now = now

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and buckets; an account without any bucket has no balance.

        Raises UnknownSubscriber (404), OcsTimeout, OcsUnavailable (no connection, 5xx), OcsError (unreadable, 4xx).
        """
        try:
            return read_wallet(await self._accounts.buckets(msisdn), msisdn, self._currency, self._now())
        except Answered as answer:
            raise _error(answer.status) from None
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Post one order. A bundle without product offering is refused here and never sent."""
        offering = self._offerings.get(request.bundle)
        if offering is None:
            return never_sent(f"bundle {request.bundle} has no TM Forum product offering")
        return await self._orders.place(wire.format_order(request, offering), request.key)

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """Look the key up. Whatever prevents an answer is ``OutcomeUnknown``."""
        return await self._orders.find(request.key)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Credit the payer's monetary bucket; an account that has none is a person's business."""
        order = request.order
        bucket = await self._accounts.money(order.payer, order.price.currency, NotSent("the account is not there now"))
        if not isinstance(bucket, str):
            return bucket
        answer = await self._link.post(wire.ADJUSTMENTS, wire.format_refund(request, bucket))
        if isinstance(answer, Refused):
            return Refused("rejected", answer.detail)
        if not isinstance(answer, bytes):
            return answer
        try:
            outcome = wire.read_adjustment(answer, request.key)
        except UnreadableAnswer as error:
            return OutcomeUnknown(str(error))
        if isinstance(outcome, Refunded):
            await self._keys.carried_out(_REFUNDS, request.key, lambda: self._shows_refund(request))
        return outcome

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """Look for the key among the payer's balance actions."""
        try:
            actions = await self._accounts.actions(request.order.payer)
        except NO_ANSWER as error:
            return OutcomeUnknown(str(error))
        return await self._keys.judged(_REFUNDS, wire.choose_refund(actions, request.key), wire.refund_shown(actions))

    async def _shows_refund(self, request: RefundRequest) -> bool:
        return wire.refund_shown(await self._accounts.actions(request.order.payer)) is not None

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Post an order, a top-up or a transfer."""
        return await self._services.serve(request)

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        """Look the key up where that kind stands."""
        return await self._services.find(request)

    async def answers(self) -> bool:
        """Asked about an order that nobody made: any answer but silence will do."""
        try:
            await self._link.list(f"{wire.PRODUCT_ORDERS}?externalId=readiness-probe")
        except NO_ANSWER:
            return False
        return True

    async def close(self) -> None:
        """Close the connections, if they are this adapter's own."""
        await self._link.close()


def _error(status: int) -> OcsError:
    if status == 404:
        return UnknownSubscriber("the charging system does not know this subscriber")
    kind = OcsUnavailable if status >= 500 or status == 429 else OcsError
    return kind(f"the charging system answered {status}")
