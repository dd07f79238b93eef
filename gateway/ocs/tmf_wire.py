"""The TM Forum wire without a socket: TMF622 Product Ordering 4.0, and the adjustments of TMF654 Prepay Balance 4.0.

Formats the order that ``purchase`` posts and the refund, and reads orders, balance actions and errors; accounts are in
``tmf_wallet``. Everything here is pure; what cannot be read raises ``UnreadableAnswer``, whose text never quotes a
subscriber.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.frozen import dataclass
from flows.purchase import REFUND
from flows.values import OrderKey
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
from gateway.ocs.currency import to_major

BUCKETS = "/tmf-api/prepayBalanceManagement/v4/bucket"
ADJUSTMENTS = "/tmf-api/prepayBalanceManagement/v4/adjustBalance"
ACTIONS = "/tmf-api/prepayBalanceManagement/v4/balanceActionHistory"
PRODUCT_ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
CONTENT_TYPE = "application/json;charset=utf-8"

_RUNNING = frozenset({"acknowledged", "pending", "inprogress"})
REFUSED = frozenset({"rejected", "failed", "cancelled"})
DONE = frozenset({"completed", "created"})
"""Of an adjustment: created is what most servers answer, and the history shows it with the bucket changed."""
_LONGEST_WORDS = 300


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


def refund_shown(items: Sequence[Mapping[str, object]]) -> OrderKey | None:
    """A key that a refund of ours has left among balance actions; None where there is none."""
    keys = (str(item.get("description") or "") for item in items)
    return next((OrderKey(key) for key in keys if key.startswith(REFUND)), None)


def choose_refund(items: Sequence[Mapping[str, object]], key: OrderKey) -> FindRefundOutcome:
    """What the balance actions say of the refund with this key (TMF654 BalanceAction): done counts before failed."""
    found = [item for item in items if item.get("description") == key]
    for item in found:
        if str(item.get("status", "completed")).lower() in DONE:
            return Refunded(str(item.get("id", "")))
    if any(str(item.get("status", "")).lower() not in REFUSED for item in found):
        return OutcomeUnknown("the refund is on its way", silent=False)
    return Refused("rejected", "the charging system did not carry the refund out") if found else NotFound()


def read_adjustment(body: bytes, key: OrderKey) -> RefundOutcome:
    """What the answer to a posted adjustment says. Raises UnreadableAnswer."""
    item = read_json(body)
    if not isinstance(item, dict):
        raise UnreadableAnswer("the answer is not an object")
    found = choose_refund([{"description": key, **item}], key)
    return OutcomeUnknown("the answer is about another refund") if isinstance(found, NotFound) else found


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
    if state in REFUSED:
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
