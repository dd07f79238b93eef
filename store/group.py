"""What one transaction writes: units and takings that wait together (ADR 0003).

Equal statements run as one ``executemany``; units of one group must not depend on each other, which holds because
whoever depends on a unit awaits it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.sql.dml import Insert, UpdateBase

from store.driver import Hand
from store.prepared import Statements
from store.unit import Gate, Op, Take, Unit

Work = Unit | Take
Outcome = bool | frozenset[str]
"""Of a unit: whether its gate opened; of a taking: the ids of the rows that it found."""


def write_group(hand: Hand, statements: Statements, group: Sequence[Work]) -> list[Outcome]:
    """Write all of these; the outcome of each. What the driver raises ends it in the middle."""
    taken = [_take(hand, statements, one) for one in group if isinstance(one, Take)]
    units = [one for one in group if isinstance(one, Unit)]
    opened = _pass_gates(hand, statements, units)
    for statement, values in _batches(units, opened):
        prepared = statements.one(statement, values[0])
        hand.many(prepared.sql, [prepared.row(one) for one in values])
    takes, passed = iter(taken), iter(opened)
    return [next(takes) if isinstance(one, Take) else next(passed) for one in group]


def _take(hand: Hand, statements: Statements, take: Take) -> frozenset[str]:
    calls = statements.taking(take.statement, take.ids, take.values)
    return frozenset([row[0] for sql, values in calls for row in hand.returning(sql, values)])


def _pass_gates(hand: Hand, statements: Statements, units: Sequence[Unit]) -> list[bool]:
    """Which units may pass."""
    gates: dict[int, list[Gate]] = {}
    for unit in units:
        if unit.gate is not None:
            gates.setdefault(id(unit.gate.statement), []).append(unit.gate)
    opened = {identity: iter(_open(hand, statements, of_one_kind)) for identity, of_one_kind in gates.items()}
    return [unit.gate is None or next(opened[id(unit.gate.statement)]) for unit in units]


def _open(hand: Hand, statements: Statements, gates: Sequence[Gate]) -> list[bool]:
    """Which of these gates open. Inserts go together; others have no form for many rows, and each its own condition."""
    statement = gates[0].statement
    if isinstance(statement, Insert):
        return _inserted(hand, statements, statement, gates)
    prepared = statements.one(statement, gates[0].values)
    return [bool(hand.returning(prepared.sql, prepared.row(gate.values))) for gate in gates]


def _inserted(hand: Hand, statements: Statements, statement: Insert, gates: Sequence[Gate]) -> list[bool]:
    """Which of these wrote their row; of equal ones only the first does."""
    calls = statements.returning(statement, [gate.values for gate in gates])
    fresh = {tuple(row) for sql, values in calls for row in hand.returning(sql, values)}
    opened = []
    for gate in gates:
        key = tuple([gate.values[name] for name in gate.key])
        opened.append(key in fresh)
        fresh.discard(key)
    return opened


def _batches(units: Sequence[Unit], opened: Sequence[bool]) -> Iterable[tuple[UpdateBase, list[Any]]]:
    batches: dict[int, tuple[UpdateBase, list[Any]]] = {}
    for unit, passed in zip(units, opened, strict=True):
        for op in (*unit.always, *unit.ops) if passed else unit.always:
            _add(batches, op)
    return batches.values()


def _add(batches: dict[int, tuple[UpdateBase, list[Any]]], op: Op) -> None:
    known = batches.get(id(op.statement))
    if known is None:
        batches[id(op.statement)] = (op.statement, [op.values])
    else:
        known[1].append(op.values)
