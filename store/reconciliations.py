"""What reconciling with the charging system found, run by run, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.documents import decode, encode
from flows.frozen import dataclass
from flows.reconciliation import Found
from store.ids import new_id
from store.queries import AnySelect
from store.reader import AnyRow, Reader
from store.tables import discrepancies as d
from store.tables import reconciliations as r
from store.unit import Gate, Op

_BEGIN = insert(r)
_COUNTS = ("orders", "charges", "agreed", "unanswered", "left_out")
_END = (
    update(r)
    .where(r.c.id == bindparam("which"))
    .values(
        {"ended_at": bindparam("ended", type_=r.c.ended_at.type), **{name: bindparam(f"n_{name}") for name in _COUNTS}}
    )
)
_FOUND = insert(d)
_FIND = _FOUND.on_conflict_do_update(
    index_elements=[d.c.mark], set_={"seen_by": _FOUND.excluded.seen_by, "evidence": _FOUND.excluded.evidence}
)
_SETTLE = (
    update(d)
    .where(d.c.id == bindparam("which"), d.c.settled_at.is_(None))
    .values(
        settled_at=bindparam("at", type_=d.c.settled_at.type),
        settlement=bindparam("how"),
        author=bindparam("by"),
        note=bindparam("words"),
    )
    .returning(d.c.id)
)
_LATEST = select(r).order_by(r.c.id.desc()).limit(bindparam("limit"))
_BEFORE = _LATEST.where(r.c.id < bindparam("before"))
_BY_ID = select(r).where(r.c.id == bindparam("id"))
_OF = (
    select(d)
    .where(d.c.seen_by == bindparam("run"), d.c.id > bindparam("after"))
    .order_by(d.c.id)
    .limit(bindparam("limit"))
)
_ONE = select(d).where(d.c.id == bindparam("id"))
_CHARGED = (
    select(d.c.id)
    .where(
        d.c.order_key == bindparam("key"),
        d.c.kind == "extra",
        func.coalesce(d.c.settlement, "").in_(("", "confirm", "refund")),
    )
    .limit(1)
)
_GIVEN_BACK = (
    select(d.c.id)
    .where(d.c.order_key == bindparam("key"), d.c.kind.in_(("differing", "double")), d.c.settlement == "refund")
    .limit(1)
)
_STANDING = select(d.c.kind, func.count()).where(d.c.settled_at.is_(None)).group_by(d.c.kind)
_ASKED = (
    select(r)
    .where(
        r.c.kind == "asked",
        r.c.ended_at.is_not(None),
        r.c.starts_at <= bindparam("starts", type_=r.c.starts_at.type),
        r.c.ends_at >= bindparam("ends", type_=r.c.ends_at.type),
    )
    .order_by(r.c.id.desc())
    .limit(20)
)


@dataclass(frozen=True, slots=True)
class Counts:
    """orders: of ours that were looked at; charges: lines of the statement; agreed: orders that both sides tell alike.

    unanswered: orders that the charging system could not speak of; left_out: orders that are still open, or whose
    charge may stand in another statement.
    """

    orders: int = 0
    charges: int = 0
    agreed: int = 0
    unanswered: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One reconciliation. kind: asked | statement. ended_at: None while it runs, or when it was broken off."""

    id: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    statement: str
    author: str
    begun_at: datetime
    ended_at: datetime | None = None
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What one of them found. settlement: how it was settled, if it was, by whom and why."""

    id: str
    kind: str
    order_key: str | None
    msisdn: str
    evidence: Mapping[str, Any]
    found_by: str
    found_at: datetime
    settled_at: datetime | None
    settlement: str | None
    author: str | None
    note: str | None


def begin(run: Run) -> Op:
    """A reconciliation begins."""
    return Op(
        _BEGIN,
        {
            "id": run.id,
            "kind": run.kind,
            "starts_at": run.starts_at,
            "ends_at": run.ends_at,
            "statement": run.statement,
            "author": run.author,
            "begun_at": run.begun_at,
            **dict.fromkeys(_COUNTS, 0),
        },
    )


def end(run: str, counts: Counts, at: datetime) -> Op:
    """It is through."""
    return Op(_END, {"which": run, "ended": at, **{f"n_{name}": getattr(counts, name) for name in _COUNTS}})


def found(run: str, one: Found, at: datetime) -> Op:
    """A discrepancy; one that was found before is seen again, whether it was settled or not."""
    return Op(
        _FIND,
        {
            "id": f"dis-{new_id(at)}",
            "kind": one.kind,
            "mark": one.mark,
            "order_key": one.key,
            "msisdn": one.msisdn,
            "evidence": encode(dict(one.evidence)),
            "found_by": run,
            "seen_by": run,
            "found_at": at,
        },
    )


def settle(which: str, how: str, author: str, note: str, at: datetime) -> Gate:
    """It is settled. Shut when it was before."""
    return Gate(_SETTLE, {"which": which, "how": how, "by": author, "words": note, "at": at})


async def latest(reader: Reader, limit: int, before: str | None = None) -> Sequence[Run]:
    """The newest runs. before: the id that the last page ended with."""
    query: AnySelect = _BEFORE if before else _LATEST
    values = {"limit": limit, **({"before": before} if before else {})}
    return [_run(row) for row in await reader.rows(query, values)]


async def by_id(reader: Reader, run: str) -> Run | None:
    """One run."""
    row = await reader.first(_BY_ID, {"id": run})
    return None if row is None else _run(row)


async def of_run(reader: Reader, run: str, limit: int, after: str | None = None) -> Sequence[Discrepancy]:
    """What this run found last. after: the id that the last page ended with."""
    values = {"run": run, "after": after or "", "limit": limit}
    return [_discrepancy(row) for row in await reader.rows(_OF, values)]


async def discrepancy(reader: Reader, which: str) -> Discrepancy | None:
    """One discrepancy."""
    row = await reader.first(_ONE, {"id": which})
    return None if row is None else _discrepancy(row)


async def shows_charge(reader: Reader, key: str) -> bool:
    """Whether they were found to have charged an order that we had not, and nobody has said otherwise."""
    return await reader.first(_CHARGED, {"key": key}) is not None


async def given_back(reader: Reader, key: str) -> str | None:
    """The finding of which what was charged beyond this order's price was given back, if there is one."""
    row = await reader.first(_GIVEN_BACK, {"key": key})
    return None if row is None else str(row[0])


async def standing(reader: Reader) -> Mapping[str, int]:
    """How many of each kind nobody has settled."""
    return {row[0]: row[1] for row in await reader.rows(_STANDING)}


async def asked_about(reader: Reader, starts: datetime, ends: datetime) -> Sequence[Run]:
    """Runs, newest first, in which the charging system was asked about every order of a period."""
    return [_run(row) for row in await reader.rows(_ASKED, {"starts": starts, "ends": ends})]


def _run(row: AnyRow) -> Run:
    counts = Counts(**{name: getattr(row, name) for name in _COUNTS})
    return Run(
        row.id, row.kind, row.starts_at, row.ends_at, row.statement, row.author, row.begun_at, row.ended_at, counts
    )


def _discrepancy(row: AnyRow) -> Discrepancy:
    return Discrepancy(
        id=row.id,
        kind=row.kind,
        order_key=row.order_key,
        msisdn=row.msisdn,
        evidence=decode(row.evidence),
        found_by=row.found_by,
        found_at=row.found_at,
        settled_at=row.settled_at,
        settlement=row.settlement,
        author=row.author,
        note=row.note,
    )
