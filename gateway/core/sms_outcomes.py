"""What an SMSC's answer means for a text: what is written, and whether it goes out again. Decides, does nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from flows.frozen import dataclass
from gateway.core.ports import SubmitNotSent, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.core.retry import Backoff, GiveUp
from store import offers, outbox, parts
from store.parts import Part
from store.sms_rows import SmsRow
from store.unit import Op

_MOST_REPEATS = 1
_TRIES_BEFORE_ANOTHER = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """state: what the text is from now on, for counting; again: the row to queue once ``ops`` are durable."""

    state: str
    ops: tuple[Op, ...] = ()
    again: SmsRow | None = None


def judge(
    row: SmsRow, outcome: SubmitOutcome, at: datetime, backoff: Backoff, sender: str = "", *, others: bool = False
) -> Verdict:
    """The verdict on one answer; of a text that was taken the receipt desk knows the rows.

    sender: who had it; others: whether somebody else may take it.
    """
    match outcome:
        case Submitted():
            return Verdict("sent")
        case SubmitRefused(refusal="final"):
            return _failed(row, outcome, at)
        case SubmitRefused():
            return _put_back(row, outcome, at, backoff, sender if others else None)
        case SubmitUnknown():
            return lost_sight(row, outcome, at) if outcome.link_lost else _doubt(row, outcome, at)
        case SubmitNotSent():
            move = outbox.move(row.id, "queued", reason=outcome.detail, tries=-1)
            return Verdict("queued", (move, *_unnamed(row)), replace(row, state="queued", attempts=row.attempts - 1))
        case _:
            assert_never(outcome)


def lost_sight(row: SmsRow, outcome: SubmitUnknown, at: datetime) -> Verdict:
    """The link went while the fate was open: repeat once what may be repeated, else leave it in doubt."""
    if not row.repeat_text or row.repeats >= _MOST_REPEATS:
        return _doubt(row, outcome, at)
    again = outbox.move(row.id, "queued", reason=outcome.detail, repeated=True)
    known = _known_parts(row, outcome.smsc, outcome.message_ids, at)
    return Verdict("repeated", (again, *known), replace(row, state="queued", repeats=row.repeats + 1))


def _put_back(row: SmsRow, outcome: SubmitRefused, at: datetime, backoff: Backoff, avoidable: str | None) -> Verdict:
    """To the same sender later, or to another: at once if this one will not, after two tries if it cannot now.

    avoidable: its name, where there are others; once nobody is left, all are asked again.
    """
    decision = backoff.next_attempt(row.attempts)
    if isinstance(decision, GiveUp):
        return _failed(row, outcome, at)
    avoid, after = row.avoid, decision.after
    if avoidable is None:
        avoid = ()
    elif outcome.refusal == "elsewhere":
        avoid, after = (*avoid, avoidable), timedelta()
    elif row.attempts >= _TRIES_BEFORE_ANOTHER:
        avoid = (*avoid, avoidable)
    move = outbox.move(row.id, "deferred", reason=outcome.reason, due_at=at + after)
    return Verdict("deferred", (move, *_unnamed(row)), replace(row, state="deferred", due_at=at + after, avoid=avoid))


def _failed(row: SmsRow, outcome: SubmitRefused, at: datetime) -> Verdict:
    end = outbox.end(row.id, "failed", at, reason=outcome.reason, smsc=outcome.smsc)
    return Verdict("failed", (end, *_unnamed(row), *_known_parts(row, outcome.smsc, outcome.message_ids, at)))


def _doubt(row: SmsRow, outcome: SubmitUnknown, at: datetime) -> Verdict:
    move = outbox.move(
        row.id, "in_doubt", reason=outcome.detail, smsc=outcome.smsc or None, parts=outcome.parts or None
    )
    return Verdict("in_doubt", (move, *_known_parts(row, outcome.smsc, outcome.message_ids, at)))


def _unnamed(row: SmsRow) -> Iterator[Op]:
    """It has not gone: what it names cannot be bought by an answer until it does."""
    return (offers.unbind(one) for one in row.names if not row.repeats)


def _known_parts(row: SmsRow, smsc: str, message_ids: Sequence[str], at: datetime) -> tuple[Op, ...]:
    return tuple(
        parts.put(Part(smsc, message_id, row.id, number, "sent"), at) for number, message_id in enumerate(message_ids)
    )
