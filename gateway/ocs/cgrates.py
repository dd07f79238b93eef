"""A CGRateS 0.10 engine over JSON-RPC: one action set an order charges and grants, a marker in the account tells.

How a charge is made idempotent: by the engine. Each order has an action set of its own and a marker, a disabled balance
of type ``*order`` named by the order's key; the set charges and grants only in its first run (``cgrates_sets``). It may
be run again at any time, also late, and then does nothing but count. The price and the money are compared in the same
run, so nobody is charged into debt. ``DebitBalance`` is not used: sent twice it debits twice, and into debt.

How "did it happen?" is answered: by the marker in ``GetAccount``. A billion or more: charged and granted. Absent: it
did not run. 1.5: the engine died inside the set, which a person must look at. Anything else: it ran, the money was not
there, and this key can never charge. An account that the engine does not know cannot have been charged.

When a no is final: ``settle_seconds`` after the last send. What runs later than that is the first run, or does nothing.

A refund has a key, a set and a marker of its own, and pays only if the order's marker says that it was charged.

Before the first purchase of a process a set is stored, read back and compared: an engine that keeps a condition
otherwise than it was sent accepts it without a word, and is not asked to charge.

What stays open: two engines on one Redis lose updates of one account, so an account must always be asked at one engine;
the marker must outlive every question about its order (``marker_hours``), for without it the key would charge again;
each order leaves about 650 bytes of marker in ``GetAccount`` until then, and its action set in the engine's store;
a gift would touch two accounts, which no set can do in one step, so there are none; ``*debit`` takes from every
unexpired money balance of that id, so an account may have only one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import aiohttp

from flows.frozen import dataclass
from flows.values import BundleId, Money, Msisdn, OrderKey, Wallet
from gateway.core.ports import (
    Abilities,
    Activated,
    FindOutcome,
    FindRefundOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    RefundOutcome,
    RefundRequest,
    Refused,
    ServiceRequest,
    service_of,
)
from gateway.errors import OcsError, OcsUnavailable, UnknownSubscriber
from gateway.ocs import cgrates_sets as sets
from gateway.ocs import cgrates_wire as wire
from gateway.ocs.answers import UnreadableAnswer, never_sent, utc_now
from gateway.ocs.cgrates_outcomes import NO_MARKER, UNKNOWN_SUBSCRIBER, order_outcome, refund_outcome
from gateway.ocs.cgrates_rpc import Engine, EngineSaysNo
from gateway.ocs.cgrates_units import Grant
from gateway.ocs.http_link import NotReached
from gateway.ocs.not_offered import not_offered

_LOG = logging.getLogger(__name__)
_NOBODY = Msisdn("readiness-probe")


@dataclass(frozen=True, slots=True)
class CgratesSettings:
    """How an operator has set its engine up.

    units_per_minor: what one minor unit of money is in the account's own unit. grants: what each bundle grants;
    unit_sizes: bytes, seconds or messages in one unit of a balance type.
    """

    tenant: str
    terms: sets.Terms
    units_per_minor: Decimal
    currency: str
    grants: Mapping[BundleId, Grant]
    unit_sizes: Mapping[str, Fraction]


class CgratesChargingSystem:
    """Satisfies ``ChargingSystem``.

    url: up to but without ``/jsonrpc``. timeout: seconds for one call, of which a purchase makes three. session:
    shared by the caller, who then closes it; left out, one is opened at the first call.
    """

    def __init__(
        self,
        url: str,
        settings: CgratesSettings,
        *,
        timeout: float,  # of the whole call, also where its connection is made
        settle_seconds: float,
        session: aiohttp.ClientSession | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.abilities = Abilities("CGRateS")
        self.can_be_asked = True
        self._engine = Engine(url, timeout, session)
        self._settings = settings
        self._now = now
        self._proven = False

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and buckets; an account without usable money has a balance of nothing.

        Raises UnknownSubscriber, OcsTimeout, OcsUnavailable (no connection, 5xx), OcsError (unreadable, other errors).
        """
        account, now, own = await self._account(msisdn), self._now(), self._settings
        money = wire.to_minor(wire.money_of(account, own.terms.money_balance, now), own.units_per_minor)
        return Wallet(Money(money, own.currency), wire.buckets_of(account, own.unit_sizes, now))

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Store and run the order's set, and read its marker. What CGRateS cannot do is refused and never sent."""
        grant = self._settings.grants.get(request.bundle)
        if grant is None:
            return never_sent(f"bundle {request.bundle} has no cgrates balance_type and units")
        if request.beneficiary != request.payer:
            return not_offered(self.abilities, "gift")
        if request.price.currency != self._settings.currency:
            return never_sent(f"the accounts are in {self._settings.currency}")
        actions = sets.order_set(request.key, self._units(request.price), grant, self._settings.terms)
        account = await self._run(request.key, request.payer, actions)
        if isinstance(account, Refused | NotSent | OutcomeUnknown):
            return account
        outcome = self._order_outcome(account, request)
        return NO_MARKER if isinstance(outcome, NotFound) else outcome

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """Read the order's marker. Whatever prevents an answer is ``OutcomeUnknown``."""
        account = await self._asked(request.payer)
        return account if isinstance(account, Refused | OutcomeUnknown) else self._order_outcome(account, request)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Store and run the refund's set, and read its marker."""
        order = request.order
        if request.key == order.key:
            return never_sent("a refund needs a key of its own")
        actions = sets.refund_set(request.key, order.key, self._units(order.price), self._settings.terms)
        account = await self._run(request.key, order.payer, actions)
        if isinstance(account, Refused | NotSent | OutcomeUnknown):
            return account
        outcome = refund_outcome(account, request.key)
        return NO_MARKER if isinstance(outcome, NotFound) else outcome

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """Read the refund's marker."""
        account = await self._asked(request.order.payer)
        return account if isinstance(account, Refused | OutcomeUnknown) else refund_outcome(account, request.key)

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Refused here, and never sent."""
        return not_offered(self.abilities, service_of(request.kind))

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        """It was never sent."""
        return not_offered(self.abilities, service_of(request.kind))

    async def answers(self) -> bool:
        """Asked about an account that nobody has, the engine must say that there is none."""
        try:
            await self._account(_NOBODY)
        except UnknownSubscriber:
            return True
        except OcsError:
            return False
        return True

    async def close(self) -> None:
        """Close the connections, if they are this adapter's own."""
        await self._engine.close()

    async def _account(self, msisdn: Msisdn) -> wire.AccountSeen:
        tenant = self._settings.tenant
        try:
            result = await self._engine.call(wire.GET_ACCOUNT, {"Tenant": tenant, "Account": msisdn})
            return wire.read_account(result, tenant, msisdn)
        except EngineSaysNo as error:
            if error.words == wire.NOT_FOUND:
                raise UnknownSubscriber("the charging system does not know this subscriber") from None
            raise OcsUnavailable(str(error)) if error.passing else error from None
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None

    async def _asked(self, msisdn: Msisdn) -> wire.AccountSeen | Refused | OutcomeUnknown:
        try:
            return await self._account(msisdn)
        except UnknownSubscriber:
            return UNKNOWN_SUBSCRIBER
        except OcsError as error:
            return OutcomeUnknown(str(error))

    async def _run(
        self, key: OrderKey, msisdn: Msisdn, actions: Sequence[sets.Action]
    ) -> wire.AccountSeen | Refused | NotSent | OutcomeUnknown:
        """The account after the set has run; until it is told to run, nothing that fails has charged anything."""
        try:
            if not self._proven:
                await self._prove()
            await self._store(key, actions)
        except _NotAsSent as error:
            return Refused("rejected", str(error))
        except EngineSaysNo as error:
            return NotSent(error.words) if error.passing else Refused("rejected", error.words)
        except OcsError as error:
            return NotSent(str(error))
        running = {"Tenant": self._settings.tenant, "Account": msisdn, "ActionsId": key}
        try:
            await self._engine.call(wire.EXECUTE_ACTION, running)
        except NotReached as error:
            return NotSent(str(error))
        except EngineSaysNo as error:  # the account tells whether it ran all the same
            _LOG.warning("the charging system says %s of order %s", error.words, key)
        except OcsError as error:
            return OutcomeUnknown(str(error))
        return await self._asked(msisdn)

    async def _store(self, ident: str, actions: Sequence[sets.Action]) -> None:
        """Under its id; a set that is there already is the same, as an order never changes."""
        try:
            storing = {"ActionsId": ident, "Overwrite": False, "Actions": actions}
            await self._engine.call(wire.SET_ACTIONS, storing)
        except EngineSaysNo as error:
            if error.words != wire.EXISTS:
                raise

    async def _prove(self) -> None:
        """Once, before anything is charged: the engine keeps a set as it is sent."""
        ident, actions = sets.probe_set(self._settings.terms)
        await self._store(ident, actions)
        try:
            differing = sets.reads_back(actions, await self._engine.call(wire.GET_ACTIONS, ident))
        except UnreadableAnswer as error:
            differing = str(error)
        if differing:
            _LOG.error("the charging system keeps action sets otherwise than they are sent: %s", differing)
            raise _NotAsSent(f"nothing is charged: the charging system does not keep action sets as sent ({differing})")
        self._proven = True

    def _order_outcome(
        self, account: wire.AccountSeen, request: PurchaseRequest
    ) -> Activated | Refused | NotFound | OutcomeUnknown:
        money = wire.money_of(account, self._settings.terms.money_balance, self._now())
        return order_outcome(account, request.key, self._units(request.price), money)

    def _units(self, price: Money) -> Decimal:
        return price.amount * self._settings.units_per_minor


class _NotAsSent(OcsError):
    """The engine does not keep action sets as they are sent."""
