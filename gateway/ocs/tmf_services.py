"""What is offered beside bundles over TM Forum: advances and switches are orders (TMF622), top-ups and transfers are
balance actions (TMF654).

How each is made idempotent: as a purchase is. An advance and a switch carry the order key in ``externalId`` and are
looked up by it. A top-up and a transfer have no external id: the key stands in ``description``, and
``balanceActionHistory`` of the payer says whether it happened. None is posted again before the settle time is over, and
only where the history has shown one of the same kind (``shown_keys``): any other history may leave our key out.

What stays open: a server that has shown keys and shows them no more. A voucher is used up by its first top-up whatever
is sent again, so there the server itself is the second guard.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from flows.catalogue_services import OUT_OF_BUNDLE_ON, Services
from flows.values import BundleId, Msisdn, OrderKey, OrderKind
from gateway.core.ports import (
    Abilities,
    Activated,
    FindOutcome,
    NotFound,
    OutcomeUnknown,
    PurchaseOutcome,
    Refused,
    Service,
    ServiceRequest,
)
from gateway.ocs import tmf_services_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.not_offered import not_offered
from gateway.ocs.shown_keys import ShownKeys
from gateway.ocs.tmf_accounts import TmfAccounts
from gateway.ocs.tmf_link import NO_ANSWER, TmfLink
from gateway.ocs.tmf_orders import TmfOrders

Outcome = TypeVar("Outcome", PurchaseOutcome, FindOutcome)
_LISTED: Mapping[OrderKind, str] = {OrderKind.TOP_UP: "top-ups", OrderKind.TRANSFER: "transfers"}
_NOT_WRONG = frozenset({"unknown_subscriber", "not_eligible"})
"""Refusals of a top-up that say nothing against the PIN; every other one counts as a wrong PIN, lest they be tried."""


class TmfServices:
    """Carries services out. offerings: the server's for each advance; services: what the catalogue offers.

    keys: whether the history shows ours.
    """

    def __init__(
        self,
        link: TmfLink,
        orders: TmfOrders,
        accounts: TmfAccounts,
        keys: ShownKeys,
        *,
        offerings: Mapping[BundleId, str],
        services: Services,
    ) -> None:
        self._link, self._orders, self._accounts, self._offerings = link, orders, accounts, offerings
        self._keys = keys
        told = (services.out_of_bundle or {}).get("tmf", {}).get("product_offering")
        self._switch = told if isinstance(told, str) else ""
        here: Mapping[Service, object] = {
            "gift": True,
            "advance": any(one.id in offerings for one in services.advances),
            "top_up": services.vouchers,
            "transfer": services.transfers,
            "out_of_bundle": self._switch,
        }
        offered = frozenset(name for name, given in here.items() if given)
        self.abilities = Abilities("TM Forum", frozenset(here), offered)
        self._ways: Mapping[OrderKind, Callable[[ServiceRequest], Awaitable[PurchaseOutcome]]] = {
            OrderKind.ADVANCE: self._advance,
            OrderKind.TOP_UP: self._top_up,
            OrderKind.TRANSFER: self._transfer,
            OrderKind.OUT_OF_BUNDLE: self._out_of_bundle,
        }

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Carry it out."""
        return await self._ways[request.kind](request)

    async def find(self, request: ServiceRequest) -> FindOutcome:
        """Whether it happened: orders by their key, balance actions by what is described so."""
        if request.kind in (OrderKind.ADVANCE, OrderKind.OUT_OF_BUNDLE):
            return await self._orders.find(request.key)
        try:
            actions = await self._accounts.actions(request.payer)
        except NO_ANSWER as error:
            return OutcomeUnknown(str(error))
        found = _without_pin(wire.choose_action(actions, request), request)
        return await self._keys.judged(_LISTED[request.kind], found, _shown(actions, request.key))

    async def _advance(self, request: ServiceRequest) -> PurchaseOutcome:
        offering = self._offerings.get(request.product)
        if offering is None:
            return not_offered(self.abilities, "advance")
        return await self._orders.place(wire.format_advance(request, offering), request.key)

    async def _out_of_bundle(self, request: ServiceRequest) -> PurchaseOutcome:
        if not self._switch:
            return not_offered(self.abilities, "out_of_bundle")
        body = wire.format_switch(request, self._switch, on=request.product == OUT_OF_BUNDLE_ON)
        return await self._orders.place(body, request.key)

    async def _top_up(self, request: ServiceRequest) -> PurchaseOutcome:
        bucket = await self._accounts.money(request.payer, request.price.currency)
        if not isinstance(bucket, str):
            return bucket
        outcome = _without_pin(await self._acted(wire.TOP_UPS, wire.format_top_up(request, bucket), request), request)
        if isinstance(outcome, Refused) and outcome.reason not in _NOT_WRONG:
            return replace(outcome, reason="wrong_voucher")
        return outcome

    async def _transfer(self, request: ServiceRequest) -> PurchaseOutcome:
        currency = request.price.currency
        payers = await self._accounts.money(request.payer, currency)
        if not isinstance(payers, str):
            return payers
        theirs = await self._accounts.money(request.beneficiary, currency)
        if not isinstance(theirs, str):
            return theirs
        return await self._acted(wire.TRANSFERS, wire.format_transfer(request, payers, theirs), request)

    async def _acted(self, path: str, body: bytes, request: ServiceRequest) -> PurchaseOutcome:
        answer = await self._link.post(path, body)
        if not isinstance(answer, bytes):
            return answer
        try:
            outcome = wire.read_action(answer, request)
        except UnreadableAnswer as error:
            return OutcomeUnknown(f"the charging system's answer cannot be read: {error}")
        if isinstance(outcome, Activated):
            look = partial(self._shows, request.payer, request.key)  # and no PIN
            await self._keys.carried_out(_LISTED[request.kind], request.key, look)
        return outcome

    async def _shows(self, payer: Msisdn, key: OrderKey) -> bool:
        return _shown(await self._accounts.actions(payer), key) is not None


def _shown(actions: Sequence[Mapping[str, object]], key: OrderKey) -> OrderKey | None:
    """The key, where one of the balance actions has it."""
    return key if any(action.get("description") == key for action in actions) else None


def _without_pin(outcome: Outcome, request: ServiceRequest) -> Outcome:
    """The server's words may quote what it was sent, and are kept and logged."""
    if not request.pin or isinstance(outcome, Activated | NotFound):
        return outcome
    return replace(outcome, detail=outcome.detail.replace(request.pin, "…"))
