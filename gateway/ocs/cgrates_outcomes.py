"""What the marker in a CGRateS account means for an order or a refund; pure."""

from __future__ import annotations

from decimal import Decimal

from flows.values import OrderKey
from gateway.core.ports import Activated, NotFound, OutcomeUnknown, Refunded, Refused
from gateway.ocs.answers import for_a_person
from gateway.ocs.cgrates_sets import marker
from gateway.ocs.cgrates_wire import AccountSeen

UNKNOWN_SUBSCRIBER = Refused("unknown_subscriber", "the charging system has no account for this subscriber")
NO_MARKER = OutcomeUnknown("the charging system ran the order and left no marker", silent=False)
_HALF_WAY = for_a_person("the charging system stopped half-way through the order: a person must look at the account")


def order_outcome(
    account: AccountSeen, key: OrderKey, price: Decimal, money: Decimal
) -> Activated | Refused | NotFound | OutcomeUnknown:
    """What became of an order. price, and money that can be used now: in CGRateS units."""
    seen = marker(account, key)
    match seen.standing:
        case "done":
            return Activated(seen.reference)
        case "absent":
            return NotFound()
        case "half-way":
            return _HALF_WAY
        case "never" if money < price:
            return Refused("insufficient_funds", "the usable money is less than the price", seen.reference)
        case "never":
            detail = "the order ran when the money was not there, and cannot run again"
            return Refused("rejected", detail, seen.reference)


def refund_outcome(account: AccountSeen, key: OrderKey) -> Refunded | Refused | NotFound | OutcomeUnknown:
    """What became of a refund; it pays only what the order's marker says was charged."""
    seen = marker(account, key)
    match seen.standing:
        case "done":
            return Refunded(seen.reference)
        case "absent":
            return NotFound()
        case "half-way":
            return _HALF_WAY
        case "never":
            return Refused("rejected", "the account has no sign that the order was charged", seen.reference)
