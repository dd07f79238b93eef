"""A charging system behind Diameter credit control (RFC 8506): one event request charges, and gives back.

How a charge is made idempotent: by the server's detection of duplicates (RFC 8506 §6.5). Every request for one order
has the same Session-Id, made of our Origin-Host and the order's key, and CC-Request-Number 0; a repeated one carries
the T flag. The server charges the first that reaches it and answers all others as it answered that one.

How "did it happen?" is answered: by sending the same request again, with the T flag. That is a charge if the first one
never arrived, and then its answer is that charge's: so there is no "not found" here, an answer is ``Activated`` or
``Refused``. Whether the server detects duplicates, across its own restarts and its pair, is the operator's to know:
``duplicates_detected = true`` says that it does, ``remembers_hours`` for how long. Without it, and about an order older
than that, nothing is sent again: ``find`` answers ``OutcomeUnknown`` and the order goes to a person.

When a no is final: at once, for it is the server's recorded answer to this key. ``settle_seconds`` has no part.

What stays open: a server that forgets a Session-Id sooner than it is said to charges twice; so does a change of
``host`` while orders are open, for it is part of the Session-Id. A question may be the charge, so a
yes can be charged as late as the last question; while an operator has stopped charges none is put. A debit charges:
that it grants the bundle too is up to what the operator has put behind the service id. The balance is told only by
servers that send 3GPP's Remaining-Balance. Nothing is bought for another number: a request names one subscriber.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flows.values import BundleId, Money, Msisdn, OrderKey, Wallet
from gateway.core.ports import (
    Abilities,
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
    service_of,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs import diameter_wire as wire
from gateway.ocs.answers import for_a_person, never_sent, utc_now
from gateway.ocs.diameter_codec import SUCCESS, UnreadablePacket
from gateway.ocs.diameter_link import Identity, Link, LinkLost, NotReached
from gateway.ocs.diameter_peer import DiameterPeer
from gateway.ocs.diameter_wire import Action, Answer, Ask, ChargedService, Sender
from gateway.ocs.not_offered import not_offered

_PROTOCOL_ERRORS = range(3000, 4000)


class DiameterChargingSystem:
    """Satisfies ``ChargingSystem``.

    address: host and port of the peer. sender: as whom we ask, and whom; to_realm: Destination-Realm, the peer's own
    where empty. services: by what each bundle is charged. balance: by what a balance is asked for; None = it never is,
    and nobody is told one. duplicates_detected, remembers: see above. timeout: seconds for one call, half of
    them for getting a connection: what then fails was surely not sent. workers: calls at once.
    """

    def __init__(
        self,
        address: tuple[str, int],
        sender: Sender,
        *,
        timeout: float,
        settle_seconds: float,
        currency: str,
        services: Mapping[BundleId, ChargedService],
        balance: ChargedService | None = None,
        to_realm: str = "",
        duplicates_detected: bool = False,
        remembers: timedelta = timedelta(hours=24),
        workers: int = 8,
        watchdog: float = 30.0,
        reconnect_max: float = 15.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.abilities = Abilities("Diameter")
        self.can_be_asked = False
        us = Identity(sender.host, sender.realm, int(time.time()))
        self._peer = DiameterPeer(address, us, patience=timeout, watchdog=watchdog, reconnect_max=reconnect_max)
        self._sender, self._to_realm = sender, to_realm
        self._timeout = timeout
        self._currency = currency
        self._now = now
        self._bundles, self._balance = services, balance
        self._remembers = remembers if duplicates_detected else None
        self._window = asyncio.Semaphore(workers)
        self._start, self._checks = secrets.randbits(32), itertools.count(1)

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """The balance, if the server tells it (CHECK_BALANCE for one minor unit); no buckets.

        Raises UnknownSubscriber (5030), OcsTimeout, OcsUnavailable (no connection, 3xxx), OcsError (any other answer).
        """
        if self._balance is None:
            return Wallet(None)
        session = f"{self._sender.host};{self._start};{next(self._checks)}"
        ask = Ask(session, Action.CHECK_BALANCE, msisdn, self._balance, Money(1, self._currency))
        try:
            answer, _ = await self._ask(ask, resent=False)
            if answer.code == SUCCESS:
                return wire.read_wallet(answer, self._currency)
        except (NotReached, LinkLost) as error:
            raise OcsUnavailable(f"the charging system cannot be reached ({error})") from None
        except TimeoutError:
            raise OcsTimeout("the charging system did not answer in time") from None
        except UnreadablePacket as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None
        raise _error(answer.code)

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Debit. A bundle without a service, and one for another number, is refused here and never sent."""
        ask = self._debit(request)
        return ask if isinstance(ask, Refused) else await self._send(ask)

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """Send the same again: the server's recorded answer, or its first; ``OutcomeUnknown`` where that is no way."""
        ask = self._debit(request)
        return for_a_person(ask.detail) if isinstance(ask, Refused) else await self._repeat(ask, request.created_at)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back under the refund's own key."""
        ask = self._credit(request)
        if isinstance(ask, Refused):
            return ask
        return wire.given_back(await self._send(ask))

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """As ``find``."""
        ask = self._credit(request)
        return (
            for_a_person(ask.detail)
            if isinstance(ask, Refused)
            else wire.given_back(await self._repeat(ask, request.order.created_at))
        )

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Refused here, and never sent."""
        return not_offered(self.abilities, service_of(request.kind))

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        """It was never sent."""
        return not_offered(self.abilities, service_of(request.kind))

    async def answers(self) -> bool:
        """Whether a connection is open; its watchdog sees to it that an open one is alive."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._peer.link()
        except (TimeoutError, NotReached):
            return False
        return True

    async def close(self) -> None:
        """Leave the peer."""
        await self._peer.close()

    def _debit(self, request: PurchaseRequest) -> Ask | Refused:
        if request.beneficiary != request.payer:
            return not_offered(self.abilities, "gift")
        return self._about(request.key, Action.DIRECT_DEBITING, request)

    def _credit(self, request: RefundRequest) -> Ask | Refused:
        return self._about(request.key, Action.REFUND_ACCOUNT, request.order)

    def _about(self, key: OrderKey, action: Action, order: PurchaseRequest) -> Ask | Refused:
        service = self._bundles.get(order.bundle)
        if service is None:
            return never_sent(f"bundle {order.bundle} has no Diameter service")
        if not wire.is_writable(order.price):
            return never_sent(f"{order.price.currency} has no number in ISO 4217, or the amount no 64 bits")
        return Ask(wire.session_of(self._sender.host, key), action, order.payer, service, order.price)

    async def _send(self, ask: Ask) -> wire.Sent:
        try:
            answer, link = await self._ask(ask, resent=False)
        except NotReached as error:
            return NotSent(f"no connection to the charging system ({error})")
        except (LinkLost, TimeoutError, UnreadablePacket) as error:
            return _unknown(error)
        return wire.sent_outcome(answer, ask.session, server=link.peer.host)

    async def _repeat(self, ask: Ask, since: datetime | None) -> wire.Sent:
        if self._remembers is None:
            return for_a_person("sent once, and the server is not said to detect duplicates: a person must look")
        if since is not None and self._now() - since > self._remembers:
            return for_a_person("older than the server is said to remember: a person must look")
        try:
            answer, _ = await self._ask(ask, resent=True)
        except NotReached as error:
            return NotSent(f"no connection to the charging system ({error})")
        except (LinkLost, TimeoutError, UnreadablePacket) as error:
            return _unknown(error)
        return wire.found_outcome(answer, ask.session)

    async def _ask(self, ask: Ask, *, resent: bool) -> tuple[Answer, Link]:
        """The answer. Raises NotReached (surely not sent), LinkLost, TimeoutError and UnreadablePacket (perhaps)."""
        started = asyncio.get_running_loop().time()
        link = None
        try:
            async with asyncio.timeout_at(started + self._timeout / 2) as limit, self._window:
                link = await self._peer.link()
                limit.reschedule(started + self._timeout)
                realm = self._to_realm or link.peer.realm
                octets = await link.ask(wire.format_request(ask, self._sender, realm, resent=resent))
        except TimeoutError:
            if link is None:
                raise NotReached(self._peer.trouble) from None
            raise
        return wire.read_answer(octets, ask.session), link


def _error(code: int) -> OcsError:
    if code == wire.USER_UNKNOWN:
        return UnknownSubscriber("the charging system does not know this subscriber")
    kind = OcsUnavailable if code in _PROTOCOL_ERRORS else OcsError
    return kind(f"the charging system answered with Diameter {code}")


def _unknown(error: Exception) -> OutcomeUnknown:
    if isinstance(error, TimeoutError):
        return OutcomeUnknown("the charging system did not answer in time")
    return OutcomeUnknown(str(error))
