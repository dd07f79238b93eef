"""Bundles that are proposed for the catalogue: made of a combo plan, and checked before a person's word counts.

A draft is the text of a catalogue with this bundle alone, so that it is read, shown and changed as the catalogue is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import yaml
from babel.numbers import get_currency_precision

from flows.catalogue import Bundle, Catalogue, parse_catalogue
from flows.errors import DraftUnfit
from flows.recharge_groups import RechargeGroups
from flows.strict_yaml import load_strict
from flows.values import Allowance, Unit
from locales.formats import amount, duration
from scoring.combo_values import SCALE, Plan

LANGUAGES = ("es", "pt_BR", "en")
_ALIEN = re.compile(r"[^a-z0-9]+")
_LONGEST_MARK = 56
_WIDTH = 120
_Kind = tuple[Unit, str, str, str]


def mark_of(plan: Plan) -> str:
    """The id of a plan's bundle, the same tomorrow: ``combo-d2-t3``."""
    return "-".join(["combo", *(_ALIEN.sub("-", item.casefold()).strip("-") for item in plan.items)])[:_LONGEST_MARK]


def draft_of(plan: Plan, groups: RechargeGroups, currency: str, circles: Collection[str] = ()) -> str:
    """A plan as a catalogue of one bundle. What nobody knows is left for a person: the margin, what the charging system
    calls it, and the allowances where one of the groups does not tell its own.
    """
    known = all(item in groups.allowances for item in plan.items)
    allowances = _together([one for item in plan.items for one in groups.allowances[item]] if known else [])
    bundle = {
        "id": mark_of(plan),
        "kind": "combo",
        "names": {language: _name(plan, groups, allowances, language) for language in LANGUAGES},
        "price": {"amount": plan.price * 10 ** get_currency_precision(currency) // SCALE, "currency": currency},
        "tax_included": True,
        "allowances": [_entry(one) for one in allowances],
        "validity_hours": 24 * plan.validity_days,
        "renews": False,
        "margin": 0.0,
        "on_sale": True,
        "eligible": {"circle": sorted(circles)} if circles else {},
        "ocs": {},
    }
    return written([bundle])


def written(bundles: Sequence[object]) -> str:
    """Bundles as the text of a catalogue, always spelled the same way."""
    text: str = yaml.safe_dump({"bundles": list(bundles)}, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return text


def respelled(text: str, file: str) -> str:
    """The same catalogue in our spelling. Raises CatalogueError."""
    parse_catalogue(text, file)
    root = load_strict(text)
    assert isinstance(root, dict), "a catalogue that was read is a mapping"
    return written(root["bundles"])


def fit_to_sell(text: str, file: str, currency: str, catalogue: Catalogue) -> Bundle:
    """The bundle of a draft, if it can be sold beside this catalogue. Raises CatalogueError, DraftUnfit."""
    bundles = parse_catalogue(text, file).bundles
    if len(bundles) != 1:
        raise DraftUnfit(f"{file}: has {len(bundles)} bundles; a draft is one")
    (bundle,) = bundles
    if problem := _lacks(bundle, currency, catalogue):
        raise DraftUnfit(f"{file}: bundle {bundle.id}: {problem}")
    return bundle


def _lacks(bundle: Bundle, currency: str, catalogue: Catalogue) -> str:
    if catalogue.get(bundle.id) is not None:
        return "is in the catalogue already; give it another id"
    if bundle.price.currency != currency:
        return f"price.currency: the market's is {currency}"
    if bundle.price.amount == 0:
        return "price.amount: is 0"
    if not bundle.allowances:
        return "allowances: say what it grants"
    if missing := [language for language in LANGUAGES if language not in bundle.names]:
        return f"names.{missing[0]}: is missing"
    return ""


def _together(allowances: Sequence[Allowance]) -> tuple[Allowance, ...]:
    """What is granted alike is added up."""
    totals: dict[_Kind, int] = {}
    for one in allowances:
        kind = (one.unit, one.zone, one.window, one.service)
        totals[kind] = totals.get(kind, 0) + one.amount
    return tuple(Allowance(kind[0], total, *kind[1:]) for kind, total in totals.items())


def _entry(allowance: Allowance) -> Mapping[str, object]:
    told = {name: getattr(allowance, name) for name in ("zone", "window", "service") if getattr(allowance, name)}
    return {"unit": allowance.unit.value, "amount": allowance.amount, **told}


def _name(plan: Plan, groups: RechargeGroups, allowances: Sequence[Allowance], language: str) -> str:
    """``2 GB + 60 min, 30 días``; by the types of recharges where allowances are not known."""
    category = {group.name: group.category for group in groups.groups}
    parts = [amount(one.unit, one.amount, language) for one in allowances]
    parts = parts or [category.get(item, item.split(":")[0]) for item in plan.items]
    return f"{' + '.join(parts)}, {duration(timedelta(days=plan.validity_days), language)}"
