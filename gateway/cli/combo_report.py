"""What ``chasqui score combos`` says: as JSON, and as lines to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scoring.combo_plans import in_units
from scoring.combo_values import Combos, Itemset, Plan, Rule


def document(found: Combos, top: int | None) -> dict[str, Any]:
    """The same keys whatever there is. Amounts in the currency's own unit, a month and customer."""
    return {
        "transactions": found.transactions,
        "itemsets": [_itemset(one) for one in found.itemsets[:top]],
        "rules": [_rule(one) for one in found.rules[:top]],
        "plans": [plan_document(one) for one in found.plans[:top]],
        "left_out": dict(found.left_out or {}),
    }


def text(found: Combos, top: int) -> Iterator[str]:
    """The best of each list, and how many there are."""
    yield f"{found.transactions:,} baskets"
    for why, count in sorted((found.left_out or {}).items()):
        yield f"  left out: {count:,} {why}"
    for name, lines in (
        ("itemsets", [_itemset_line(one) for one in found.itemsets[:top]]),
        ("rules", [_rule_line(one) for one in found.rules[:top]]),
        ("plans", [_plan_line(one) for one in found.plans[:top]]),
    ):
        total = len(getattr(found, name))
        yield ""
        yield f"{total:,} {name}" + (f", the best {top}" if total > top else "")
        yield from lines


def _itemset(one: Itemset) -> dict[str, Any]:
    return {"items": list(one.items), "count": one.count, "support": one.support}


def _rule(one: Rule) -> dict[str, Any]:
    return {
        "if": list(one.given),
        "then": list(one.then),
        "count": one.count,
        "support": one.support,
        "confidence": one.confidence,
        "lift": one.lift,
    }


def plan_document(one: Plan) -> dict[str, Any]:
    """A plan with all its figures."""
    return {
        "items": list(one.items),
        "count": one.count,
        "support": one.support,
        "confidence": one.confidence,
        "lift": one.lift,
        "parts": {item: in_units(part) for item, part in zip(one.items, one.parts, strict=True)},
        "sum": in_units(one.sum_of_parts),
        "price": in_units(one.price),
        "validity_days": one.validity_days,
        "validity_fit": one.validity_fit,
        "savers": one.savers,
        "cannibalised": in_units(one.cannibalised),
        "reach": one.reach,
        "gain": in_units(one.gain),
        "take_up": one.take_up,
        "break_even": one.break_even,
        "arpu": {"before": in_units(one.arpu_before), "after": in_units(one.arpu_after)},
        "proposed": one.proposed,
        "because": one.because,
    }


def _itemset_line(one: Itemset) -> str:
    return f"  {one.count:>10,}  {one.support:>7.2%}  {' '.join(one.items)}"


def _rule_line(one: Rule) -> str:
    figures = f"{one.count:>10,}  {one.support:>7.2%}  confidence {one.confidence:.3f}  lift {one.lift:.3f}"
    return f"  {figures}  {' '.join(one.given)} → {' '.join(one.then)}"


def _plan_line(one: Plan) -> str:
    price = f"{in_units(one.price):,g} for {in_units(one.sum_of_parts):,.2f}, {one.validity_days} days"
    arpu = f"ARPU {in_units(one.arpu_before):,.4g} → {in_units(one.arpu_after):,.4g}"
    people = f"held by {one.count:,}, {one.reach:,} within reach"
    verdict = f"{'proposed' if one.proposed else 'not proposed'}: {one.because}"
    return f"  {' + '.join(one.items)}: {price}; {people}; {verdict} ({arpu})"
