"""An Ericsson AIR over UCIP (XML-RPC): one message debits the main account and grants the bundle.

How a charge is made idempotent: the same order is always the same message, to the byte: its ``originTransactionID`` is
derived from the order key, its ``originTimeStamp`` is the order's time. The guide wants that id to be unique for each
operation and does not say that AIR answers a repeat with what it answered first; some installations do, through AIR
itself or what stands before it. So one key is sent again only after ``NotSent``, or after ``find`` said ``NotFound``
later than ``settle_seconds`` after the last send.

How "did it happen?" is answered: UCIP cannot be asked for a transaction. Two ways are the operator's to open:

1. ``repeats_are_recognised``: the same message is sent again, for ``repeat_seconds`` after it was first sent, and the
   answer is the stored one. A message that was lost on its way is carried out by this.
2. ``offer`` in the catalogue, where a purchase leaves an offer that nothing else leaves. No such offer, or one that
   ended before the order, is a no, as long as the bundle's validity lasts. One that started after the order was sent
   is a yes, if it tells its start to the second and this process knows that it sent no other order for that offer to
   this subscriber (``ucip_sends``). Anything between says nothing.

Where neither answers, the outcome stays unknown and the order goes to a person, who finds the transaction and the
order key (``externalData1``) in the AIR's data records. A refund leaves no offer, so only the first way is open to it.

When a no is final: ``settle_seconds`` after the last send.

What stays open: an AIR that carries a message out later than that; a subscriber who buys the same bundle twice within
an hour and whose answer is lost goes to a person; bundles for another number are refused, as one message has one
subscriber; what a code means is the guide's word until the operator confirms it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeGuard

from flows.values import BundleId, Msisdn, Wallet
from gateway.config.ocs_sections import UcipConfig
from gateway.core.ports import (
    Activated,
    FindOutcome,
    FindRefundOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Refused,
    ServiceRequest,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable
from gateway.ocs import ucip_wire as wire
from gateway.ocs.answers import UnreadableAnswer, for_a_person, never_sent, utc_now
from gateway.ocs.not_offered import not_offered
from gateway.ocs.ucip_calls import Against, AirCalls
from gateway.ocs.ucip_link import AirLink
from gateway.ocs.ucip_sales import Sale
from gateway.ocs.ucip_sends import Sends, Sent
from gateway.ocs.ucip_services import UcipServices, as_recorded
from gateway.ocs.ucip_services_wire import AirServices
from gateway.ocs.ucip_wallet import OfferSeen, Reading, lacks_ends, read_offers, read_wallet
from gateway.ocs.xml_rpc import Members

_LOG = logging.getLogger(__name__)
_CLOCKS_APART = timedelta(seconds=60)
"""By how much the AIR's clock may differ from ours."""
_NOBODY = Msisdn("0")
_NO_OFFERS = 165
_NO_SERVICES = AirServices()


class UcipChargingSystem:
    """Satisfies ``ChargingSystem``.

    url: of the AIR; ``/Air`` is added where it has no path. timeout: seconds for one call. currency: of the accounts.
    sales: what each bundle is on this AIR; services: what is offered beside. names: bundles' ids by the offer that they
    leave, for the wallet.
    """

    def __init__(
        self,
        url: str,
        config: UcipConfig,
        *,
        timeout: float,  # the whole adapter's limit, not one call's
        settle_seconds: float,
        currency: str,
        sales: Mapping[BundleId, Sale],
        services: AirServices = _NO_SERVICES,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.can_be_asked = False
        self._config = config
        self._link = AirLink(url, config, timeout)
        self._caller = wire.Caller(config.node_type, config.host_name, Decimal(str(config.units_per_minor)))
        self._calls = AirCalls(self._link, self._caller, now)
        self._reading = Reading(
            currency,
            self._caller.units_per_minor,
            {account.id: account for account in config.dedicated_accounts},
            {sale.offer: bundle for bundle, sale in sales.items() if sale.offer},
        )
        self._sales = sales
        self._now = now
        self._sends = Sends(now())
        self._services = UcipServices(self._calls, self._caller, services, self._may_repeat, self._offers)
        self.abilities = self._services.abilities

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and dedicated accounts; GetOffers is asked where only an offer knows when such an account ends.

        Raises UnknownSubscriber (102), OcsTimeout, OcsUnavailable (no connection, 5xx, overload), OcsError (else).
        """
        try:
            answer = await self._calls.question(wire.BALANCE, msisdn)
            offers = read_offers(answer, "offerInformationList")
            if not offers and lacks_ends(answer):
                offers = await self._offers(msisdn)
            return read_wallet(answer, offers, self._reading, self._now())
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Send one message. A gift, and a bundle that this AIR does not have, are refused here and never sent."""
        if request.beneficiary != request.payer:
            return not_offered(self.abilities, "gift")
        sale = self._sales.get(request.bundle)
        if sale is None:
            return never_sent(f"bundle {request.bundle} has no ucip entry in the catalogue")
        sent, fresh = self._sends.note(request.key, request.payer, sale.offer, self._now())
        outcome = await self._sell(request, sale, sent)
        if fresh and isinstance(outcome, Refused | NotSent):
            self._sends.forget(request.key)
        return outcome

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """By a repeat or by its offer, where the operator has opened these ways; else it is unknown."""
        sale, sent = self._sales.get(request.bundle), self._sends.get(request.key)
        if sale is None:
            return for_a_person(f"bundle {request.bundle} has no ucip entry in the catalogue any more")
        if sent is not None and sent.doubt:
            return for_a_person(sent.doubt)
        if self._may_repeat(first := sent.at if sent else request.created_at):
            self._sends.note(request.key, request.payer, sale.offer, first)  # after a restart, as old as the order
            repeated = await self.purchase(request)
            return OutcomeUnknown(repeated.detail) if isinstance(repeated, NotSent) else repeated
        if not sale.offer:
            return as_recorded(wire.transaction_id(request.key))
        try:
            offers = [offer for offer in await self._offers(request.payer) if offer.id == sale.offer]
        except (OcsError, UnreadableAnswer) as error:
            return OutcomeUnknown(f"the charging system could not be asked: {error}")
        return self._by_offers(request, sale, sent, offers)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Credit the payer's main account, under the refund's own id."""
        now = self._now()
        sent, fresh = self._sends.note(request.key, request.order.payer, 0, now)
        try:
            body = wire.format_refund(self._caller, request, request.order.created_at or sent.at)
        except wire.NotPayable as error:
            outcome: RefundOutcome = never_sent(str(error))
        else:
            answer = await self._calls.charge(body, transaction := wire.transaction_id(request.key))
            outcome = Refunded(transaction) if isinstance(answer, dict) else answer
        if fresh and isinstance(outcome, Refused | NotSent):
            self._sends.forget(request.key)
        return outcome

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """By a repeat, where the AIR recognises it; nothing that UCIP can ask shows a refund."""
        sent = self._sends.get(request.key)
        if self._may_repeat(sent.at if sent else None):
            repeated = await self.refund(request)
            return OutcomeUnknown(repeated.detail) if isinstance(repeated, NotSent) else repeated
        return as_recorded(wire.transaction_id(request.key))

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """A refill, or an offer given or taken."""
        return await self._services.serve(request)

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        """By a repeat where that does no harm, or by the offer."""
        return await self._services.find(request)

    async def answers(self) -> bool:
        """Asked about a number that nobody has: any answer in UCIP will do."""
        try:
            await self._calls.question(wire.BALANCE, _NOBODY)
        except (OcsUnavailable, OcsTimeout, UnreadableAnswer):
            return False
        except OcsError:
            return True
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    # ── charging ──

    async def _sell(self, request: PurchaseRequest, sale: Sale, sent: Sent) -> Activated | Against:
        transaction = wire.transaction_id(request.key)
        try:
            body = wire.format_sale(self._caller, request, sale, request.created_at or sent.at)
        except wire.NotPayable as error:
            return never_sent(str(error))
        answer = await self._calls.charge(body, transaction)
        if not isinstance(answer, dict):
            return answer
        if sale.profile and self._gave_it_away(answer, request, sale):
            sent.doubt = f"refill profile {sale.profile} granted without taking the price from the main account"
            _LOG.error("%s: set it up so on the AIR", sent.doubt, extra={"order": request.key})
            return for_a_person(sent.doubt)
        return Activated(transaction)

    def _gave_it_away(self, answer: Members, request: PurchaseRequest, sale: Sale) -> bool:
        """A refill adds to the main account unless its profile says otherwise, and only its balances tell."""
        try:
            taken = wire.taken(answer, request.price.currency)
        except UnreadableAnswer:
            return False
        if taken is None or not request.price.amount:
            return False
        if taken > 0 and str(taken) != self._caller.units(request.price.amount):
            _LOG.warning("refill profile %s took another amount than the price", sale.profile)
        return taken <= 0

    # ── asking ──

    def _may_repeat(self, first: datetime | None) -> TypeGuard[datetime]:
        if first is None or not self._config.repeats_are_recognised:
            return False
        return self._now() - first <= timedelta(seconds=self._config.repeat_seconds)

    def _by_offers(
        self, request: PurchaseRequest, sale: Sale, sent: Sent | None, offers: list[OfferSeen]
    ) -> FindOutcome:
        first = request.created_at or (sent.at if sent else None)
        if first is None or self._now() - first >= sale.validity - _CLOCKS_APART:
            return for_a_person("what the order granted may be over already")
        if all(offer.ends is not None and offer.ends < first - _CLOCKS_APART for offer in offers):
            return NotFound()  # what ended before the order would go on if the order had been carried out
        if sent is None:
            return for_a_person("sent before the gateway was started; what it grants is there, perhaps from another")
        since = sent.at - _CLOCKS_APART
        if not self._sends.was_alone(sent, since - timedelta(seconds=self.settle_seconds)):
            return for_a_person("what it grants is there, perhaps from another order for the same")
        if any(offer.starts is not None and offer.starts >= since for offer in offers):
            return Activated(wire.transaction_id(request.key))
        return for_a_person("what it grants is there, and was there before")

    async def _offers(self, msisdn: Msisdn) -> list[OfferSeen]:
        return read_offers(await self._calls.question(wire.OFFERS, msisdn, none=_NO_OFFERS))
