"""A charging system behind a breaker and a gate: it fails fast when it is away, and is never asked too much at once.

What is not sent is told so (``NotSent``; an error where a wallet was asked for), so nothing is in doubt that was never
on the wire.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from flows.values import Msisdn, Wallet
from gateway.core.breaker import Attempt, Breaker
from gateway.core.call_gate import CallGate, Rank, TooMany
from gateway.core.ports import (
    Abilities,
    ChargingSystem,
    FindOutcome,
    FindRefundOutcome,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    RefundOutcome,
    RefundRequest,
    Refused,
    ServiceRequest,
)
from gateway.errors import OcsBusy, OcsTimeout, OcsUnavailable
from gateway.telemetry import Metrics

Outcome = TypeVar("Outcome")
_AWAY = "the charging system does not answer; it is asked again in a moment"
_UNTOLD = Wallet(None)
"""Some adapters answer this without asking anybody."""
_BUSY = "too many calls to the charging system wait already"


class GuardedOcs:
    """Satisfies ``ChargingSystem``. rank: of whoever asks for wallets by this one."""

    def __init__(
        self, ocs: ChargingSystem, breaker: Breaker, gate: CallGate, metrics: Metrics, rank: Rank = Rank.PERSON
    ) -> None:
        self._ocs = ocs
        self._breaker = breaker
        self._gate = gate
        self._metrics = metrics
        self._rank = rank
        self.settle_seconds = ocs.settle_seconds

    def in_background(self) -> GuardedOcs:
        """The same, for work that nobody waits for: it is the first to be sent away."""
        return GuardedOcs(self._ocs, self._breaker, self._gate, self._metrics, Rank.BACKGROUND)

    @property
    def abilities(self) -> Abilities:
        return self._ocs.abilities

    @property
    def can_be_asked(self) -> bool:
        return self._ocs.can_be_asked

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Raises, beside what the adapter does, OcsUnavailable while the breaker is open, and OcsBusy."""
        try:
            self._not_while_open()  # nobody waits for their turn to hear of it
            async with self._gate.passing(self._rank):
                return await self._asked(self._begun(), msisdn)
        except _LeftAlone:
            self._not_asked("breaker")
            raise OcsUnavailable(_AWAY) from None
        except TooMany:
            self._not_asked("busy")
            raise OcsBusy(_BUSY) from None

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        return await self._told(lambda: self._ocs.purchase(request))

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        return await self._told(lambda: self._ocs.find(request))

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        return await self._told(lambda: self._ocs.refund(request))

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        return await self._told(lambda: self._ocs.find_refund(request))

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        return await self._told(lambda: self._ocs.serve(request))

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        return await self._told(lambda: self._ocs.find_service(request))

    async def answers(self) -> bool:
        """Asked whatever the breaker says: this is what an operator wants to know."""
        return await self._ocs.answers()

    async def close(self) -> None:
        await self._ocs.close()

    async def _asked(self, attempt: Attempt, msisdn: Msisdn) -> Wallet:
        try:
            wallet = await self._ocs.wallet(msisdn)
        except (OcsTimeout, OcsUnavailable):
            attempt.failed()
            raise
        except Exception:  # it answered, if not as wished
            attempt.succeeded()
            raise
        except BaseException:
            attempt.given_up()
            raise
        if wallet == _UNTOLD:
            attempt.given_up()
        else:
            attempt.succeeded()
        return wallet

    async def _told(self, call: Callable[[], Awaitable[Outcome]]) -> Outcome | NotSent:
        try:
            self._not_while_open()
            async with self._gate.passing(Rank.MONEY):
                return await self._counted(self._begun(), call)
        except _LeftAlone:
            self._not_asked("breaker")
            return NotSent(_AWAY)
        except TooMany:
            self._not_asked("busy")
            return NotSent(_BUSY)

    async def _counted(self, attempt: Attempt, call: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            outcome = await call()
        except BaseException:
            attempt.given_up()
            raise
        if _says_nothing_of_it(outcome):
            attempt.given_up()
        elif isinstance(outcome, NotSent | OutcomeUnknown):
            attempt.failed()
        else:
            attempt.succeeded()
        return outcome

    def _not_asked(self, why: str) -> None:
        self._metrics.ocs_not_asked.labels(why).inc()

    def _not_while_open(self) -> None:
        if self._breaker.seconds_left > 0:
            raise _LeftAlone

    def _begun(self) -> Attempt:
        attempt = self._breaker.begin()
        if attempt is None:
            raise _LeftAlone
        return attempt


def _says_nothing_of_it(outcome: object) -> bool:
    """Whether perhaps nobody was asked: a refusal of the adapter's own, an order that nobody can be asked about."""
    match outcome:
        case OutcomeUnknown(silent=False) | Refused(asked=False):
            return True
        case _:
            return False


class _LeftAlone(Exception):  # no error of ours: the breaker is open
    """Nothing is sent now."""
