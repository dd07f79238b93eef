"""Combo plans from recharges, or itemsets and rules from transactions: the whole method (ADR 29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from scoring.association import ranked_itemsets, ranked_rules
from scoring.combo_groups import coded
from scoring.combo_plans import Terms, plans
from scoring.combo_recharges import read_spending
from scoring.combo_rows import Counted
from scoring.combo_transactions import read_transactions
from scoring.combo_values import AmountGroup, Combos, Itemset, Rule, Told
from scoring.itemsets import frequent_itemsets, least_count


@dataclass(frozen=True, slots=True)
class Mining:
    """support, confidence: from which on itemsets are frequent and rules told, both exact."""

    support: Fraction
    confidence: Fraction
    counted: Counted = field(default_factory=Counted)
    terms: Terms = field(default_factory=Terms)


def from_transactions(path: Path, mining: Mining, told: Told) -> Combos:
    """Itemsets and rules of a transactions file; without amounts there are no plans. Raises ScoringError."""
    size = path.stat().st_size if path.is_file() else 0
    done = [0]
    told("reading transactions", lambda: 100 * done[0] / size if size else 100.0)
    read = read_transactions(path, lambda at: done.__setitem__(0, at))
    itemsets, rules = _mined(read.baskets, read.total, read.names, mining, told)
    return Combos(read.total, itemsets, rules)


def from_recharges(path: Path, groups: Sequence[AmountGroup], mining: Mining, told: Told) -> Combos:
    """All of it, of a file of recharges. groups: empty for quarters of what is spent. Raises ScoringError."""
    categories = list(dict.fromkeys(group.category for group in groups))
    spending = read_spending(path, mining.counted, categories, told)
    items = coded(spending, groups)
    total = sum(items.baskets.values())
    names = [group.name for group in items.groups]
    itemsets, rules = _mined(items.baskets, total, names, mining, told)
    told("checking plans", None)
    made = plans(spending, items, itemsets, rules, mining.terms)
    left_out = {why: count for why, count in {**spending.left_out, **items.left_out}.items() if count}
    return Combos(total, itemsets, rules, made, items.groups, left_out)


def _mined(
    baskets: Mapping[tuple[int, ...], int], total: int, names: Sequence[str], mining: Mining, told: Told
) -> tuple[tuple[Itemset, ...], tuple[Rule, ...]]:
    told(f"mining {len(baskets):,} different baskets", None)
    found = frequent_itemsets(baskets, least_count(mining.support, total))
    told(f"rules of {len(found):,} itemsets", None)
    return ranked_itemsets(found, total, names), ranked_rules(found, total, names, mining.confidence)
