"""Random ledgers with errors put into them: reconciling finds these, and nothing else."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ANA, BEN, PRICE, TUESDAY, FakeClock, FakeOcs, order
from flows.effects import RecordOrder, RecordOrderState
from flows.purchase import NEEDS_PERSON
from flows.reconciliation import Charge
from flows.records import Order
from flows.values import OfferId, OrderKey
from gateway.core.ports import Activated, FindOutcome, NotFound, OutcomeUnknown, PurchaseRequest, Refused, StillRunning
from gateway.core.reconciling import Period, Reconciler
from gateway.errors import OcsUnavailable, OrdersProblem
from store import reconciliations
from store.engine import open_engine
from store.reader import Reader
from store.reconciliations import Run
from store.record import write
from store.statement_table import StatementTable
from store.unit import Op, Unit
from store.writer import Writer

DAY = Period(TUESDAY, TUESDAY + timedelta(days=1))
STATES = ("confirmed", "declined", "in_doubt", "needs_person", "pending")
ERRORS = {
    "confirmed": ("lost", "amount", "payer", "currency", "twice", "none", "none", "none"),
    "declined": ("charged", "none", "none"),
    "in_doubt": ("none",),
    "needs_person": ("charged", "none"),
    "pending": ("none",),
}
KINDS = {
    "lost": "missing",
    "amount": "differing",
    "payer": "differing",
    "currency": "differing",
    "twice": "double",
    "charged": "extra",
}


@dataclass(frozen=True, slots=True)
class Case:
    """An order of ours and what is wrong with its charge."""

    number: int
    state: str
    error: str

    @property
    def key(self) -> str:
        return f"ord-off-{self.number}"

    @property
    def order(self) -> Order:
        made = TUESDAY + timedelta(minutes=self.number)
        return order(key=OrderKey(self.key), offer=OfferId(f"off-{self.number}"), created_at=made)

    @property
    def charges(self) -> list[Charge]:
        """What the charging system has of it."""
        at = self.order.created_at.isoformat()
        good = Charge(self.key, ANA, PRICE.amount, PRICE.currency, at, f"r-{self.number}")
        match self.error:
            case "lost":
                return []
            case "amount":
                return [replace(good, amount=good.amount + 1)]
            case "payer":
                return [replace(good, msisdn=BEN)]
            case "currency":
                return [replace(good, currency="USD")]
            case "twice":
                return [good, replace(good, reference="again")]
            case "charged":
                return [good]
            case _:
                return [good] if self.state == "confirmed" else []


@st.composite
def ledgers(draw: st.DrawFn) -> list[Case]:
    """Up to forty orders in every state, some with an error."""
    states = draw(st.lists(st.sampled_from(STATES), max_size=40))
    return [Case(n, state, draw(st.sampled_from(ERRORS[state]))) for n, state in enumerate(states, 1)]


def steps(case: Case) -> list[Op]:
    """How its row comes to be."""
    made = case.order
    ended = {
        "confirmed": RecordOrderState(made.key, "confirmed", made.created_at, settled=True, reference="r"),
        "declined": RecordOrderState(made.key, "declined", made.created_at, settled=True, reason="rejected"),
        "in_doubt": RecordOrderState(made.key, "in_doubt", made.created_at, settled=False, queried=True),
        "needs_person": RecordOrderState(made.key, "in_doubt", made.created_at, settled=False, reason=NEEDS_PERSON),
    }
    return [op for one in ([ended[case.state]] if case.state in ended else []) for op in write([one]).unit.ops]


class Ledger(FakeOcs):
    """A charging system that knows its charges."""

    def __init__(self, cases: Sequence[Case]) -> None:
        super().__init__()
        self._charged = {case.key: case.charges for case in cases}

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        charged = self._charged[request.key]
        return Activated(charged[0].reference) if charged else NotFound()


Work = Callable[[Reader, Writer], Awaitable[None]]


def in_a_store(migrated: Path, work: Work) -> None:
    """Do this in a database of its own."""

    async def run(folder: Path) -> None:
        shutil.copy(migrated, folder / "chasqui.db")
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
        reader, writer = Reader(engine), Writer(engine)
        writer.start()
        await reader.start()
        try:
            await work(reader, writer)
        finally:
            await writer.stop()
            await reader.stop()
            await engine.dispose()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def written(writer: Writer, cases: Sequence[Case]) -> None:
    """Their rows."""
    await writer.commit_all([write([RecordOrder(case.order)]).unit for case in cases])
    await writer.commit_all([Unit(ops=tuple(steps(case))) for case in cases])


async def found(reader: Reader, run: Run) -> dict[str, str]:
    """By key, what a run found."""
    return {one.order_key or "": one.kind for one in await reconciliations.of_run(reader, run.id, 1_000)}


def table(lines: Sequence[Charge]) -> StatementTable:
    """A statement of these lines."""
    made = StatementTable()
    for _ in made.load(replace(line, line=number) for number, line in enumerate(lines, 2)):
        pass
    return made


@given(cases=ledgers(), strangers=st.integers(0, 3), shuffled=st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_a_statement_is_found_wrong_exactly_where_it_is(
    migrated: Path, cases: list[Case], strangers: int, shuffled: object
) -> None:
    """Missing, extra, differing, double: each error that was put in once, and no other."""
    lines = [line for case in cases for line in case.charges]
    lines += [Charge(f"other-{n}", BEN, 1, "COP", "2026-11-24T10:00:00Z", "") for n in range(strangers)]
    lines += [Charge("", BEN, 7, "COP", "2026-11-24T10:00:00Z", "")] * strangers
    shuffled.shuffle(lines)  # type: ignore[attr-defined]
    wrong = {case.key: KINDS[case.error] for case in cases if case.error != "none"}
    wrong |= {f"other-{n}": "extra" for n in range(strangers)}

    async def work(reader: Reader, writer: Writer) -> None:
        await written(writer, cases)
        reconciler = Reconciler(reader, writer, FakeClock())
        with table(lines) as statement:
            run = await reconciler.compare(DAY, statement, "day.csv", author="rosa")
            again = await reconciler.compare(DAY, statement, "day.csv", author="rosa")
        kinds = await found(reader, run)
        assert {key: kind for key, kind in kinds.items() if key} == {}  # the second run has them all now
        kinds = await found(reader, again)
        keyless = kinds.pop("", None)
        assert (kinds, keyless) == (wrong, "extra" if strangers else None)
        standing = Counter(wrong.values()) + Counter({"extra": strangers})
        assert await reconciliations.standing(reader) == dict(standing)
        assert run.counts == again.counts
        assert (run.counts.orders, run.counts.charges) == (len(cases), len(lines))
        told = run.counts.agreed + run.counts.left_out + sum(case.error != "none" for case in cases)
        assert told == len(cases)

    in_a_store(migrated, work)


@given(ledgers())
@settings(max_examples=30)
def test_asking_finds_what_was_not_charged_and_what_was_charged_after_all(migrated: Path, cases: list[Case]) -> None:
    """Amounts it is not told; for these there are statements."""
    wrong = {case.key: KINDS[case.error] for case in cases if case.error in ("lost", "charged")}

    async def work(reader: Reader, writer: Writer) -> None:
        await written(writer, cases)
        reconciler = Reconciler(reader, writer, FakeClock())
        run = await reconciler.ask(DAY, Ledger(cases), per_second=1e6, author="rosa")
        assert await found(reader, run) == wrong
        still_open = sum(case.state in ("pending", "in_doubt") for case in cases)
        assert (run.counts.orders, run.counts.left_out) == (len(cases), still_open)
        assert run.counts.agreed == len(cases) - still_open - len(wrong)

    in_a_store(migrated, work)


async def test_an_order_at_the_edge_of_a_day_may_stand_in_the_next_statement(reader: Reader, writer: Writer) -> None:
    """It is left out, not missing; what ended in the day and is not in its statement is missing."""
    edge, inside = Case(1, "confirmed", "lost"), Case(2, "confirmed", "lost")
    await writer.commit_all([write([RecordOrder(case.order)]).unit for case in (edge, inside)])
    for case, at in ((edge, DAY.ends), (inside, DAY.ends - timedelta(seconds=1))):
        ended = RecordOrderState(case.order.key, "confirmed", at, settled=True)
        await writer.commit(write([ended]).unit)
    with table([]) as statement:
        run = await Reconciler(reader, writer, FakeClock()).compare(DAY, statement, "day.csv", author="rosa")
    assert await found(reader, run) == {inside.key: "missing"}
    assert run.counts.left_out == 1


async def test_only_orders_of_the_period_are_asked_about(reader: Reader, writer: Writer) -> None:
    """Its beginning belongs to it, its end does not."""
    cases = [Case(0, "confirmed", "lost"), Case(60, "confirmed", "lost"), Case(61, "confirmed", "lost")]
    await written(writer, cases)
    hour = Period(TUESDAY, TUESDAY + timedelta(minutes=61))
    run = await Reconciler(reader, writer, FakeClock()).ask(hour, Ledger(cases), per_second=1e6, author="rosa")
    assert set(await found(reader, run)) == {cases[0].key, cases[1].key}


@pytest.mark.parametrize("outcome", [StillRunning("r"), OutcomeUnknown("time-out")])
async def test_what_cannot_be_said_now_is_counted(outcome: FindOutcome, reader: Reader, writer: Writer) -> None:
    """And is no discrepancy."""
    await written(writer, [Case(1, "confirmed", "none"), Case(2, "declined", "none")])
    ocs = FakeOcs()
    ocs.finds.extend([outcome, Refused("rejected", "no")])
    run = await Reconciler(reader, writer, FakeClock()).ask(DAY, ocs, per_second=1e6, author="rosa")
    assert (run.counts.unanswered, run.counts.agreed, await found(reader, run)) == (1, 1, {})


async def test_a_charging_system_that_is_away_breaks_it_off(reader: Reader, writer: Writer) -> None:
    """The run has no end, and the next begins anew."""
    await written(writer, [Case(n, "confirmed", "none") for n in range(1, 60)])
    ocs = FakeOcs()
    ocs.finds.extend([OutcomeUnknown("refused")] * 60)
    with pytest.raises(OcsUnavailable, match="none of the last 50 orders"):
        await Reconciler(reader, writer, FakeClock()).ask(DAY, ocs, per_second=1e6, author="rosa")
    (run,) = await reconciliations.latest(reader, 5)
    assert (run.ended_at, len(ocs.asked)) == (None, 50)


async def test_where_asking_is_sending_again_nothing_is_asked(reader: Reader, writer: Writer) -> None:
    """A declined order would be charged by the question."""
    await written(writer, [Case(1, "declined", "none")])
    ocs = FakeOcs()
    ocs.can_be_asked = False
    with pytest.raises(OrdersProblem, match="--statement"):
        await Reconciler(reader, writer, FakeClock()).ask(DAY, ocs, per_second=1e6, author="rosa")
    assert (ocs.asked, await reconciliations.latest(reader, 5)) == ([], [])


async def test_nobody_is_asked_faster_than_may_be(reader: Reader, writer: Writer) -> None:
    """Evenly, so many a second."""
    await written(writer, [Case(n, "confirmed", "none") for n in range(1, 6)])
    began = asyncio.get_running_loop().time()
    ledger = Ledger([Case(n, "confirmed", "none") for n in range(1, 6)])
    await Reconciler(reader, writer, FakeClock()).ask(DAY, ledger, per_second=50, author="rosa")
    assert asyncio.get_running_loop().time() - began >= 4 / 50


async def test_what_was_settled_stays_settled_when_it_is_seen_again(reader: Reader, writer: Writer) -> None:
    """The next report shows it with who settled it and how."""
    case = Case(1, "confirmed", "lost")
    await written(writer, [case])
    reconciler, clock = Reconciler(reader, writer, FakeClock()), FakeClock()
    first = await reconciler.ask(DAY, Ledger([case]), per_second=1e6, author="rosa")
    (one,) = await reconciliations.of_run(reader, first.id, 10)
    gate = reconciliations.settle(one.id, "note", "rosa", "paid in cash", clock())
    assert await writer.commit(Unit(gate=gate))
    assert not await writer.commit(Unit(gate=gate))
    second = await reconciler.ask(DAY, Ledger([case]), per_second=1e6, author="rosa")
    (seen,) = await reconciliations.of_run(reader, second.id, 10)
    assert (seen.id, seen.settlement, seen.author, seen.found_by) == (one.id, "note", "rosa", first.id)
    assert await reconciliations.standing(reader) == {}


def test_a_statement_is_sorted_on_disk_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    at = datetime.now().astimezone().isoformat()
    lines = [Charge(f"k-{n % 3}", ANA, n, "COP", at, "") for n in range(1, 20_000)]
    with table(lines) as statement:
        assert [group[0].key for group in statement.groups()] == ["k-0", "k-1", "k-2"]
        assert statement.named(["k-1", "k-9", "k-2"]) == {"k-1", "k-2"}
        assert statement.lines == len(lines)
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
