"""What is written together: operations, gates and units (ADR 0003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.sql.dml import Update, UpdateBase

from flows.frozen import dataclass


class Op(NamedTuple):
    """One statement with its values. The same statement object in many units becomes one ``executemany``."""

    statement: UpdateBase
    values: Mapping[str, Any]


class Gate(NamedTuple):
    """A write that lets the rest of its unit pass only if it touched a row.

    statement: ``INSERT … ON CONFLICT DO NOTHING RETURNING`` the columns that ``key`` names; or an ``UPDATE`` or
    ``DELETE … WHERE … RETURNING`` anything, without ``key``.
    """

    statement: UpdateBase
    values: Mapping[str, Any]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Operations that are durable together.

    gate: when it is shut (the row was there before), ``ops`` are left out.
    always: written whether the gate opens or not.
    Operations of one unit touch different rows: their order is not kept.
    """

    ops: tuple[Op, ...] = ()
    gate: Gate | None = None
    always: tuple[Op, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """Rows that are taken in hand together: of these ids, those that the statement still finds.

    statement: ``UPDATE … WHERE … RETURNING id`` of a table whose key is ``id``; the ids are added to its condition.
    """

    statement: Update
    ids: Sequence[str]
    values: Mapping[str, Any]
