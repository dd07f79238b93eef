"""Parts of long texts from subscribers, from when they come until their text is whole and in the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from store.reader import Reader
from store.tables import mo_parts as t
from store.unit import Gate, Op, Unit

_PUT = insert(t).on_conflict_do_nothing().returning(t.c.text_id, t.c.number)
_MARK = insert(t)
_DROP = delete(t).where(t.c.text_id == bindparam("whose"), t.c.number > 0)
_FORGET = delete(t).where(t.c.number == 0, t.c.at < bindparam("before"))
_LEFT = select(t).order_by(t.c.text_id, t.c.number)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part. text_id: which text it is part of; number: from 1, or 0 for the mark that the text was taken in.

    locking, single: the national tables of its septets. octets: without header; in a mark what its parts were.
    """

    text_id: str
    number: int
    smsc: str
    source: str
    destination: str
    reference: int
    wide: bool
    total: int
    data_coding: int
    locking: int
    single: int
    octets: bytes
    at: datetime


def put(part: StoredPart) -> Unit:
    """Keep a part. What is written with its gate is there before anything of the same commit is deleted."""
    return Unit(gate=Gate(_PUT, asdict(part), ("text_id", "number")))


def taken_in(mark: StoredPart) -> tuple[Op, Op]:
    """The text is in the inbox: its parts go, a mark stays, so that a part that comes again is known."""
    return Op(_MARK, asdict(mark)), Op(_DROP, {"whose": mark.text_id})


def forget(before: datetime) -> Op:
    """Marks older than this go."""
    return Op(_FORGET, {"before": before})


async def left(reader: Reader) -> Sequence[StoredPart]:
    """All parts and marks, those of one text beside each other, the oldest text first."""
    rows = await reader.rows(_LEFT)
    return [StoredPart(*row) for row in rows]
