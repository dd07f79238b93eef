"""Combo plans from recharges: from rows to itemsets, rules and plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.combo_plans import Terms, rounded_down
from scoring.combo_rows import Counted
from scoring.combo_values import SCALE, AmountGroup, Combos
from scoring.combos import Mining, from_recharges, from_transactions
from scoring.errors import FileMalformed, NothingToMine

HEAD = "customer_id,recharge_type,recharge_date,amount,status"
MINING = Mining(Fraction(2, 10), Fraction(7, 10))
GROUPS = tuple(
    AmountGroup(category, f"{letter}{number}", low * SCALE, high * SCALE)
    for category, letter, ranges in (
        ("talktime", "T", ((10, 100), (101, 200), (201, 400))),
        ("data", "D", ((10, 50), (51, 150), (151, 300))),
        ("sms", "S", ((5, 10), (11, 20), (21, 30), (31, 40))),
    )
    for number, (low, high) in enumerate(ranges, 1)
)
AMOUNTS = {group.name: group.low // SCALE for group in GROUPS}
TABLE_II = ("D2 T3 S3", "D2 T3 S1", "D2 T3 S4", "D2 T2 S3", "D2 T2", "T1 D3 S2", "T1 D3 S1", "T1 S2", "T1 S4")
"""Baskets of nine customers with the counts that the method's authors tell of theirs."""

File = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Writes recharges; the head of the columns is told first where it is another."""

    def write(rows: Iterable[str], head: str = HEAD) -> Path:
        path = tmp_path / "r.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def recharge(customer: object, category: str, amount: object, day: str = "2026-10-05", status: str = "success") -> str:
    """One row."""
    return f"{customer},{category},{day},{amount},{status}"


def baskets(*items: str) -> list[str]:
    """Recharges of customers 1, 2, 3 … that are in these groups."""
    category = {group.name: group.category for group in GROUPS}
    return [
        recharge(number, category[item], AMOUNTS[item])
        for number, basket in enumerate(items, 1)
        for item in basket.split()
    ]


def mined(path: Path, groups: tuple[AmountGroup, ...] = GROUPS, mining: Mining = MINING) -> Combos:
    """What is found in the file."""
    return from_recharges(path, groups, mining, lambda stage, gauge: None)


def test_table_two_to_the_last_count(file: File) -> None:
    """Nine customers with two categories or more; a support of 0.2 is two of them: nine items and five pairs."""
    noise = [
        recharge(21, "data", 60),  # a single category
        recharge(22, "data", 60), recharge(22, "sms", 999),  # one beside an outlier
        recharge(23, "data", 9999), recharge(23, "talktime", 9999),  # outliers alone
        recharge(24, "data", 60), recharge(24, "", 20), recharge(24, "sms", ""),  # not told
        recharge(25, "data", 60), recharge(25, "sms", 12, status="failed"),
    ]  # fmt: skip
    found = mined(file([*reversed(baskets(*TABLE_II)), *noise]))
    assert found.transactions == 9
    assert {" ".join(one.items): one.count for one in found.itemsets} == {
        "D2": 5, "T1": 4, "T3": 3, "D3": 2, "S1": 2, "S2": 2, "S3": 2, "S4": 2, "T2": 2,
        "D2 T3": 3, "D2 S3": 2, "D2 T2": 2, "D3 T1": 2, "S2 T1": 2,
    }  # fmt: skip
    assert {(one.given, one.then, one.count, one.support, one.confidence, one.lift) for one in found.rules} == {
        (("T3",), ("D2",), 3, 3 / 9, 1.0, 1.8),
        (("S3",), ("D2",), 2, 2 / 9, 1.0, 1.8),
        (("T2",), ("D2",), 2, 2 / 9, 1.0, 1.8),
        (("D3",), ("T1",), 2, 2 / 9, 1.0, 2.25),
        (("S2",), ("T1",), 2, 2 / 9, 1.0, 2.25),
    }
    assert found.left_out == {
        "not successful": 1,
        "no type or no amount": 2,
        "sums that are outliers": 3,
        "customers and months with a single category": 4,
        "customers and months of outliers alone": 1,
    }


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["data", "sms", "talktime"]),
        st.sampled_from(["2026-09-30T23:59:59.999Z", "2026-10-01T00:00:00Z", "2026-10-31T19:00:00-05:00"]),
        st.decimals(0, 120, places=3),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_baskets_are_those_that_adding_by_hand_makes(file: File, rows: list[tuple[str, str, str, Decimal]]) -> None:
    """Whatever rows there are: exact sums, by customer, month of UTC and type."""
    spent: dict[tuple[str, int], dict[str, Decimal]] = {}
    for customer, category, at, amount in rows:
        month = datetime.fromisoformat(at).astimezone(UTC).month
        by_category = spent.setdefault((customer, month), {})
        by_category[category] = by_category.get(category, Decimal(0)) + amount
    held = [
        {
            group.name
            for group in GROUPS
            if group.low <= by_category.get(group.category, -1) * SCALE <= (group.high or 0)
        }
        for by_category in spent.values()
    ]
    baskets = [items for items in held if len(items) > 1]
    found = mined(file(recharge(c, category, amount, at) for c, category, at, amount in rows))
    assert found.transactions == len(baskets)
    assert {one.items for one in found.itemsets if len(one.items) == 1} == {
        (name,)
        for name in {item for items in baskets for item in items}
        if sum(name in items for items in baskets) >= -(-len(baskets) // 5)
    }


def test_what_a_customer_spends_in_a_month_is_added_up(file: File) -> None:
    """By month of UTC, whatever order rows come in and whatever zone they tell; cents are exact."""
    rows = [
        recharge("007", "data", "30.10", "2026-10-31T23:59:59Z"),
        recharge("007", "sms", 12, "2026-10-01"),
        recharge("007", "data", "20.90", "2026-10-31T19:00:00-05:00"),  # November
        recharge("007", "Data ", "20.90", "2026-10-02 08:00:00"),
        recharge("7", "sms", 12, "2026-10-01"),
    ]
    found = mined(file(rows))
    assert found.transactions == 1
    assert {one.items for one in found.itemsets} == {("D2",), ("S2",), ("D2", "S2")}  # 51.00 is in D2, 51 in no other


def test_a_recharge_that_is_told_twice_counts_once_where_the_file_can_tell(file: File) -> None:
    """By its id; without ids, two of one amount on one day are two."""
    rows = [recharge(1, "data", 30), recharge(1, "data", 30), recharge(1, "sms", 12)]
    assert {one.items for one in mined(file(rows)).itemsets} == {("D2",), ("S2",), ("D2", "S2")}
    known = [f"{row},{number}" for row, number in zip(rows, "aab", strict=True)]
    found = mined(file(known, f"{HEAD},recharge_id"))
    assert {one.items for one in found.itemsets} == {("D1",), ("S2",), ("D1", "S2")}
    assert found.left_out == {"told twice": 1}


def test_rows_of_another_circle_or_not_prepaid_do_not_count(file: File) -> None:
    """Where the file tells; words are compared without regard to case."""
    rows = [
        f"{row},{more}"
        for basket, more in ((1, "North,Prepaid"), (2, "south,prepaid"), (3, "north,postpaid"))
        for row in (recharge(basket, "data", 60), recharge(basket, "sms", 12))
    ]
    path = file(rows, f"{HEAD},circle,service_type")
    assert mined(path).transactions == 2
    north = replace(MINING, counted=Counted(circles=frozenset({"north"})))
    found = mined(path, mining=north)
    assert found.transactions == 1
    assert found.left_out == {"another circle": 2, "not prepaid": 2}


def test_a_circle_cannot_be_chosen_in_a_file_without(file: File) -> None:
    """Nothing would be chosen."""
    with pytest.raises(FileMalformed, match=r"line 1: there is no column 'circle' to choose by"):
        mined(file(baskets("D2 S2")), mining=replace(MINING, counted=Counted(circles=frozenset({"north"}))))


def test_types_without_groups_are_left_out(file: File) -> None:
    """Counted, as somebody may have spelled one otherwise."""
    found = mined(file([*baskets("D2 S2"), recharge(1, "roaming", 60)]))
    assert found.left_out == {"a type without groups": 1}


def test_without_groups_there_are_quarters_of_what_is_usual(file: File) -> None:
    """Each type by itself; what lies far beyond the quartiles is an outlier."""
    rows = [
        recharge(number, category, amount)
        for number, amount in enumerate([10, 20, 30, 40, 50, 60, 70, 5000])
        for category in ("data", "sms")
    ]
    found = mined(file(rows), ())
    assert [group.name for group in found.groups if group.category == "data"] == [
        "data:10-20", "data:30-40", "data:50-60", "data:70"
    ]  # fmt: skip
    assert found.transactions == 7
    assert found.left_out == {"sums that are outliers": 2, "customers and months of outliers alone": 1}


@pytest.mark.parametrize("groups", [GROUPS, ()])
def test_a_file_of_no_rows_has_nothing(file: File, groups: tuple[AmountGroup, ...]) -> None:
    """And is no error."""
    assert mined(file([]), groups) == Combos(0, (), (), (), groups, {})


def test_one_row_is_no_basket(file: File) -> None:
    """A single category."""
    assert mined(file([recharge(1, "data", 60)])).transactions == 0


def test_parquet_is_mined_as_csv_is(tmp_path: Path, file: File) -> None:
    """By the name's ending."""
    path, parquet = file(baskets(*TABLE_II)), tmp_path / "r.parquet"
    duckdb.execute(f"COPY (SELECT * FROM '{path}') TO '{parquet}'")
    assert mined(parquet) == mined(path)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (recharge(1, "data", -5), "line 3, column amount: -5 is less than 0"),
        (recharge(1, "data", "nan"), "line 3, column amount: not a number: 'nan'"),
        (recharge(1, "data", "inf"), "line 3, column amount: not a number: 'inf'"),
        (recharge(1, "data", "ten"), "line 3, column amount: not a number: 'ten'"),
        (recharge(1, "data", 5, "05/10/2026"), "line 3, column recharge_date: not a time in ISO 8601: '05/10/2026'"),
        (recharge(1, "data", 5, ""), "line 3, column recharge_date: empty"),
        (recharge("", "data", 5), "line 3, column customer_id: empty"),
        ("1,data,2026-10-05", "line 3, column amount: 3 values, where there are 5 columns"),
        (recharge(1, "data", 10**15), "column amount: too large to be added up exactly"),
    ],
)
def test_what_cannot_be_used_is_named(file: File, row: str, told: str) -> None:
    """By file, line and column."""
    path = file([recharge(1, "data", 60), row])
    with pytest.raises(FileMalformed, match=re.escape(told)) as raised:
        mined(path)
    assert "\n" not in str(raised.value)


def test_a_missing_column_is_named(file: File) -> None:
    """In the first line."""
    path = file(["1,data,2026-10-05,60"], "customer_id,recharge_type,recharge_date,amount")
    with pytest.raises(FileMalformed, match=r"line 1: there is no column 'status'"):
        mined(path)


def test_statuses_that_all_do_not_count_are_told(file: File) -> None:
    """An empty answer would look like one."""
    path = file([recharge(1, "data", 60, status="Erfolg")])
    with pytest.raises(NothingToMine, match=r"no row has a status that counts \(there is 'Erfolg'\)"):
        mined(path)
    assert mined(path, mining=replace(MINING, counted=Counted(frozenset({"erfolg"})))).transactions == 0


def crowd(*many: tuple[int, str]) -> list[str]:
    """So many customers with each basket."""
    return baskets(*(basket for count, basket in many for _ in range(count)))


def test_a_plan_costs_a_little_less_than_its_parts_and_pays(file: File) -> None:
    """Ten hold both and save; a hundred lack one part and would pay more for the whole."""
    found = mined(file(crowd((10, "D2 T2"), (5, "D1 S1"), (5, "T1 S2"), (100, "D2"))))
    (plan,) = (one for one in found.plans if one.items == ("D2", "T2"))
    assert plan.parts == (51_000, 101_000)
    assert plan.price == 144_000  # 152 less 5 % is 144.4
    assert (plan.savers, plan.cannibalised) == (10, 10 * 8_000)
    assert (plan.reach, plan.gain) == (100, 100 * 93_000)
    assert plan.break_even == 80 / 9_300
    revenue = 10 * 152 + 5 * (10 + 5) + 5 * (10 + 11) + 100 * 51
    assert plan.arpu_before == pytest.approx(revenue * SCALE / 120)
    assert plan.arpu_after == pytest.approx((revenue - 80 + 0.05 * 9_300) * SCALE / 120)
    assert (plan.proposed, plan.because) == (True, "earns more once 0.86% of those within reach take it")


@pytest.mark.parametrize(
    ("many", "because"),
    [
        (((10, "D2 T2"), (5, "D1 S1"), (1, "D2")), "loses money unless more than 86.02% of those within reach take it"),
        (((10, "D2 T2"), (5, "D1 S1")), "nobody within reach would pay more for it than today"),
        (((10, "D2 T2"),), "its items go together no more often than by chance"),
    ],
)
def test_a_plan_that_would_not_pay_is_not_proposed(file: File, many: tuple[tuple[int, str], ...], because: str) -> None:
    """It is told all the same, with the reason."""
    (plan,) = (one for one in mined(file(crowd(*many))).plans if one.items == ("D2", "T2"))
    assert (plan.proposed, plan.because) == (False, because)


def test_a_plan_lasts_as_long_as_its_longest_part(file: File) -> None:
    """By what the file tells of each recharge, added up over the month; too different parts make no plan."""
    rows = crowd((4, "D2 T2"), (4, "D1 S1"), (40, "D2"))
    lasting = [f"{row},{7 if 'talktime' in row else 12}" for row in rows]
    (plan,) = (one for one in mined(file(lasting, f"{HEAD},validity_days")).plans if "T2" in one.items)
    assert (plan.validity_days, plan.validity_fit, plan.proposed) == (15, 7 / 12, True)
    lasting = [f"{row},{1 if 'talktime' in row else 28}" for row in rows]
    (plan,) = (one for one in mined(file(lasting, f"{HEAD},validity_days")).plans if "T2" in one.items)
    assert (plan.validity_days, plan.proposed) == (30, False)
    assert plan.because == "its parts last too differently for one plan"


def test_where_the_file_does_not_tell_groups_do(file: File) -> None:
    """How long what they buy lasts; a month where they do not, either."""
    lasting = tuple(replace(one, validity_days=7.0) if one.name == "T2" else one for one in GROUPS)
    found = mined(file(crowd((4, "D2 T2"), (4, "D1 S1"))), lasting)
    (plan,) = (one for one in found.plans if "T2" in one.items)
    assert (plan.validity_days, plan.validity_fit) == (30, 7 / 30)


def test_terms_are_what_they_are_told(file: File) -> None:
    """A deeper discount, a bolder share."""
    bold = replace(MINING, terms=Terms(discount=Fraction(1, 5), take_up=Fraction(1)))
    (plan,) = (
        one
        for one in mined(file(crowd((10, "D2 T2"), (5, "D1 S1"), (9, "D2"))), mining=bold).plans
        if "T2" in one.items
    )
    assert (plan.price, plan.take_up, plan.proposed) == (121_000, 1.0, True)


@pytest.mark.parametrize(("amount", "price"), [(144_400, 144_000), (99_999, 99_900), (12_345_678, 12_300_000), (7, 7)])
def test_a_price_has_three_figures(amount: int, price: int) -> None:
    """Rounded down, so that it stays below the sum."""
    assert rounded_down(Fraction(amount)) == price


def test_transactions_are_lines_of_items(tmp_path: Path) -> None:
    """Twice in a line is once, an empty line is a transaction of nothing, tabs and blanks part alike."""
    path = tmp_path / "t.dat"
    path.write_text("\ufeff1 2 2\n\n2\t10 \n2", encoding="utf-8")
    found = from_transactions(path, Mining(Fraction(1, 4), Fraction(1)), lambda stage, gauge: None)
    assert found.transactions == 4
    assert [(one.items, one.count, one.support) for one in found.itemsets] == [
        (("2",), 3, 0.75), (("1",), 1, 0.25), (("10",), 1, 0.25), (("1", "2"), 1, 0.25), (("10", "2"), 1, 0.25)
    ]  # fmt: skip
    assert [(one.given, one.then) for one in found.rules] == [(("1",), ("2",)), (("10",), ("2",))]
    assert found.plans == ()


@pytest.mark.parametrize(("text", "transactions"), [(b"", 0), (b"7", 1), (b"\n", 1)])
def test_a_file_may_be_almost_empty(tmp_path: Path, text: bytes, transactions: int) -> None:
    """Nothing, one item, one empty line."""
    path = tmp_path / "t.dat"
    path.write_bytes(text)
    found = from_transactions(path, Mining(Fraction(1), Fraction(1)), lambda stage, gauge: None)
    assert found.transactions == transactions
    assert [one.items for one in found.itemsets] == [(item,) for item in text.decode().split()]


@pytest.mark.parametrize(("text", "told"), [(b"1 2\n\xff\n", "line 2: not UTF-8"), (None, "there is no such file")])
def test_transactions_that_cannot_be_read_are_told(tmp_path: Path, text: bytes | None, told: str) -> None:
    """By file and line."""
    path = tmp_path / "t.dat"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(FileMalformed, match=told):
        from_transactions(path, MINING, lambda stage, gauge: None)
