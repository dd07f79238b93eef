"""Association rules of frequent itemsets (Agrawal and Srikant 1994), and the order in which both are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from scoring.combo_values import Itemset, Itemsets, Rule
from scoring.errors import TooManyCombinations
from scoring.itemsets import as_names

MOST_RULES = 1_000_000


def ranked_itemsets(found: Itemsets, baskets: int, names: Sequence[str]) -> tuple[Itemset, ...]:
    """Most frequent first, then the shorter, then by name."""
    sets = [Itemset(as_names(items, names), count, count / baskets) for items, count in found.items()]
    return tuple(sorted(sets, key=lambda one: (-one.count, len(one.items), one.items)))


def ranked_rules(
    found: Itemsets, baskets: int, names: Sequence[str], confidence: Fraction, most: int = MOST_RULES
) -> tuple[Rule, ...]:
    """Every rule between two parts of a frequent itemset that is at least this sure: the surest first, then by lift.

    Raises TooManyCombinations beyond ``most`` rules.
    """
    rules: list[Rule] = []
    for items, count in found.items():
        for then in _consequents(items, count, found, confidence):
            given = tuple(item for item in items if item not in then)
            sure, lift = count / found[given], count * baskets / (found[given] * found[then])
            rules.append(Rule(as_names(given, names), as_names(then, names), count, count / baskets, sure, lift))
        if len(rules) > most:
            raise TooManyCombinations(f"more than {most:,} rules are sure enough; raise --min-confidence")
    return tuple(sorted(rules, key=lambda one: (-one.confidence, -one.lift, -one.count, one.given, one.then)))


def _consequents(
    items: tuple[int, ...], count: int, found: Itemsets, confidence: Fraction
) -> Iterator[tuple[int, ...]]:
    """The parts of an itemset that follow from the rest. One that does not follow does not within a larger one, either:
    what is left then is less, and so in no fewer baskets.
    """
    level: list[tuple[int, ...]] = [()]
    while level:
        level = [
            (*part, item)
            for part in level
            for item in items
            if (not part or item > part[-1]) and _follows((*part, item), items, count, found, confidence)
        ]
        yield from level


def _follows(then: tuple[int, ...], items: tuple[int, ...], count: int, found: Itemsets, confidence: Fraction) -> bool:
    given = tuple(item for item in items if item not in then)
    return bool(given) and count * confidence.denominator >= confidence.numerator * found[given]
