"""The TM Forum wire without a socket: TMF622 Product Ordering 4.0 and TMF654 Prepay Balance 4.0.

Formats the order that ``purchase`` posts, and reads buckets, orders and errors. Everything here is pure;
what cannot be read raises ``UnreadableAnswer``, whose text never quotes a subscriber.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn, OrderKey, Unit, Wallet
from gateway.core.ports import (
    Activated,
    FindOutcome,
    FindRefundOutcome,
    NotFound,
    OutcomeUnknown,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Refused,
    StillRunning,
)
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.currency import to_major, to_minor, whole
from gateway.ocs.tmf_traits import bucket_traits

BUCKETS = "/tmf-api/prepayBalanceManagement/v4/bucket"
ADJUSTMENTS = "/tmf-api/prepayBalanceManagement/v4/adjustBalance"
ACTIONS = "/tmf-api/prepayBalanceManagement/v4/balanceActionHistory"
PRODUCT_ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
CONTENT_TYPE = "application/json;charset=utf-8"

_RUNNING = frozenset({"acknowledged", "pending", "inprogress"})
_REFUSED = frozenset({"rejected", "failed", "cancelled"})
_DONE = frozenset({"completed", "created"})
"""Of an adjustment: created is what most servers answer, and the history shows it with the bucket changed."""
_LONGEST_WORDS = 300
_DEBT = "AdvanceDebt"

_BYTE, _SECOND, _MESSAGE = Unit.BYTE, Unit.SECOND, Unit.MESSAGE
_UNITS: dict[str, tuple[Unit, int]] = {
    **dict.fromkeys(("b", "byte", "bytes", "octet", "octets"), (_BYTE, 1)),
    **dict.fromkeys(("kb", "kib", "kilobyte", "kilobytes", "kbyte", "kbytes"), (_BYTE, 1024)),
    **dict.fromkeys(("mb", "mib", "megabyte", "megabytes", "mbyte", "mbytes"), (_BYTE, 1024**2)),
    **dict.fromkeys(("gb", "gib", "gigabyte", "gigabytes", "gbyte", "gbytes"), (_BYTE, 1024**3)),
    **dict.fromkeys(("tb", "tib", "terabyte", "terabytes"), (_BYTE, 1024**4)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), (_SECOND, 1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), (_SECOND, 60)),
    **dict.fromkeys(("h", "hour", "hours"), (_SECOND, 3600)),
    **dict.fromkeys(("sms", "msg", "message", "messages"), (_MESSAGE, 1)),
}

# Looked for in this order in the charging system's words, once these are lower case and split into single words.
_SUBSCRIBER = r"(?:subscriber|msisdn|customer|account|party|individual|suscriptor|abonado|cliente|assinante)"
_REASONS = (
    (
        "insufficient_funds",
        re.compile(
            r"(?:insufficient|not enough|insuficientes?|low|no|sin|sem) (?:\w+ )?"
            r"(?:funds?|balance|credit|money|saldo|fondos|fundos)"
            r"|(?:funds?|balance|credit|saldo|fondos) (?:\w+ )?(?:insufficient|insuficientes?|(?:too|is) low)"
            r"|credit limit"
        ),
    ),
    (
        "unknown_subscriber",
        re.compile(
            rf"(?:unknown|invalid|no such|desconocid[oa]|desconhecid[oa]) {_SUBSCRIBER}"
            rf"|{_SUBSCRIBER} (?:\w+ )?(?:unknown|not found|not known|does not exist|not exist|no existe|desconocid[oa]"
            r"|desconhecid[oa]|inexistente)"
        ),
    ),
    ("not_eligible", re.compile(r"not eligible|ineligible|eligibility|no elegible|não elegível")),
)
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s_\-:.,;/]+")


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """One productOrder as it was read. words: notes and cancellation reason."""

    key: str
    reference: str
    state: str
    words: str


# ── writing ──────────────────────────────────────────────────────────────────


def format_order(request: PurchaseRequest, product_offering: str) -> bytes:
    """The body of ``POST …/productOrder`` (TMF622 ProductOrder_Create).

    A float written by json shows the shortest digits that read back the same, so up to 15 digits are exact.
    """
    price = {
        "unit": request.price.currency,
        "value": float(to_major(request.price.amount, request.price.currency)),
    }
    item = {
        "id": "1",
        "action": "add",
        "quantity": 1,
        "productOffering": {"id": product_offering},
        "itemPrice": [{"priceType": "oneTime", "price": {"taxIncludedAmount": price}}],
        "product": {"realizingResource": [{"id": request.beneficiary}]},
    }
    order = {
        "externalId": request.key,
        "channel": [{"id": request.channel, "name": request.channel}],
        "relatedParty": [{"id": request.payer, "role": "customer", "@referredType": "Individual"}],
        "productOrderItem": [item],
    }
    return json.dumps(order).encode()


def format_refund(request: RefundRequest, bucket: str) -> bytes:
    """The body of ``POST …/adjustBalance`` (TMF654 AdjustBalance_Create): our key stands in its description.

    The resource has no external id, so whether it happened is read from balanceActionHistory.
    """
    price = request.order.price
    adjustment = {
        "description": request.key,
        "reason": f"refund of {request.order.key}",
        "adjustType": "oneTime",
        "usageType": "monetary",
        "amount": {"amount": float(to_major(price.amount, price.currency)), "units": price.currency},
        "bucket": {"id": bucket},
        "logicalResource": [{"id": request.order.payer}],
    }
    return json.dumps(adjustment).encode()


# ── reading ──────────────────────────────────────────────────────────────────


def read_list(body: bytes) -> Sequence[Mapping[str, object]]:
    """The JSON objects listed in ``body``. Raises UnreadableAnswer."""
    items = read_json(body)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnreadableAnswer("the answer is not a list of objects")
    return items


def read_wallet(items: Sequence[Mapping[str, object]], msisdn: Msisdn, currency: str, now: datetime) -> Wallet:
    """The wallet that a list of TMF654 buckets amounts to.

    Left out: buckets of another subscriber (a server may ignore the filter), not active, ended or not yet begun,
    in another currency, or in a unit that is not known. A monetary bucket whose ``@type`` is AdvanceDebt is what was
    advanced and is taken back. Raises UnreadableAnswer.
    """
    balance: int | None = None
    debt = 0
    buckets: list[Bucket] = []
    for item in items:
        if not _is_usable(item, msisdn, now):
            continue
        if item.get("usageType") == "monetary" and item.get("@type") == _DEBT:
            debt += abs(_money(item, currency) or 0)
        elif item.get("usageType") == "monetary":
            amount = _money(item, currency)
            balance = balance if amount is None else (balance or 0) + amount
        elif bucket := _bucket(item):
            buckets.append(bucket)
    money = None if balance is None else Money(balance, currency)
    return Wallet(money, tuple(buckets), Money(debt, currency) if debt else None)


def read_event_bucket(item: Mapping[str, object], currency: str) -> tuple[Money | None, Bucket | None, datetime | None]:
    """What one bucket of an event holds, money or something else, and when it began. Raises UnreadableAnswer.

    currency: of money whose unit is left out; one in another is told as it is.
    """
    if item.get("usageType") == "monetary":
        value, unit = _quantity(item)
        held_in = unit or currency
        return Money(to_minor(value, held_in), held_in), None, None
    return None, _bucket(item), _moment(item, "startDateTime")


def money_bucket(items: Sequence[Mapping[str, object]], msisdn: Msisdn, currency: str, now: datetime) -> str | None:
    """The id of the account's first monetary bucket in this currency; None if there is none."""
    for item in items:
        if _is_usable(item, msisdn, now) and item.get("usageType") == "monetary" and item.get("@type") != _DEBT:
            ident = item.get("id")
            if isinstance(ident, str) and ident and _money(item, currency) is not None:
                return ident
    return None


def choose_refund(items: Sequence[Mapping[str, object]], key: OrderKey) -> FindRefundOutcome:
    """What the balance actions say of the refund with this key (TMF654 BalanceAction): done counts before failed."""
    found = [item for item in items if item.get("description") == key]
    for item in found:
        if str(item.get("status", "completed")).lower() in _DONE:
            return Refunded(str(item.get("id", "")))
    if any(str(item.get("status", "")).lower() not in _REFUSED for item in found):
        return OutcomeUnknown("the refund is on its way", silent=False)
    return Refused("rejected", "the charging system did not carry the refund out") if found else NotFound()


def read_adjustment(body: bytes, key: OrderKey) -> RefundOutcome:
    """What the answer to a posted adjustment says. Raises UnreadableAnswer."""
    item = read_json(body)
    if not isinstance(item, dict):
        raise UnreadableAnswer("the answer is not an object")
    found = choose_refund([{"description": key, **item}], key)
    return OutcomeUnknown("the answer is about another refund") if isinstance(found, NotFound) else found


def _is_usable(item: Mapping[str, object], msisdn: Msisdn, now: datetime) -> bool:
    owners = item.get("logicalResource")
    if isinstance(owners, list) and owners and not any(_is_resource(owner, msisdn) for owner in owners):
        return False
    if str(item.get("status", "active")).lower() != "active":
        return False
    begins, ends = _moment(item, "startDateTime"), _moment(item, "endDateTime")
    return (begins is None or begins <= now) and (ends is None or ends > now)


def _is_resource(owner: object, msisdn: Msisdn) -> bool:
    return isinstance(owner, dict) and str(owner.get("id", "")).removeprefix("tel:").removeprefix("+") == msisdn


def _money(item: Mapping[str, object], currency: str) -> int | None:
    value, unit = _quantity(item)
    return to_minor(value, currency) if unit in {"", currency} else None


def _bucket(item: Mapping[str, object]) -> Bucket | None:
    value, unit = _quantity(item)
    known = _UNITS.get(unit.lower()) or ((_MESSAGE, 1) if item.get("usageType") == "sms" and not unit else None)
    if known is None:
        return None
    counted_in, factor = known
    ends, name = _moment(item, "endDateTime"), item.get("name")
    return Bucket(
        id=str(item.get("id", "")),
        unit=counted_in,
        remaining=_whole(value * factor),
        expires_at=ends,
        name=name if isinstance(name, str) else "",
        **bucket_traits(item),
    )


def _quantity(item: Mapping[str, object]) -> tuple[Decimal, str]:
    quantity = item.get("remainingValue")
    if not isinstance(quantity, dict):
        raise UnreadableAnswer("a bucket has no remainingValue")
    amount, unit = quantity.get("amount"), quantity.get("units")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal | str):
        raise UnreadableAnswer("the remainingValue of a bucket has no amount")
    try:
        value = Decimal(amount)
        _whole(value)
    except ArithmeticError as error:
        raise UnreadableAnswer("the amount of a bucket is not a number") from error
    return value, unit if isinstance(unit, str) else ""


def _whole(value: Decimal) -> int:
    try:
        return whole(value)
    except ValueError as error:
        raise UnreadableAnswer(str(error)) from error


def _moment(item: Mapping[str, object], edge: str) -> datetime | None:
    valid_for = item.get("validFor")
    text = valid_for.get(edge) if isinstance(valid_for, dict) else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UnreadableAnswer(f"the {edge} of a bucket is not a date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_order(item: object) -> OrderSeen:
    """One TMF622 ProductOrder. Raises UnreadableAnswer."""
    if not isinstance(item, dict) or not isinstance(item.get("id", ""), str):
        raise UnreadableAnswer("the answer is not a product order")
    return OrderSeen(
        key=str(item.get("externalId") or ""),
        reference=item.get("id", ""),
        state=str(item.get("state") or ""),
        words=_words(item),
    )


def _words(item: Mapping[str, object]) -> str:
    notes = item.get("note")
    texts = [note.get("text") for note in notes if isinstance(note, dict)] if isinstance(notes, list) else []
    return _one_line([*texts, item.get("cancellationReason")])


def _one_line(texts: Sequence[object]) -> str:
    return " ".join("; ".join(text for text in texts if isinstance(text, str) and text).split())[:_LONGEST_WORDS]


def order_outcome(order: OrderSeen) -> Activated | Refused | StillRunning:
    """What the state of an order means for the charge.

    held, partial, the two cancellation states and words that the file does not list settle nothing: a person may
    have to look, and until then asking again is the only safe step.
    """
    state = order.state.lower()
    if state == "completed":
        return Activated(order.reference)
    if state in _REFUSED:
        return Refused(reason_of(order.words), order.words or order.state, order.reference)
    if state in _RUNNING:
        return StillRunning(order.reference)
    return StillRunning(order.reference, f"state {order.state or 'missing'}")


def choose(orders: Sequence[OrderSeen], key: OrderKey) -> FindOutcome:
    """What all orders under one key amount to: a completed one wins, then one still open, then a refusal.

    The count of several is told in ``detail`` (``Activated`` has none: the caller logs it).

    An order without externalId could be ours, so it makes a "no" uncertain.
    """
    ours = [order for order in orders if order.key == key]
    if not ours:
        return (
            OutcomeUnknown("an order without externalId is listed", silent=False)
            if _any_unnamed(orders)
            else NotFound()
        )
    outcome = min((order_outcome(order) for order in ours), key=_rank)
    if len(ours) == 1 or isinstance(outcome, Activated):
        return outcome
    return replace(outcome, detail=f"{outcome.detail} ({len(ours)} orders under one key)".strip())


def _any_unnamed(orders: Sequence[OrderSeen]) -> bool:
    return any(not order.key for order in orders)


def _rank(outcome: Activated | Refused | StillRunning) -> int:
    return (Activated, StillRunning, Refused).index(type(outcome))


def read_error(body: bytes) -> str:
    """The words of a TMF630 Error, on one line; empty where there are none."""
    try:
        error = read_json(body)
    except UnreadableAnswer:
        return ""
    if not isinstance(error, dict):
        return ""
    return _one_line([error.get("reason"), error.get("message"), error.get("code")])


def reason_of(words: str) -> str:
    """Our stable reason code for the charging system's words."""
    text = " ".join(part for part in _WORD_BREAK.split(words) if part).lower()
    return next((reason for reason, pattern in _REASONS if pattern.search(text)), "rejected")
