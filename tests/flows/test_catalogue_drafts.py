"""Drafts of bundles: what a plan becomes, and what it lacks before it can be sold."""

from __future__ import annotations

import pytest

from flows.catalogue import load_starter, parse_catalogue
from flows.catalogue_drafts import draft_of, fit_to_sell, mark_of, respelled
from flows.errors import CatalogueError, DraftUnfit
from flows.recharge_groups import NO_GROUPS, RechargeGroups, parse_groups
from flows.values import Allowance, Money, Unit
from scoring.combo_values import Plan

GROUPS = parse_groups(
    """
data: {D2: {from: 1, to: 9, allowances: [{unit: byte, amount: 2147483648}, {unit: second, amount: 600}]}}
talktime: {T3: {from: 1, to: 9, allowances: [{unit: second, amount: 3000}]}}
sms: {S1: [1, 9]}
""",
    "g.yaml",
)
CO = load_starter("co")


def plan(*items: str, price: int = 9_500_500, days: int = 30) -> Plan:
    """A plan of these items."""
    return Plan(
        items=items, count=5, support=0.1, confidence=0.5, lift=2.0, parts=(5_000_000,) * len(items), price=price,
        validity_days=days, validity_fit=1.0, savers=1, cannibalised=1, reach=1, gain=1, take_up=0.05, break_even=1.0,
        arpu_before=1.0, arpu_after=2.0, proposed=True, because="",
    )  # fmt: skip


def test_a_plan_becomes_a_bundle_that_the_catalogue_takes() -> None:
    """Names in three languages, what is granted added up, the price in minor units."""
    bundle = fit_to_sell(draft_of(plan("D2", "T3"), GROUPS, "COP", ["north"]), "draft", "COP", CO)
    assert bundle.names == {
        "es": "2 GB + 60 min, 30 días",
        "pt_BR": "2 GB + 60 min, 30 dias",
        "en": "2 GB + 60 min, 30 days",
    }
    assert bundle.allowances == (Allowance(Unit.BYTE, 2**31), Allowance(Unit.SECOND, 3600))
    assert (bundle.price, bundle.validity_hours) == (Money(950_050, "COP"), 720)
    assert (bundle.kind, bundle.margin, bundle.eligible) == ("combo", 0.0, {"circle": frozenset({"north"})})


def test_a_price_is_rounded_down_to_what_can_be_paid() -> None:
    """Some currencies have no minor unit."""
    (bundle,) = parse_catalogue(draft_of(plan("D2", "T3", price=99_900), GROUPS, "CLP")).bundles
    assert bundle.price == Money(99, "CLP")


@pytest.mark.parametrize(
    ("items", "groups", "name"),
    [
        (("D2", "S1"), GROUPS, "data + sms, 24 h"),
        (("data:10-20", "sms:5"), NO_GROUPS, "data + sms, 24 h"),
    ],
)
def test_without_allowances_it_is_called_by_its_types_and_cannot_be_sold(
    items: tuple[str, ...], groups: RechargeGroups, name: str
) -> None:
    """Half of what it grants would be a lie."""
    text = draft_of(plan(*items, days=1), groups, "COP")
    assert parse_catalogue(text).bundles[0].name("en") == name
    with pytest.raises(DraftUnfit, match=r"x\.yaml: bundle combo-\S+: allowances: say what it grants"):
        fit_to_sell(text, "x.yaml", "COP", CO)


def test_the_same_plan_has_the_same_mark() -> None:
    """Of letters, digits and dashes, whatever its items are called, and not longer than ids are."""
    assert mark_of(plan("D2", "T3")) == "combo-d2-t3"
    assert mark_of(plan("data:10-99.5", "Ñandú")) == "combo-data-10-99-5-and"
    assert len(mark_of(plan(*["x" * 30] * 5))) <= 64


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("combo-d2-t3", "data-1gb-7d", "is in the catalogue already; give it another id"),
        ("currency: COP", "currency: USD", "price.currency: the market's is COP"),
        ("amount: 950050", "amount: 0", "price.amount: is 0"),
        ("pt_BR:", "fr:", "names.pt_BR: is missing"),
    ],
)
def test_what_it_lacks_is_told(old: str, new: str, told: str) -> None:
    """By bundle and key."""
    text = draft_of(plan("D2", "T3"), GROUPS, "COP").replace(old, new)
    with pytest.raises(DraftUnfit) as raised:
        fit_to_sell(text, "x.yaml", "COP", CO)
    assert told in str(raised.value)


def test_a_draft_is_one_bundle() -> None:
    """A file of several is another thing."""
    with pytest.raises(DraftUnfit, match=r"x: has 0 bundles; a draft is one"):
        fit_to_sell("bundles: []", "x", "COP", CO)


def test_a_changed_file_is_kept_in_our_spelling() -> None:
    """However it was written."""
    text = draft_of(plan("D2", "T3"), GROUPS, "COP")
    assert respelled("# mine\n" + text.replace("eligible: {}", "eligible:   {}"), "x") == text
    with pytest.raises(CatalogueError, match=r"x: bundle combo-d2-t3: colour: unknown key"):
        respelled(text + "  colour: red\n", "x")
