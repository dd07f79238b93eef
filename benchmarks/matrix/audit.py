"""What must hold when all is over: done once at most, every order settled, whoever asked told once, and the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.matrix.cells import Cell
from flows.purchase import NEEDS_PERSON

_FINAL: Final = ("confirmed", "declined", "refunded")


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one cell. orders: as the API tells them; charges: how often it was done: in the ledger of this
    person, or 1 for a switch that is where it was asked to be.

    told: kinds of the texts about the order (``confirmed``, ``checking``, …). others: entries of the ledger that
    nobody asked for. shown: whether we show a switch where it was asked to be; None where it was no switch.
    """

    cell: Cell
    orders: Sequence[Mapping[str, Any]]
    charges: int
    told: Sequence[str]
    others: int = 0
    shown: bool | None = None


def findings(cases: Sequence[Case], *, asks: bool) -> Sequence[str]:
    """Each thing that does not hold, with its cell. asks: nothing may be left to a person."""
    return [f"{case.cell}: {what}" for case in cases for what in _wrong(case, asks=asks)]


def _wrong(case: Case, *, asks: bool) -> Sequence[str]:
    if len(case.orders) != 1:
        return [f"{len(case.orders)} orders"]
    (order,) = case.orders
    state, found = order["state"], list[str]()
    if case.charges > 1:
        found.append(f"charged {case.charges} times")
    if state not in _FINAL and (asks or order["reason"] != NEEDS_PERSON):
        found.append(f"the order is {state}")
    if state in _FINAL and case.charges != (state == "confirmed"):
        found.append(f"the order is {state}, with {case.charges} charges")
    if case.others:
        found.append(f"{case.others} entries in the ledger that nobody asked for")
    if state in _FINAL and case.shown not in (None, bool(case.charges)):
        found.append(f"the switch is {_where(done=bool(case.charges))} and shown {_where(done=bool(case.shown))}")
    verdicts = Counter(kind for kind in case.told if kind in _FINAL)
    if state in _FINAL and verdicts != {state: 1}:
        found.append(f"the order is {state}, and told: {', '.join(case.told) or 'nothing'}")
    if state not in _FINAL and (verdicts or list(case.told) != ["checking"]):
        found.append(f"the order is {state}, and told: {', '.join(case.told) or 'nothing'}")
    return found


def _where(*, done: bool) -> str:
    return "where it was asked to be" if done else "where it was"
