"""The server's side of UCIP, without a socket: reads calls, writes what an AIR would answer.

Written apart from the client's side (``gateway/ocs/ucip_wire.py``), so a mistake in one is not mirrored in the other.
One minor unit of money is one unit of an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from xmlrpc.client import DateTime

from flows.catalogue import Bundle, Catalogue
from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn, Unit, parse_msisdn
from gateway.ocs.ucip_sales import sales_of
from gateway.ocs.xml_rpc import Fault, NotXmlRpc, read_call
from gateway.simulators.ocs_ledger import Order

METHODS = ("GetBalanceAndDate", "GetOffers", "Refill", "UpdateBalanceAndDate", "UpdateOffer", "DeleteOffer")
DONE, OTHER_ERROR, NOT_FOUND = 0, 100, 102
_USED_BY_SAME, _USED_BY_OTHER, _NO_SUCH_VOUCHER, _NO_SUCH_OFFER = 107, 108, 109, 214
_TRANSACTION = re.compile(r"[0-9]{1,20}")
_AMOUNT = re.compile(r"-?[0-9]{1,12}")
_UNIT_TYPES = {Unit.SECOND: 0, Unit.MESSAGE: 5, Unit.BYTE: 6}
_WORDS = {"insufficient balance": 124, "unknown product offering": 120, "price not in": 123}
_BARRED = 103


class BadCall(Exception):  # told to the caller as a fault
    """A call that is no UCIP. fault: what the caller is answered."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.fault = Fault(code, words)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. identity: what makes it a repeat of another: node type, host, transaction and time stamp.

    msisdn: None for a number that nobody can have.
    """

    method: str
    identity: tuple[str, str, str, str]
    msisdn: Msisdn | None
    members: Mapping[str, object]

    @property
    def transaction(self) -> str:
        """``originTransactionID``."""
        return self.identity[2]


def offerings_of(catalogue: Catalogue) -> dict[str, Bundle]:
    """What each refill profile, and each amount on a dedicated account, stands for. Raises ConfigError."""
    sales = sales_of(catalogue)
    return {
        sale.profile or _granted(sale.account, sale.units): bundle
        for bundle in catalogue.bundles
        if (sale := sales.get(bundle.id))
    }


def parse(body: bytes) -> Call:
    """The call in ``body``. Raises BadCall."""
    try:
        method, members = read_call(body)
    except NotXmlRpc as error:
        raise BadCall(1000, f"Illegal request message: {error}") from None
    if method not in METHODS:
        raise BadCall(1004, "Unknown operation")
    texts = [_text(members, name) for name in ("originNodeType", "originHostName", "originTransactionID")]
    if not _TRANSACTION.fullmatch(texts[2]) or not 1 <= len(texts[0]) <= 8 or not texts[1]:
        raise BadCall(1003, "Data out of bounds")
    stamp = members.get("originTimeStamp")
    if stamp is None:
        raise BadCall(1001, "Mandatory field missing: originTimeStamp")
    try:
        dated = isinstance(stamp, DateTime) and datetime.strptime(str(stamp), "%Y%m%dT%H:%M:%S%z")
    except ValueError:
        dated = False
    msisdn = _text(members, "subscriberNumber")
    if not dated or not msisdn.isdecimal():
        raise BadCall(1002, "Illegal data type")
    return Call(method, (texts[0], texts[1], texts[2], str(stamp)), parse_msisdn(msisdn), members)


def refill(call: Call, ident: str, at: datetime) -> Order:
    """The order in a voucherless Refill, whose profile takes the price from the main account. Raises BadCall."""
    profile = _text(call.members, "refillProfileID")
    return _order(call, ident, profile, _amount(call.members, "transactionAmount"), at)


def adjustment(call: Call, ident: str, at: datetime) -> Order | int:
    """The order in an UpdateBalanceAndDate that debits and grants, or the credit that it gives. Raises BadCall."""
    change = _amount(call.members, "adjustmentAmountRelative")
    granted = call.members.get("dedicatedAccountUpdateInformation")
    if granted is None:
        if change < 0:
            raise BadCall(1003, "Data out of bounds: a debit without a grant is nothing here")
        return change
    if not isinstance(granted, list) or len(granted) != 1 or not isinstance(granted[0], dict) or change > 0:
        raise BadCall(1003, "Data out of bounds: one dedicated account, and a debit, is what is known here")
    account = granted[0].get("dedicatedAccountID")
    offering = _granted(account, _amount(granted[0], "adjustmentAmountRelative"))
    return _order(call, ident, offering, -change, at)


def voucher_of(call: Call) -> str | None:
    """The PIN in a Refill by voucher; None in one without. Raises BadCall."""
    return _text(call.members, "voucherActivationCode") if "voucherActivationCode" in call.members else None


def against_voucher(used_by: Msisdn | None, call: Call) -> int:
    """The code for a voucher that cannot be used. used_by: None for one that there is not."""
    if used_by is None:
        return _NO_SUCH_VOUCHER
    return _USED_BY_SAME if used_by == call.msisdn else _USED_BY_OTHER


def switched(call: Call, offer: object) -> bool | int:
    """Whether an UpdateOffer gives this offer or a DeleteOffer takes it; the code for any other."""
    return call.method == "UpdateOffer" if call.members.get("offerID") == offer else _NO_SUCH_OFFER


def key_of(call: Call) -> str:
    """The sender's key, ``externalData1``."""
    return str(call.members.get("externalData1", ""))


def code_of(order: Order) -> int:
    """The response code that an order's state is."""
    if order.state == "completed":
        return DONE
    if order.state != "rejected":
        return OTHER_ERROR
    return next((code for words, code in _WORDS.items() if order.note.startswith(words)), _BARRED)


def answer(call: Call, code: int, **members: object) -> dict[str, object]:
    """What every answer has, and ``members``."""
    return {"responseCode": code, "originTransactionID": call.transaction, **members}


def money(balance: int, currency: str) -> dict[str, object]:
    """The main account."""
    return {"currency1": currency, "accountValue1": str(balance)}


def dedicated_accounts(buckets: Iterable[Bucket], offers: Mapping[str, int]) -> list[dict[str, object]]:
    """Each bucket as an account of its own. offers: by the bucket's name."""
    found = []
    for number, bucket in enumerate(buckets, start=1):
        one: dict[str, object] = {
            "dedicatedAccountID": number,
            "dedicatedAccountValue1": str(bucket.remaining),
            "dedicatedAccountUnitType": _UNIT_TYPES[bucket.unit],
        }
        if bucket.expires_at:
            one["expiryDate"] = DateTime(f"{bucket.expires_at.astimezone(UTC):%Y%m%d}T12:00:00+0000")
        if bucket.name in offers:
            one["offerID"] = offers[bucket.name]
        found.append(one)
    return found


def offers(granted: Sequence[tuple[int, datetime, datetime]]) -> list[dict[str, object]]:
    """Timer offers: id, start and end."""
    return [
        {"offerID": ident, "offerType": 2, "startDateTime": _stamp(starts), "expiryDateTime": _stamp(ends)}
        for ident, starts, ends in granted
    ]


def _order(call: Call, ident: str, offering: str, units: int, at: datetime) -> Order:
    if units < 0 or call.msisdn is None:
        raise BadCall(1003, "Data out of bounds")
    price = Money(units, _text(call.members, "transactionCurrency"))
    return Order(ident, key_of(call), call.msisdn, call.msisdn, offering, price, at)


def _granted(account: object, units: int) -> str:
    return f"account {account}: {units}"


def _stamp(at: datetime) -> DateTime:
    return DateTime(f"{at.astimezone(UTC):%Y%m%dT%H:%M:%S}+0000")


def _text(members: Mapping[str, object], name: str) -> str:
    if name not in members:
        raise BadCall(1001, f"Mandatory field missing: {name}")
    found = members[name]
    if not isinstance(found, str):
        raise BadCall(1002, f"Illegal data type: {name}")
    return found


def _amount(members: Mapping[str, object], name: str) -> int:
    text = _text(members, name)
    if not _AMOUNT.fullmatch(text):
        raise BadCall(1003, f"Data out of bounds: {name}")
    return int(text)
