"""UCIP without a socket: what is sent to an Ericsson AIR, and what its answers to a charge mean.

Source: AIR Programmer's Guide, UCIP 5.0. A charge is one message that debits and grants: ``Refill`` with a profile that
the operator has set up so, or ``UpdateBalanceAndDate`` (main account down, dedicated account up). Amounts are whole
numbers written as texts. What cannot be read raises ``UnreadableAnswer``, whose text never quotes a subscriber.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from xmlrpc.client import DateTime

from flows.frozen import dataclass
from flows.values import Msisdn, OrderKey
from gateway.core.ports import NotSent, OutcomeUnknown, PurchaseRequest, RefundRequest, Refused
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.ucip_sales import Sale
from gateway.ocs.xml_rpc import Fault, Members, NotXmlRpc, read_answer, write_call

PATH = "/Air"
CONTENT_TYPE = "text/xml"
BALANCE, OFFERS, REFILL, ADJUST = "GetBalanceAndDate", "GetOffers", "Refill", "UpdateBalanceAndDate"
GIVE_OFFER, TAKE_OFFER = "UpdateOffer", "DeleteOffer"
UNKNOWN_SUBSCRIBER = 102

_EVERY_OFFER = "11111000"
"""Account, multi-user, timer, provider and shared offers (§7.121); left out, only the first kind is told."""
_TWENTY_DIGITS = 10**19
_MOST_UNITS = 999_999_999_999
_FIRST_ERROR = 100
"""Smaller codes are successes (§7.173): 1 and 2 say that a period of the account is over."""
_OVERLOAD = 1007
LONGEST_EXTERNAL = 128

_REFUSALS = {
    102: ("unknown_subscriber", "subscriber not found"),
    103: ("not_eligible", "account barred from refill"),
    104: ("not_eligible", "temporary blocked"),
    105: ("rejected", "dedicated account not allowed"),
    106: ("insufficient_funds", "dedicated account negative"),
    107: ("wrong_voucher", "voucher used by same"),
    108: ("wrong_voucher", "voucher used by different"),
    109: ("wrong_voucher", "voucher unavailable"),
    110: ("wrong_voucher", "voucher expired"),
    111: ("wrong_voucher", "voucher stolen or missing"),
    112: ("wrong_voucher", "voucher damaged"),
    114: ("wrong_voucher", "voucher type not accepted"),
    115: ("not_eligible", "refill not accepted"),
    117: ("not_eligible", "service class change not allowed"),
    120: ("rejected", "invalid refill profile"),
    121: ("rejected", "supervision period too long"),
    122: ("rejected", "service fee period too long"),
    123: ("rejected", "max credit limit exceeded"),
    124: ("insufficient_funds", "below minimum balance"),
    126: ("not_eligible", "account not active"),
    136: ("rejected", "date adjustment error"),
    139: ("rejected", "dedicated account not defined"),
    153: ("rejected", "dedicated account max credit limit exceeded"),
    160: ("not_eligible", "operation not allowed from current location"),
    167: ("rejected", "invalid unit type"),
    176: ("not_eligible", "refill denied, first IVR call not made"),
    177: ("not_eligible", "refill denied, account not active"),
    178: ("not_eligible", "refill denied, service fee period expired"),
    179: ("not_eligible", "refill denied, supervision period expired"),
    214: ("rejected", "offer not defined"),
    260: ("rejected", "capability not available"),
}
"""Codes after which surely nothing was charged (§7.173; to be confirmed with the operator). All others are doubts."""

_NOT_UNDERSTOOD = frozenset({1000, 1001, 1002, 1003, 1004, -32700, -32701, -32702, -32600, -32601, -32602})
"""Faults of a request that was never carried out: AIR's own (§7.95) and those of XML-RPC parsers."""


class NotPayable(ValueError):
    """A price that the account's unit cannot express."""


@dataclass(frozen=True, slots=True)
class Caller:
    """As whom we call, and in what money. units_per_minor: what one minor unit is in the account's smallest unit."""

    node_type: str
    host_name: str
    units_per_minor: Decimal = Decimal(1)

    def units(self, amount: int) -> str:
        """``amount`` minor units as the wire has them. Raises NotPayable."""
        units = amount * self.units_per_minor
        if units != units.to_integral_value() or not 0 <= units <= _MOST_UNITS:
            raise NotPayable("the price is no whole amount in the unit of the account")
        return str(int(units))


def transaction_id(key: OrderKey) -> str:
    """The ``originTransactionID`` of an order or refund: twenty digits, the longest there is (§7.128), always the same.

    A hash: of n keys some two fall together with odds of n²/1.8·10²⁰, so 0.6 % among a thousand million. Where it
    matters they would also have to be of one second, as the time stamp is the order's.
    """
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest())
    return str(_TWENTY_DIGITS + digest % (9 * _TWENTY_DIGITS))


# ── writing ──


def format_question(caller: Caller, method: str, msisdn: Msisdn, transaction: str, at: datetime) -> bytes:
    """``GetBalanceAndDate`` or ``GetOffers``."""
    members = common(caller, msisdn, transaction, at)
    if method == OFFERS:
        members |= {"offerRequestedTypeFlag": _EVERY_OFFER, "requestInactiveOffersFlag": True}
    return write_call(method, members)


def format_sale(caller: Caller, request: PurchaseRequest, sale: Sale, at: datetime) -> bytes:
    """The message that charges and grants; the same order gives the same bytes. Raises NotPayable."""
    units = caller.units(request.price.amount)
    members = common(caller, request.payer, transaction_id(request.key), at) | {
        "transactionCurrency": request.price.currency,
        "transactionType": "CHASQUI",
        "transactionCode": request.channel.upper(),
        "externalData1": request.key[:LONGEST_EXTERNAL],
    }
    if sale.profile:
        members |= {
            "transactionAmount": units,
            "refillProfileID": sale.profile,
            "requestRefillAccountBeforeFlag": True,
            "requestRefillAccountAfterFlag": True,
        }
        return write_call(REFILL, members)
    granted: dict[str, object] = {
        "dedicatedAccountID": sale.account,
        "adjustmentAmountRelative": str(sale.units),
        "expiryDate": _stamp(at + sale.validity),
    }
    if sale.unit_type is not None:
        granted["dedicatedAccountUnitType"] = sale.unit_type
    members |= {"adjustmentAmountRelative": f"-{units}", "dedicatedAccountUpdateInformation": [granted]}
    return write_call(ADJUST, members)


def format_refund(caller: Caller, request: RefundRequest, at: datetime) -> bytes:
    """The credit to the main account. Raises NotPayable."""
    order = request.order
    members = common(caller, order.payer, transaction_id(request.key), at) | {
        "transactionCurrency": order.price.currency,
        "adjustmentAmountRelative": caller.units(order.price.amount),
        "transactionType": "CHASQUI",
        "transactionCode": "REFUND",
        "externalData1": request.key[:LONGEST_EXTERNAL],
        "externalData2": order.key[:LONGEST_EXTERNAL],
    }
    return write_call(ADJUST, members)


def common(caller: Caller, msisdn: Msisdn, transaction: str, at: datetime) -> dict[str, object]:
    """What every call carries."""
    return {
        "originNodeType": caller.node_type,
        "originHostName": caller.host_name,
        "originTransactionID": transaction,
        "originTimeStamp": _stamp(at),
        "subscriberNumber": msisdn,
    }


def _stamp(at: datetime) -> DateTime:
    return DateTime(f"{at.astimezone(UTC):%Y%m%dT%H:%M:%S}+0000")


# ── reading ──


def read(body: bytes, transaction: str) -> Members | Fault:
    """The answer to the message with this id. Raises UnreadableAnswer."""
    try:
        answer = read_answer(body)
    except NotXmlRpc as error:
        raise UnreadableAnswer(str(error)) from None
    if isinstance(answer, Fault):
        return answer
    if answer.get("originTransactionID", transaction) != transaction:
        raise UnreadableAnswer("the answer is about another transaction")
    return answer


def code_of(answer: Members) -> int:
    """The ``responseCode``. Raises UnreadableAnswer."""
    code = answer.get("responseCode")
    if isinstance(code, bool) or not isinstance(code, int) or code < 0:
        raise UnreadableAnswer("the answer has no responseCode")
    return code


def succeeded(code: int) -> bool:
    """Whether the message was carried out."""
    return code < _FIRST_ERROR


def judged(answer: Members | Fault) -> Refused | NotSent | OutcomeUnknown | None:
    """What an answer to a charge or refund says against it; None: it was carried out. Raises UnreadableAnswer."""
    if isinstance(answer, Fault):
        return _fault(answer)
    code = code_of(answer)
    if succeeded(code):
        return None
    if refusal := _REFUSALS.get(code):
        reason, words = refusal
        return Refused(reason, f"{code} {words}")
    return OutcomeUnknown(f"the AIR answered with response code {code}")


def _fault(fault: Fault) -> Refused | NotSent | OutcomeUnknown:
    # Its words may quote the subscriber.
    if fault.code in _NOT_UNDERSTOOD:
        return Refused("rejected", f"the AIR did not understand the request (fault {fault.code})")
    if fault.code == _OVERLOAD:
        return NotSent("the AIR is overloaded (fault 1007)")
    return OutcomeUnknown(f"the AIR answered with fault {fault.code}")


def taken(answer: Members, currency: str) -> Decimal | None:
    """Units by which a refill made the main account in this currency smaller; None where that is not told."""
    before, after = (account_value(answer, f"account{when}Refill", currency) for when in ("Before", "After"))
    return None if before is None or after is None else before - after


def account_value(answer: Members, struct: str, currency: str) -> Decimal | None:
    """Units on the main account in this currency; struct: the member where it stands, empty for the answer itself.

    Raises UnreadableAnswer.
    """
    within = answer.get(struct, {}) if struct else answer
    if not isinstance(within, dict):
        raise UnreadableAnswer(f"{struct} is no struct")
    for number in ("1", "2"):  # an account may be told in two currencies
        named = within.get(f"currency{number}", answer.get(f"currency{number}", currency if number == "1" else None))
        if named == currency and f"accountValue{number}" in within:
            return amount(within[f"accountValue{number}"], f"accountValue{number}")
    return None


def amount(value: object, what: str) -> Decimal:
    """A whole number as AIR writes it, a text. Raises UnreadableAnswer."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    digits = text.removeprefix("-").removeprefix("+") if text[:2] not in {"-+", "+-"} else ""
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(2**63)):
        raise UnreadableAnswer(f"{what} is no whole number")
    return Decimal(text)
