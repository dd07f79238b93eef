"""Whether a refund is owed: what was not charged is not given back, whoever asks for it.

The charging system has said of a confirmed order that it charged; so has it of one that reconciliation found to be
charged, or charged too much, and of one whose balance fell and whose bundle is not there. About any other it is asked
first. Where to ask would be to charge (UCIP, Diameter), and where the answer is not clear, it is left to a person.
"""

from __future__ import annotations

from datetime import timedelta

from flows.frozen import dataclass
from flows.purchase import NOT_CHARGED, NOT_GRANTED
from flows.records import Order
from flows.refund import is_whole
from gateway.core.context import Context
from gateway.core.order_calls import find
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    StillRunning,
)
from gateway.errors import OcsError, OcsUnavailable
from store import orders, reconciliations
from store.orders import OrderView

_ASKED_FOR = timedelta(hours=1)
"""How long a charging system that gives no answer is asked whether it charged."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A person must say whether it is owed."""

    detail: str


async def not_owed(context: Context, ocs: ChargingSystem, refund: Order) -> Refused | OcsError | Unclear | None:
    """What stands against giving back what an order charged; None where it is known to have charged."""
    assert refund.gives_back is not None, "only a refund is owed"
    view = await orders.by_key(context.reader, refund.gives_back)
    assert view is not None, "orders are never deleted"
    if view.order.state == "confirmed" or view.reason == NOT_GRANTED or not is_whole(refund):
        return None
    if await reconciliations.shows_charge(context.reader, view.order.key):
        return None
    if not ocs.can_be_asked:
        return Unclear("was never confirmed, and to ask whether it was charged may be to charge it")
    return await _asked(context, ocs, refund, view)


async def _asked(
    context: Context, ocs: ChargingSystem, refund: Order, view: OrderView
) -> Refused | OcsError | Unclear | None:
    outcome = await find(ocs, view.order)
    now = context.clock()
    match outcome:
        case Activated():
            return None
        case NotFound() if (sent := view.order.sent_at) and now - sent < timedelta(seconds=ocs.settle_seconds):
            return OcsUnavailable("the order may still appear")
        case Refused() | NotFound():
            return Refused(NOT_CHARGED, "the charging system did not charge the order")
        case NotSent():
            return OcsUnavailable(outcome.detail)
        case OutcomeUnknown(silent=True) if now - refund.created_at < _ASKED_FOR:
            return OcsUnavailable(outcome.detail)
        case OutcomeUnknown() | StillRunning():
            return Unclear(f"whether the order was charged is not known: {outcome.detail or 'it is on its way'}")
