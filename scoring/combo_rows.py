"""Which rows of a file of recharges count, and how the file spells the categories of those that do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scoring.errors import FileMalformed, NothingToMine
from scoring.files import Column, Kind, Table

_YEAR_2100 = 4_102_444_800.0
"""What lies beyond is a slip; months are counted in two bytes."""
COLUMNS = (
    Column("customer_id"),
    Column("recharge_type", optional=True),
    Column("recharge_date", Kind.TIME, least=0, most=_YEAR_2100),
    Column("amount", Kind.NUMBER, least=0, optional=True),
    Column("status", optional=True),
    Column("circle", optional=True, may_lack=True),
    Column("service_type", optional=True, may_lack=True),
    Column("validity_days", Kind.NUMBER, least=0, optional=True, may_lack=True),
    Column("recharge_id", optional=True, may_lack=True),
)
SUCCESS = ("success", "successful", "succeeded", "completed", "complete", "confirmed", "ok")
_KIND = ('"recharge_type"', '"status"', '"circle"', '"service_type"', '"amount" IS NULL')


@dataclass(frozen=True, slots=True)
class Counted:
    """Which rows count. Words are compared without regard to case. circles: empty for all.

    service_types: looked at where the file tells them.
    """

    statuses: frozenset[str] = frozenset(SUCCESS)
    circles: frozenset[str] = frozenset()
    service_types: frozenset[str] = frozenset({"prepaid"})


class _RowKind(NamedTuple):
    """What decides whether a row counts."""

    category: str | None
    status: str | None
    circle: str | None
    service_type: str | None
    lacks_amount: bool


@dataclass(frozen=True, slots=True)
class KeptRows:
    """spelled: how the file spells each category. values: of each column that rows are chosen by, those that count.

    rows: how many count. left_out: how many do not, by why.
    """

    spelled: Mapping[str, Sequence[str]]
    values: Mapping[str, frozenset[str]]
    rows: int
    left_out: Counter[str]


def kept_rows(path: Path, table: Table, counted: Counted, categories: Sequence[str]) -> KeptRows:
    """Read the file once for the kinds of rows in it. Raises FileMalformed, NothingToMine."""
    if counted.circles and not table.has("circle"):
        raise FileMalformed(f"{path}: line 1: there is no column 'circle' to choose by")
    chosen_by = ["status", *(["circle"] if counted.circles else [])]
    chosen_by += ["service_type"] if table.has("service_type") else []
    kinds = {_RowKind(*kind): rows for kind, rows in table.counted(_KIND).items()}
    why = {kind: _why_not(kind, counted, categories, chosen_by) for kind in kinds}
    kept = [kind for kind in kinds if not why[kind]]
    _require_some(path, kinds, kept, counted)
    left_out: Counter[str] = Counter()
    for kind, rows in kinds.items():
        left_out[why[kind]] += rows
    return KeptRows(
        _spelled(kept, categories),
        {column: frozenset(getattr(kind, column) for kind in kept) for column in chosen_by},
        left_out.pop("", 0),
        left_out,
    )


def _why_not(kind: _RowKind, counted: Counted, categories: Sequence[str], chosen_by: Sequence[str]) -> str:
    """Why a row does not count, by the first reason; empty if it does."""
    if _folded(kind.status) not in counted.statuses:
        return "not successful"
    if "circle" in chosen_by and _folded(kind.circle) not in counted.circles:
        return "another circle"
    if "service_type" in chosen_by and _folded(kind.service_type) not in counted.service_types:
        return "not prepaid"
    if not _folded(kind.category) or kind.lacks_amount:
        return "no type or no amount"
    if categories and _folded(kind.category) not in map(_folded, categories):
        return "a type without groups"
    return ""


def _require_some(path: Path, kinds: Iterable[_RowKind], kept: Sequence[_RowKind], counted: Counted) -> None:
    """A file in which no status counts is hardly meant so."""
    told = sorted({kind.status or "" for kind in kinds})
    if told and not kept and not counted.statuses.intersection(map(_folded, told)):
        names = ", ".join(repr(name[:40]) for name in told[:5])
        raise NothingToMine(f"{path}: no row has a status that counts (there is {names}); --status says which do")


def _spelled(kept: Iterable[_RowKind], categories: Sequence[str]) -> dict[str, list[str]]:
    """How the file spells each category; at least one category, so that there is a column."""
    names = {_folded(name): name for name in categories}
    for kind in sorted(kept, key=str):
        names.setdefault(_folded(kind.category), (kind.category or "").strip())
    spelled: dict[str, set[str]] = {name: set() for name in names.values()} or {"": set()}
    for kind in kept:
        spelled[names[_folded(kind.category)]].add(kind.category or "")
    return {name: sorted(words) for name, words in spelled.items()}


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()
