"""Every fault at every moment of a purchase; the audit that says that all is well finds what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.matrix.audit import Case, findings
from benchmarks.matrix.cells import POSSIBLE, Cell, Fault, Moment, cells
from benchmarks.matrix.deeds import CAN, DEEDS
from benchmarks.matrix.run import run
from benchmarks.matrix.wires import WIRES

CELL = Cell("573100000000", Moment.AFTER_SEND, Fault.RESET, 0)
GOOD = Case(CELL, [{"state": "confirmed", "reason": None}], 1, ["confirmed"])
LEFT = Case(CELL, [{"state": "in_doubt", "reason": "needs_person"}], 1, ["checking"])

WRONG: Mapping[str, tuple[Case, str]] = {
    "no order": (replace(GOOD, orders=[]), "0 orders"),
    "charged twice": (replace(GOOD, charges=2), "charged 2 times"),
    "confirmed and not charged": (replace(GOOD, charges=0), "confirmed, with 0 charges"),
    "declined and charged": (
        replace(GOOD, orders=[{"state": "declined", "reason": "rejected"}], told=["declined"]),
        "declined, with 1 charges",
    ),
    "told nothing": (replace(GOOD, told=[]), "told: nothing"),
    "told twice": (replace(GOOD, told=["confirmed", "confirmed"]), "told: confirmed, confirmed"),
    "told something else": (replace(GOOD, told=["declined"]), "told: declined"),
    "moved what nobody asked for": (replace(GOOD, others=1), "1 entries in the ledger"),
    "switched and not shown": (replace(GOOD, shown=False), "where it was asked to be and shown where it was"),
    "shown and not switched": (
        replace(GOOD, orders=[{"state": "declined", "reason": "rejected"}], charges=0, told=["declined"], shown=True),
        "where it was and shown where it was asked to be",
    ),
    "on its way for ever": (replace(LEFT, orders=[{"state": "sent", "reason": None}]), "the order is sent"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_so_is_found(name: str) -> None:
    """With its cell."""
    case, said = WRONG[name]
    found = findings([case], asks=True)
    assert any(said in one and one.startswith(str(CELL)) for one in found), found


def test_what_is_well_is_passed_and_a_person_only_where_nobody_can_be_asked() -> None:
    """A doubt that was told is settled by somebody."""
    assert findings([GOOD], asks=True) == findings([GOOD, LEFT], asks=False) == []
    assert findings([LEFT], asks=True)
    assert findings([replace(LEFT, told=["checking", "confirmed"])], asks=False)


def test_every_cell_has_a_subscriber_of_its_own() -> None:
    """And every fault a moment."""
    made = cells(3)
    assert len({cell.msisdn for cell in made}) == len(made) == 3 * sum(map(len, POSSIBLE.values()))


@pytest.mark.parametrize(
    ("deed", "kind", "killed"),
    [
        ("top_up", "tmf", Moment.BEFORE_SEND),
        ("transfer", "tmf", Moment.AFTER_APPLY),
        ("transfer", "tmf-hides-keys", Moment.AFTER_SEND),
        ("advance", "ucip", Moment.DURING_COMMIT),
        ("switch_off", "tmf", Moment.AFTER_APPLY),
        ("switch_on", "ucip", Moment.AFTER_ANSWER),
    ],
)
async def test_whatever_happens_to_what_is_no_purchase_it_is_done_once_and_told_as_it_is(
    deed: str, kind: str, killed: Moment, tmp_path: Path
) -> None:
    """They go the same way as purchases, so each is killed at one moment; ``make faults`` has all for each."""
    outcome = await run(tmp_path, WIRES[kind], cells(1, kills=(killed,)), DEEDS[deed])
    assert outcome.findings == []
    assert kind in CAN[deed]


@pytest.mark.parametrize("kind", [kind for kind, wire in WIRES.items() if kind == wire.kind])
async def test_whatever_happens_to_a_purchase_it_is_charged_once_and_told_once(kind: str, tmp_path: Path) -> None:
    """One order a cell; ``make faults`` takes eight."""
    outcome = await run(tmp_path, WIRES[kind], cells(1))
    assert outcome.findings == []
    assert len(outcome.cases) == len(cells(1))
