"""What is offered beside bundles over UCIP: advances and vouchers are refills, a switch is an offer.

How each is made idempotent: a voucher by itself, for the voucher server knows who used it, so the same message may be
sent again: 107 then says that this subscriber has it already. A switch is a state: it is set as often as one likes, and
``GetOffers`` shows it. An advance has neither; like a purchase it is sent again only where repeats are recognised, and
else a lost answer is for a person.

One message has one subscriber, so balance is not moved from one to another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeGuard

import aiohttp

from flows.catalogue_services import OUT_OF_BUNDLE_ON
from flows.values import Money, Msisdn, OrderKind
from gateway.core.ports import (
    Abilities,
    Activated,
    FindOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    Refused,
    Service,
    ServiceRequest,
    service_of,
)
from gateway.errors import OcsError
from gateway.ocs import ucip_services_wire as wire
from gateway.ocs.answers import UnreadableAnswer, for_a_person, never_sent, utc_now
from gateway.ocs.not_offered import not_offered
from gateway.ocs.ucip_calls import AirCalls
from gateway.ocs.ucip_wallet import OfferSeen
from gateway.ocs.ucip_wire import Caller, NotPayable, taken, transaction_id
from gateway.ocs.xml_rpc import Members

_USED_BY_SAME = "107 "


class UcipServices:
    """Carries services out. may_repeat: whether the same message is answered as it was; offers: a subscriber's."""

    def __init__(
        self,
        calls: AirCalls,
        caller: Caller,
        services: wire.AirServices,
        may_repeat: Callable[[datetime | None], TypeGuard[datetime]],
        offers: Callable[[Msisdn], Awaitable[list[OfferSeen]]],
    ) -> None:
        self._calls, self._caller, self._services = calls, caller, services
        self._may_repeat, self._offers = may_repeat, offers
        here: Mapping[Service, object] = {
            "advance": services.profiles,
            "top_up": services.vouchers,
            "out_of_bundle": services.switch,
        }
        offered = frozenset(name for name, given in here.items() if given)
        self.abilities = Abilities("UCIP", frozenset(here), offered)

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Send one message; what this AIR does not have is refused here."""
        body = self._message(request)
        if isinstance(body, Refused):
            return body
        transaction = transaction_id(request.key)
        answer = await self._calls.charge(body, transaction)
        return Activated(transaction, self._credited(answer, request)) if isinstance(answer, dict) else answer

    async def find(self, request: ServiceRequest) -> FindOutcome:
        """Whether it happened, as far as that can be told."""
        if isinstance(gone := self._message(request), Refused):
            never = request.kind is OrderKind.TRANSFER  # any other may have been in the catalogue when it was sent
            return gone if never else for_a_person(gone.detail)
        if request.kind is OrderKind.OUT_OF_BUNDLE:
            return await self._find_switch(request)
        if request.kind is not OrderKind.TOP_UP and not self._may_repeat(request.created_at):
            return as_recorded(transaction_id(request.key))
        again = await self.serve(request)
        if isinstance(again, NotSent):
            return OutcomeUnknown(again.detail)
        if request.kind is OrderKind.TOP_UP and isinstance(again, Refused) and again.detail.startswith(_USED_BY_SAME):
            return Activated(transaction_id(request.key))
        return again

    def _message(self, request: ServiceRequest) -> bytes | Refused:
        at, services = request.created_at or utc_now(), self._services
        profile = services.profiles.get(request.product)
        try:
            if request.kind is OrderKind.ADVANCE and profile:
                return wire.format_advance(self._caller, request, profile, at)
        except NotPayable as error:
            return never_sent(str(error))
        if request.kind is OrderKind.TOP_UP and services.vouchers:
            return wire.format_voucher(self._caller, request, at)
        if request.kind is OrderKind.OUT_OF_BUNDLE and services.switch:
            return wire.format_switch(self._caller, request, services.switch, at)
        return not_offered(self.abilities, service_of(request.kind))

    def _credited(self, answer: Members, request: ServiceRequest) -> Money | None:
        """By how much a voucher's refill made the main account larger, if both balances are told."""
        if request.kind is not OrderKind.TOP_UP:
            return None
        try:
            less = taken(answer, request.price.currency)
        except UnreadableAnswer:
            return None
        minor = None if less is None else -less / self._caller.units_per_minor
        return Money(int(minor), request.price.currency) if minor is not None and minor > 0 else None

    async def _find_switch(self, request: ServiceRequest) -> FindOutcome:
        try:
            has = any(offer.id == self._services.switch for offer in await self._offers(request.payer))
        except (OcsError, UnreadableAnswer, TimeoutError, aiohttp.ClientError) as error:
            return OutcomeUnknown(f"the charging system could not be asked ({type(error).__name__})")
        return Activated(transaction_id(request.key)) if has is (request.product == OUT_OF_BUNDLE_ON) else NotFound()


def as_recorded(transaction: str) -> OutcomeUnknown:
    """Where nothing can be asked: only the AIR's data records tell."""
    return for_a_person(f"UCIP cannot be asked: look for transaction {transaction} in the AIR's data records")
