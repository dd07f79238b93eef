"""What became of an order, step by step with its times, and the yes that it was made with: rows that are only added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from flows.effects import RecordOrder, RecordOrderState, RecordRefunded
from flows.frozen import dataclass
from flows.records import Answer
from store.reader import Reader
from store.tables import order_answers, order_steps
from store.unit import Op

_STEP = insert(order_steps).inline()  # the database numbers it, and nobody asks how
_VERDICTS = ("confirmed", "declined", "refunded")
_ANSWER = insert(order_answers)
_OF = select(order_steps).where(order_steps.c.order_key == bindparam("key")).order_by(order_steps.c.position)
_ANSWER_OF = select(order_answers).where(order_answers.c.order_key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One step. sent: it was handed to the charging system; asked: this is what that said when it was asked."""

    at: datetime
    state: str
    sent: bool
    asked: bool
    reason: str | None
    detail: str | None
    reference: str | None


def begin(effect: RecordOrder) -> list[Op]:
    """An order is made, with the yes that it is made with."""
    order, answer = effect.order, effect.answer
    ops = [Op(_STEP, _values(order.key, OrderStep(order.created_at, order.state, False, False, None, None, None)))]
    if answer is not None:
        kept = {
            "order_key": order.key,
            "reference": answer.reference,
            "session": answer.session,
            "shown": answer.shown,
            "said": _storable(answer.said),
            "caller": answer.by,
            "at": order.created_at,
        }
        ops.append(Op(_ANSWER, kept))
    return ops


def put(effect: RecordOrderState) -> Op:
    """A step of an order."""
    step = OrderStep(
        effect.at, effect.state, effect.sent, effect.queried, effect.reason, effect.detail, effect.reference
    )
    return Op(_STEP, _values(effect.key, step))


def refunded(effect: RecordRefunded) -> Op:
    """Its price is back with its payer."""
    return Op(_STEP, _values(effect.key, OrderStep(effect.at, "refunded", False, False, effect.reason, None, None)))


async def of_order(reader: Reader, key: str) -> Sequence[OrderStep]:
    """All steps of an order, in the order in which they were written; none of those older than this table.

    After a verdict an order moves to another verdict or not at all: what else was written did not move it.
    """
    steps: list[OrderStep] = []
    for row in await reader.rows(_OF, {"key": key}):
        step = OrderStep(row.at, row.state, row.sent, row.asked, row.reason, row.detail, row.reference)
        if step.state in _VERDICTS or not steps or steps[-1].state not in _VERDICTS:
            steps.append(step)
    return steps


async def answer_of(reader: Reader, key: str) -> tuple[Answer, datetime] | None:
    """The yes that an order was made with and when it was dealt with; None for orders older than this table."""
    row = await reader.first(_ANSWER_OF, {"key": key})
    if row is None:
        return None
    return Answer(row.reference, row.session, row.shown, row.said, row.caller), row.at


def _values(key: str, step: OrderStep) -> dict[str, object]:
    return {
        "order_key": key,
        "at": step.at,
        "state": step.state,
        "sent": step.sent,
        "asked": step.asked,
        "reason": step.reason,
        "detail": step.detail,
        "reference": step.reference,
    }


def _storable(text: str) -> str:
    """Half a surrogate pair is no character."""
    return text.encode("utf-8", "replace").decode()
