"""Itemsets and rules: what is frequent, exactly."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.association import ranked_itemsets, ranked_rules
from scoring.combo_values import Rule
from scoring.errors import TooManyCombinations
from scoring.itemsets import frequent_itemsets, least_count

BASKETS = st.lists(st.frozensets(st.integers(0, 6)), max_size=24)
WIDE = st.lists(st.frozensets(st.integers(0, 10), min_size=9), max_size=6)
SHARES = st.one_of(
    st.decimals(Decimal("0.01"), 1, places=2).map(Fraction),
    st.builds(lambda n, of: Fraction(min(n, of), of), *[st.integers(1, 24)] * 2),
)


def weighed(baskets: list[frozenset[int]]) -> Counter[tuple[int, ...]]:
    """Distinct baskets with how often they occur."""
    return Counter(tuple(sorted(basket)) for basket in baskets)


def by_hand(baskets: list[frozenset[int]], support: Fraction) -> dict[tuple[int, ...], int]:
    """Every subset of every basket, counted one by one."""
    counts: Counter[tuple[int, ...]] = Counter()
    for basket in baskets:
        items = sorted(basket)
        counts.update(chain.from_iterable(combinations(items, size) for size in range(1, len(items) + 1)))
    return {items: count for items, count in counts.items() if Fraction(count, len(baskets)) >= support}


@settings(deadline=None)
@given(BASKETS, SHARES, st.booleans())
def test_what_is_frequent_is_what_counting_one_by_one_finds(
    baskets: list[frozenset[int]], support: Fraction, everywhere: bool
) -> None:
    """Also of no basket, of one, of empty ones, and with an item that is in all of them."""
    if everywhere:
        baskets = [basket | {7} for basket in baskets]
    found = frequent_itemsets(weighed(baskets), least_count(support, len(baskets)))
    assert found == by_hand(baskets, support)


@settings(deadline=None, max_examples=30)
@given(WIDE, SHARES)
def test_no_itemset_is_too_long(baskets: list[frozenset[int]], support: Fraction) -> None:
    """Nine items and more: nothing is cut at eight."""
    found = frequent_itemsets(weighed(baskets), least_count(support, len(baskets)))
    assert found == by_hand(baskets, support)


@settings(deadline=None)
@given(BASKETS, st.integers(1, 1_000_000))
def test_a_weight_is_as_many_baskets(baskets: list[frozenset[int]], times: int) -> None:
    """Whatever the weight: a million alike are one with the weight of a million."""
    once = weighed(baskets)
    many = {items: weight * times for items, weight in once.items()}
    assert frequent_itemsets(many, 2 * times) == {
        items: count * times for items, count in frequent_itemsets(once, 2).items()
    }


@settings(deadline=None)
@given(BASKETS.filter(len), SHARES, SHARES)
def test_rules_are_all_those_that_are_sure_enough(
    baskets: list[frozenset[int]], support: Fraction, confidence: Fraction
) -> None:
    """Between any two parts of a frequent itemset, with counts that are counted anew."""
    found = by_hand(baskets, support)
    names = [f"i{number}" for number in range(8)]
    wanted = set()
    for items in found:
        for size in range(1, len(items)):
            for part in combinations(items, size):
                rest = tuple(item for item in items if item not in part)
                both, left, right = (sum(basket.issuperset(side) for basket in baskets) for side in (items, part, rest))
                if Fraction(both, left) >= confidence:
                    sides = [tuple(names[item] for item in side) for side in (part, rest)]
                    n = len(baskets)
                    wanted.add(Rule(sides[0], sides[1], both, both / n, both / left, both * n / (left * right)))
    rules = ranked_rules(found, len(baskets), names, confidence)
    assert len(rules) == len(set(rules))
    assert set(rules) == wanted


@pytest.mark.parametrize(
    ("support", "baskets", "least"),
    [("0.07", 100, 7), ("0.2", 9, 2), ("0.3", 10, 3), ("1", 10, 10), ("0.0001", 10, 1), ("0.5", 0, 1)],
)
def test_a_support_is_compared_as_it_was_written(support: str, baskets: int, least: int) -> None:
    """0.07 × 100 is 7.000000000000001 in floating point, which would round up to 8."""
    assert least_count(Fraction(Decimal(support)), baskets) == least


def test_what_nobody_could_read_is_refused() -> None:
    """Thirty items that are always together have a thousand million subsets."""
    with pytest.raises(TooManyCombinations, match=r"more than 1,000 itemsets are frequent; raise --min-support"):
        frequent_itemsets({tuple(range(30)): 5}, 1, most=1000)
    found = frequent_itemsets({tuple(range(8)): 5}, 1)
    with pytest.raises(TooManyCombinations, match=r"more than 100 rules are sure enough; raise --min-confidence"):
        ranked_rules(found, 5, [f"i{number}" for number in range(8)], Fraction(1, 2), most=100)


def test_lists_are_in_an_order_that_does_not_change() -> None:
    """Itemsets by count, then the shorter, then by name; rules by confidence, lift, count, then by name."""
    baskets = {(0, 1): 2, (0, 2): 1, (1,): 1}
    found = frequent_itemsets(baskets, 1)
    assert [one.items for one in ranked_itemsets(found, 4, "xyz")] == [
        ("x",), ("y",), ("x", "y"), ("z",), ("x", "z")
    ]  # fmt: skip
    rules = ranked_rules(found, 4, "xyz", Fraction(1, 3))
    assert [(one.given, one.then) for one in rules] == [
        (("z",), ("x",)), (("x",), ("y",)), (("y",), ("x",)), (("x",), ("z",))
    ]  # fmt: skip
