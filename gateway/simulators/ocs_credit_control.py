"""The simulated charging system as a credit-control server (RFC 8506) for one-time events, without its connections.

It knows a request that it has seen before by Session-Id and CC-Request-Number: it answers that one as it did the first
time and charges nothing (``forget_sessions`` makes it forget). What stands in the requests is read here apart from the
client's side, so a mistake in one is not mirrored in the other.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flows.currency import precision
from flows.frozen import dataclass
from flows.values import Money, Msisdn, parse_msisdn
from gateway.ocs import diameter_codec as codec
from gateway.ocs import diameter_wire as wire
from gateway.ocs.currency_numbers import numeric_code
from gateway.ocs.diameter_codec import Packet, UnreadablePacket, avp
from gateway.ocs.diameter_wire import Action
from gateway.simulators.ocs_desk import Desk, NoAnswer
from gateway.simulators.ocs_faults import Faults
from gateway.simulators.ocs_ledger import Order, offering_of

HOST, REALM = "ocs.simulator.example", "simulator.example"
_CHECK_BALANCE_RESULT, _ENOUGH, _NOT_ENOUGH = 422, 0, 1
_TOO_BUSY, _DENIED, _CREDIT_LIMIT, _INVALID_VALUE, _MISSING = 3004, 4010, 4012, 5004, 5005
_UNABLE, _UNKNOWN_USER, _RATING_FAILED = 5012, 5030, 5031
_OTHER_CURRENCY = "XXX"
_NOTES = (("insufficient", _CREDIT_LIMIT), ("unknown product", _RATING_FAILED), ("price not in", _RATING_FAILED))


class _Refusal(Exception):
    """A request that is answered with a Result-Code and nothing else."""

    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class _Event:
    session: tuple[str, int]
    action: int
    msisdn: Msisdn
    offering: str
    money: Money


class CreditControl:
    """Answers requests; what it decides is the desk's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ids = itertools.count(1)
        self._orders: dict[tuple[str, int], str] = {}
        self._refunds: set[tuple[str, int]] = set()

    async def answer(self, request: Packet) -> Packet:
        """The answer to a Credit-Control-Request. Raises NoAnswer where a fault says that the client hears nothing."""
        try:
            _check_faults(self._desk.faults)
            event = _read_event(request.avps, self._desk.ledger.currency)
            return _answered(request, await self._action(event.action)(event))
        except _Refusal as refusal:
            return plain(request, refusal.code, refusal.words)
        except UnreadablePacket as error:
            return plain(request, _INVALID_VALUE, str(error))

    def _action(self, action: int) -> Callable[[_Event], Awaitable[Sequence[Any]]]:
        known = {
            Action.DIRECT_DEBITING: self._debit,
            Action.REFUND_ACCOUNT: self._refund,
            Action.CHECK_BALANCE: self._check,
        }
        if action not in set(Action):
            raise _Refusal(_INVALID_VALUE, "Requested-Action")
        return known[Action(action)]

    async def _debit(self, event: _Event) -> Sequence[Any]:
        desk = self._desk
        seen = None if desk.faults.forget_sessions else self._orders.get(event.session)
        delay = desk.faults.delay
        if seen is not None:
            settled = await desk.settled(seen)
        else:
            order = Order(
                id=f"cc-{next(self._ids)}",
                key=event.session[0],
                payer=event.msisdn,
                beneficiary=event.msisdn,
                offering=event.offering,
                price=event.money,
                ordered_at=desk.now(),
            )
            if not desk.faults.lose:
                self._orders[event.session] = order.id
            settled = await desk.submit(order)
        await asyncio.sleep(delay)
        return _outcome(settled)

    async def _refund(self, event: _Event) -> Sequence[Any]:
        desk, faults = self._desk, self._desk.faults
        if faults.lose:
            desk.faults = faults.one_less("lose")
            raise NoAnswer
        if event.money.currency != desk.ledger.currency or event.money.amount <= 0:
            raise _Refusal(_RATING_FAILED, "Requested-Service-Unit")
        if faults.forget_sessions or event.session not in self._refunds:
            self._refunds.add(event.session)
            desk.ledger.refund(event.msisdn, event.money.amount, event.session[0], desk.now())
            desk.moved()
        if faults.drop_answer:
            desk.faults = faults.one_less("drop_answer")
            raise NoAnswer
        await asyncio.sleep(faults.delay)
        return ()

    async def _check(self, event: _Event) -> Sequence[Any]:
        desk = self._desk
        await asyncio.sleep(desk.faults.balance_delay)
        balance = Money(desk.ledger.account(event.msisdn).balance, desk.ledger.currency)
        enough = balance.amount >= event.money.amount
        result = avp(_CHECK_BALANCE_RESULT, _ENOUGH if enough else _NOT_ENOUGH)
        if desk.faults.hide_balance:
            return [result]
        return [result, avp(wire.REMAINING_BALANCE, wire.format_money(balance), wire.TGPP)]


def origin() -> list[Any]:
    """Origin-Host and Origin-Realm."""
    return [avp(codec.ORIGIN_HOST, HOST.encode()), avp(codec.ORIGIN_REALM, REALM.encode())]


def plain(request: Packet, code: int, words: str = "") -> Packet:
    """An answer of a code and perhaps words; protocol errors have the E flag (RFC 6733 §7.2)."""
    told = [avp(codec.ERROR_MESSAGE, words)] if words else []
    return replace(_answered(request, told, code), error=code // 1000 == 3)


def _check_faults(faults: Faults) -> None:
    """Raises _Refusal where every request is refused."""
    if code := faults.result_code or (_TOO_BUSY if faults.status else 0):
        raise _Refusal(code, "made to fail")
    if faults.unknown_subscriber:
        raise _Refusal(_UNKNOWN_USER)


def _read_event(avps: Sequence[Any], currency: str) -> _Event:
    """Raises UnreadablePacket, and _Refusal where something that an event needs is missing."""
    session, context = codec.text(avps, codec.SESSION_ID), codec.text(avps, wire.SERVICE_CONTEXT)
    kind, count = codec.number(avps, wire.REQUEST_TYPE), codec.number(avps, wire.REQUEST_NUMBER_CODE)
    action = codec.number(avps, wire.REQUESTED_ACTION)
    if not (session and context) or kind is None or count is None or action is None:
        raise _Refusal(_MISSING)
    if kind != wire.EVENT_REQUEST:
        raise _Refusal(_INVALID_VALUE, "CC-Request-Type: one-time events only")
    subscribers = codec.values(avps, wire.SUBSCRIPTION)
    numbers = [codec.text(one, wire.SUBSCRIPTION_DATA) for one in subscribers if _is_e164(one)]
    msisdn = parse_msisdn(numbers[0]) if numbers else None
    if msisdn is None:
        raise _Refusal(_UNKNOWN_USER)
    offering = offering_of(context, codec.number(avps, wire.SERVICE_IDENTIFIER) or 0)
    money = codec.group(codec.group(avps, wire.REQUESTED_UNIT), wire.MONEY)
    return _Event((session, count), action, msisdn, offering, _read_money(money, currency))


def _is_e164(subscription: Sequence[Any]) -> bool:
    return codec.number(subscription, wire.SUBSCRIPTION_TYPE) == wire.END_USER_E164


def _read_money(avps: Sequence[Any], currency: str) -> Money:
    unit = codec.group(avps, wire.UNIT_VALUE)
    digits, number = codec.number(unit, wire.VALUE_DIGITS), codec.number(avps, wire.CURRENCY_CODE)
    if digits is None or number is None:
        raise _Refusal(_MISSING, "CC-Money")
    exponent = codec.number(unit, wire.EXPONENT) or 0
    minor = Decimal(digits).scaleb(exponent + precision(currency))
    if minor != minor.to_integral_value():
        raise _Refusal(_INVALID_VALUE, "Value-Digits")
    return Money(int(minor), currency if number == numeric_code(currency) else _OTHER_CURRENCY)


def _outcome(order: Order) -> Sequence[Any]:
    """What the state of an order is on this wire; nothing to add where it is done."""
    if order.state == "completed":
        return ()
    if order.state != "rejected":
        raise _Refusal(_UNABLE, f"state {order.state}")
    code = next((code for words, code in _NOTES if order.note.startswith(words)), _DENIED)
    raise _Refusal(code, order.note)


def _answered(request: Packet, told: Sequence[Any], code: int = codec.SUCCESS) -> Packet:
    """A Credit-Control-Answer (RFC 8506 §3.2)."""
    same = {codec.SESSION_ID, wire.REQUEST_TYPE, wire.REQUEST_NUMBER_CODE, codec.AUTH_APPLICATION}
    kept = [one for one in request.avps if one.code in same]
    session = [one for one in kept if one.code == codec.SESSION_ID]
    others = [one for one in kept if one.code != codec.SESSION_ID]
    return request.answer([*session, avp(codec.RESULT_CODE, code), *origin(), *others, *told])
