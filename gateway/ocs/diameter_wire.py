"""Credit control without a socket (RFC 8506, event charging): requests from orders, outcomes from answers. Pure.

A request for one order is the same octets each time but for the T flag and the identifier of the hop: its Session-Id
comes from the order's key, its CC-Request-Number is 0, and its End-to-End Identifier comes from both, so that it is the
same after a restart. It carries no Event-Timestamp, for nobody could repeat it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum
from typing import Any

from flows.currency import precision
from flows.frozen import dataclass
from flows.values import Money, Msisdn, Wallet
from gateway.core.ports import Activated, NotSent, OutcomeUnknown, Refunded, Refused
from gateway.ocs import diameter_codec as codec
from gateway.ocs.currency import to_minor
from gateway.ocs.currency_numbers import numeric_code
from gateway.ocs.diameter_codec import Packet, UnreadablePacket, avp

EVENT_REQUEST = 4
REQUEST_NUMBER = 0
END_USER_E164 = 0
TGPP = 10415
SERVICE_CONTEXT, SERVICE_IDENTIFIER = 461, 439
REQUEST_TYPE, REQUEST_NUMBER_CODE, REQUESTED_ACTION, REQUESTED_UNIT = 416, 415, 436, 437
SUBSCRIPTION, SUBSCRIPTION_TYPE, SUBSCRIPTION_DATA = 443, 450, 444
MONEY, UNIT_VALUE, VALUE_DIGITS, EXPONENT, CURRENCY_CODE = 413, 445, 447, 429, 425
SERVICES, REMAINING_BALANCE = 456, 2021
_LONGEST_WORDS = 300
Found = Activated | Refused | OutcomeUnknown
Sent = Found | NotSent
_SMALLEST_EXPONENT, _LARGEST_EXPONENT = -30, 30

_REFUSALS = {
    4001: "rejected",  # AUTHENTICATION_REJECTED
    4010: "not_eligible",  # END_USER_SERVICE_DENIED
    4011: "rejected",  # CREDIT_CONTROL_NOT_APPLICABLE: nothing to be charged, so nothing was
    4012: "insufficient_funds",  # CREDIT_LIMIT_REACHED
    5001: "rejected",  # AVP_UNSUPPORTED
    5003: "not_eligible",  # AUTHORIZATION_REJECTED
    5004: "rejected",  # INVALID_AVP_VALUE
    5005: "rejected",  # MISSING_AVP
    5006: "not_eligible",  # RESOURCES_EXCEEDED
    5007: "rejected",  # CONTRADICTING_AVPS
    5008: "rejected",  # AVP_NOT_ALLOWED
    5009: "rejected",  # AVP_OCCURS_TOO_MANY_TIMES
    5014: "rejected",  # INVALID_AVP_LENGTH
    5030: "unknown_subscriber",  # USER_UNKNOWN
    5031: "rejected",  # RATING_FAILED
}
"""What is a final no (RFC 8506 §9, RFC 6733 §7.1): the server has read the request and has done nothing."""
_NEVER_WENT_ON = frozenset({3001, 3003, 3005, 3006, 3007, 3008, 3009, 3010, 3011})
"""Of the protocol errors: whoever said it has no place to which it could have gone, now or a moment ago."""
TOO_BUSY = 3004
USER_UNKNOWN = 5030


class Action(IntEnum):
    """Requested-Action (RFC 8506 §8.41)."""

    DIRECT_DEBITING = 0
    REFUND_ACCOUNT = 1
    CHECK_BALANCE = 2


@dataclass(frozen=True, slots=True)
class ChargedService:
    """What the operator's server rates a request by. ident: Service-Identifier, None = not sent."""

    context: str
    ident: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """As whom we ask. to_host: Destination-Host, empty = not sent."""

    host: str
    realm: str
    to_host: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One event for a subscriber's account."""

    session: str
    action: Action
    msisdn: Msisdn
    service: ChargedService
    money: Money


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. code: the Result-Code that counts; words: the server's own; origin: who answered.

    remaining: 3GPP Remaining-Balance in minor units (TS 32.299), as (amount, numeric currency), None if not told.
    """

    code: int
    words: str
    origin: str
    remaining: tuple[Decimal, int] | None = None


def session_of(host: str, key: str) -> str:
    """The Session-Id of an order or refund (RFC 6733 §8.8): the same for the same key, for ever."""
    digest = hashlib.sha256(key.encode()).digest()
    high, low = (int.from_bytes(digest[at : at + 4], "big") for at in (0, 4))
    return f"{host};{high};{low};{key}"


def is_writable(money: Money) -> bool:
    """Whether this amount can be written: its currency has a number and it fits 64 bits."""
    return numeric_code(money.currency) is not None and -(2**63) <= money.amount < 2**63


def format_request(ask: Ask, sender: Sender, realm: str, *, resent: bool = False) -> Packet:
    """The Credit-Control-Request. realm: Destination-Realm. resent: it may have been sent before (T flag)."""
    service, to = ask.service, sender.to_host
    subscription = [avp(SUBSCRIPTION_TYPE, END_USER_E164), avp(SUBSCRIPTION_DATA, ask.msisdn)]
    avps = [
        avp(codec.SESSION_ID, ask.session),
        avp(codec.ORIGIN_HOST, sender.host.encode()),
        avp(codec.ORIGIN_REALM, sender.realm.encode()),
        avp(codec.DESTINATION_REALM, realm.encode()),
        avp(codec.AUTH_APPLICATION, codec.CREDIT_CONTROL_APPLICATION),
        avp(SERVICE_CONTEXT, service.context),
        avp(REQUEST_TYPE, EVENT_REQUEST),
        avp(REQUEST_NUMBER_CODE, REQUEST_NUMBER),
        *([avp(codec.DESTINATION_HOST, to.encode())] if to else []),
        avp(SUBSCRIPTION, subscription),
        *([] if service.ident is None else [avp(SERVICE_IDENTIFIER, service.ident)]),
        avp(REQUESTED_UNIT, [avp(MONEY, format_money(ask.money))]),
        avp(REQUESTED_ACTION, int(ask.action)),
    ]
    return Packet(
        command=codec.CREDIT_CONTROL,
        application=codec.CREDIT_CONTROL_APPLICATION,
        avps=tuple(avps),
        proxiable=True,
        resent=resent,
        end_to_end=_end_to_end(ask.session),
    )


def format_money(money: Money) -> list[Any]:
    """What stands in CC-Money: minor units, with the exponent that makes major units of them."""
    number = numeric_code(money.currency)
    assert number is not None, "asked for with is_writable()"
    unit = [avp(VALUE_DIGITS, money.amount), avp(EXPONENT, -precision(money.currency))]
    return [avp(UNIT_VALUE, unit), avp(CURRENCY_CODE, number)]


def read_money(avps: Sequence[Any]) -> tuple[Decimal, int] | None:
    """Major units and numeric currency of CC-Money or Remaining-Balance. Raises UnreadablePacket."""
    unit = codec.group(avps, UNIT_VALUE)
    digits, currency = codec.number(unit, VALUE_DIGITS), codec.number(avps, CURRENCY_CODE)
    exponent = codec.number(unit, EXPONENT) or 0
    if digits is None or currency is None:
        return None
    if not _SMALLEST_EXPONENT <= exponent <= _LARGEST_EXPONENT:
        raise UnreadablePacket("an amount that no account can hold")
    return Decimal(digits).scaleb(exponent), currency


def read_answer(octets: bytes, session: str) -> Answer:
    """A Credit-Control-Answer to the request of this session. Raises UnreadablePacket, also if it is another's."""
    packet = codec.decode(octets)
    told = codec.text(packet.avps, codec.SESSION_ID)
    if told not in {session, ""} or (not told and not packet.error):
        raise UnreadablePacket("the answer is about another session")
    code = codec.number(packet.avps, codec.RESULT_CODE)
    if code is None:
        raise UnreadablePacket("the answer has no Result-Code")
    balance = codec.group(packet.avps, REMAINING_BALANCE, TGPP)
    return Answer(
        code=_worst(code, packet.avps),
        words=" ".join(codec.text(packet.avps, codec.ERROR_MESSAGE).split())[:_LONGEST_WORDS],
        origin=codec.text(packet.avps, codec.ORIGIN_HOST),
        remaining=read_money(balance) if balance else None,
    )


def sent_outcome(answer: Answer, reference: str, server: str) -> Sent:
    """What the answer to a first send means. server: of whom a "too busy" is the word of the one who would charge.

    UNABLE_TO_DELIVER (3002) is no certain no: a relay says it also when it lost, and could not replace, the link over
    which the request had gone on (RFC 6733 §5.5.4).
    """
    if answer.code in _NEVER_WENT_ON or (answer.code == TOO_BUSY and answer.origin == server):
        return NotSent(_detail(answer))
    return found_outcome(answer, reference)


def found_outcome(answer: Answer, reference: str) -> Found:
    """What the answer to a repeated request means; a protocol error tells nothing about the first one."""
    if answer.code == codec.SUCCESS:
        return Activated(reference)
    if reason := _REFUSALS.get(answer.code):
        return Refused(reason, _detail(answer), reference)
    return OutcomeUnknown(_detail(answer))


def given_back(outcome: Sent) -> Refunded | Refused | NotSent | OutcomeUnknown:
    """The same of a refund."""
    return Refunded(outcome.reference) if isinstance(outcome, Activated) else outcome


def read_wallet(answer: Answer, currency: str) -> Wallet:
    """What a balance check says; RFC 8506 tells whether there is enough, never how much. Raises UnreadablePacket."""
    if answer.remaining is None or answer.remaining[1] != numeric_code(currency):
        return Wallet(None, ())
    try:
        return Wallet(Money(to_minor(answer.remaining[0], currency), currency), ())
    except ValueError as error:
        raise UnreadablePacket(str(error)) from None


def _worst(code: int, avps: Sequence[Any]) -> int:
    """A service's own Result-Code counts where the whole is told as done (RFC 8506 §8.16)."""
    parts = [codec.number(part, codec.RESULT_CODE) for part in codec.values(avps, SERVICES)]
    return next((part for part in (code, *parts) if part not in {None, codec.SUCCESS}), None) or code


def _detail(answer: Answer) -> str:
    return f"Diameter {answer.code} {answer.words}".strip()


def _end_to_end(session: str) -> int:
    """32 bits of the session (RFC 6733 §3); an answer is known by its session, so two alike do no harm."""
    return int.from_bytes(hashlib.sha256(session.encode()).digest()[-4:], "big")
