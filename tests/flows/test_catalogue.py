"""The catalogue is read strictly, and the starter catalogues are fit to sell from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalogue import BundleKind, Catalogue, load_starter, parse_catalogue
from flows.errors import CatalogueError
from flows.values import Allowance, Money, Unit

MARKETS = {"co": "COP", "br": "BRL", "mx": "MXN", "za": "ZAR", "gh": "GHS", "in": "INR"}
GSM_BASIC = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +,.-")

GOOD = """
bundles:
  - id: data-1gb-7d
    kind: data
    names: {es: "1 GB por 7 días", pt_BR: "1 GB por 7 dias", en: "1 GB for 7 days"}
    price: {amount: 300000, currency: COP}
    tax_included: true
    allowances: [{unit: byte, amount: 1073741824, window: "00:00-06:00"}]
    validity_hours: 168
    renews: false
    margin: 0.6
    on_sale: {from: 2026-01-01, to: 2026-01-31}
    eligible: {segment: [youth, gold]}
    ocs:
      tmf: {product_offering: "po-data-1gb-7d"}
"""


def test_a_bundle_is_read_as_it_stands_in_the_file() -> None:
    """Every key of the contract arrives under its name."""
    bundle = parse_catalogue(GOOD).bundles[0]
    assert bundle.kind is BundleKind.DATA
    assert bundle.price == Money(300000, "COP")
    assert bundle.allowances == (Allowance(Unit.BYTE, 1073741824, window="00:00-06:00"),)
    assert (bundle.validity_hours, bundle.renews, bundle.margin, bundle.offer_hours) == (168, False, 0.6, 24)
    assert bundle.ocs["tmf"] == {"product_offering": "po-data-1gb-7d"}
    assert bundle.amount(Unit.BYTE) == 1073741824


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("es", "1 GB por 7 días"),
        ("es_CO", "1 GB por 7 días"),
        ("pt", "1 GB por 7 dias"),
        ("en", "1 GB for 7 days"),
        ("zu", "1 GB for 7 days"),
    ],
)
def test_a_name_falls_back_to_a_kin_language_then_to_english(language: str, name: str) -> None:
    """Nobody is left without a name."""
    assert parse_catalogue(GOOD).bundles[0].name(language) == name


@pytest.mark.parametrize("name", ["data-1gb-7d", "1 GB por 7 días", "1 gb por 7 dias", "1 GB for 7 days"])
def test_a_bundle_is_found_by_its_id_and_by_its_name_in_any_language(name: str) -> None:
    """Charging systems tell one or the other."""
    catalogue = parse_catalogue(GOOD)
    assert catalogue.named(name) == catalogue.bundles[0]


@pytest.mark.parametrize("name", ["", "...", "2 GB", "1 GB", "1 GB for 7 days"])
def test_a_name_that_is_nobodys_finds_no_bundle(name: str) -> None:
    """Nor does one that several have."""
    catalogue = parse_catalogue(GOOD + GOOD.removeprefix("\nbundles:\n").replace("data-1gb-7d", "other"))
    assert catalogue.named(name) is None


def test_a_bundle_is_on_sale_on_its_first_and_last_day_only_in_between() -> None:
    """Both ends of on_sale count."""
    catalogue = parse_catalogue(GOOD)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [len(catalogue.on_sale(day)) for day in days] == [0, 1, 1, 0]


@pytest.mark.parametrize(("value", "sold"), [("true", 1), ("false", 0), ("{from: 2026-01-01, to: null}", 1)])
def test_on_sale_may_be_a_flag_or_open_ended(value: str, sold: int) -> None:
    """true, false and a period without end are all understood."""
    text = GOOD.replace("{from: 2026-01-01, to: 2026-01-31}", value)
    assert len(parse_catalogue(text).on_sale(date(2030, 1, 1))) == sold


@pytest.mark.parametrize(("facts", "may"), [({"segment": "gold"}, True), ({"segment": "x"}, False), ({}, False)])
def test_a_condition_is_met_only_by_a_known_fact(facts: dict[str, str], may: bool) -> None:
    """An unknown segment buys nothing that is for a segment."""
    assert parse_catalogue(GOOD).bundles[0].eligible_for(facts) is may


def test_an_unknown_bundle_is_none() -> None:
    """get does not raise."""
    assert parse_catalogue(GOOD).get("nope") is None
    assert parse_catalogue(GOOD).get("data-1gb-7d") is not None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("kind: data", "kind: gas", "bundle data-1gb-7d: kind: must be one of data, voice, sms, combo, content"),
        ("amount: 300000,", "amount: 3000.5,", "bundle data-1gb-7d: price.amount: must be a whole number from 0"),
        ("amount: 300000,", "amount: true,", "bundle data-1gb-7d: price.amount: must be a whole number from 0"),
        ("currency: COP", "currency: peso", "bundle data-1gb-7d: price.currency: must be an ISO 4217 code such as COP"),
        ("unit: byte", "unit: GB", "bundle data-1gb-7d: allowances.0.unit: must be one of byte, second, message"),
        ("00:00-06:00", "25:00-06:00", "bundle data-1gb-7d: allowances.0.window: must be hours such as 00:00-06:00"),
        ("margin: 0.6", "margin: 60", "bundle data-1gb-7d: margin: must be a number from 0 to 1"),
        ("renews: false", "renew: false", "bundle data-1gb-7d: renew: unknown key"),
        ("    validity_hours: 168\n", "", "bundle data-1gb-7d: validity_hours: is missing"),
        ("to: 2026-01-31", "to: 2025-01-31", "bundle data-1gb-7d: on_sale.to: lies before from"),
        ("to: 2026-01-31", "to: soon", "bundle data-1gb-7d: on_sale.to: must be a day such as 2026-01-31, or null"),
        ("{segment: [youth, gold]}", "{age: 3}", "bundle data-1gb-7d: eligible.age: unknown key"),
        ("pt_BR:", "BRASIL:", "bundle data-1gb-7d: names.BRASIL: must be a language such as es or pt_BR"),
        ('{product_offering: "po-data-1gb-7d"}', "po", "bundle data-1gb-7d: ocs.tmf: must be a mapping"),
        ("id: data-1gb-7d", "id: 7", "bundle 1: id: must be letters, digits, '.', '_' and '-', at most 64"),
        ("bundles:", "bundels:", "bundles: is missing"),
        ("renews: false", "kind: data", "line 10: kind is given twice"),
        ("renews: false", "renews: *x", "line 10: aliases are not allowed"),
        ("to: 2026-01-31", "to: 2026-02-31", "day is out of range for month"),
    ],
)
def test_a_mistake_is_named_by_file_bundle_and_key(old: str, new: str, complaint: str) -> None:
    """The operator reads one line and knows what to change."""
    assert old in GOOD
    with pytest.raises(CatalogueError) as raised:
        parse_catalogue(GOOD.replace(old, new), "mine.yaml")
    assert str(raised.value) == f"mine.yaml: {complaint}"


def test_the_same_id_twice_is_refused() -> None:
    """Two bundles cannot share an id."""
    with pytest.raises(CatalogueError, match="bundle data-1gb-7d: id is given twice"):
        parse_catalogue(GOOD + GOOD.replace("\nbundles:\n", ""))


@pytest.mark.parametrize(("text", "complaint"), [("x" * 1_000_001, "larger than 1 MB"), ("[" * 21, "nested deeper")])
def test_a_file_made_to_exhaust_the_reader_is_refused(text: str, complaint: str) -> None:
    """Size and depth are bounded."""
    with pytest.raises(CatalogueError, match=complaint):
        parse_catalogue(text)


@given(st.text(alphabet="bundles:[]{}-&*!|>'\"#%@ \n\tid0,?~é\x00", max_size=60))
def test_no_text_gets_past_the_reader_but_as_one_line(text: str) -> None:
    """Whatever is in the file, the only error is a CatalogueError of one line."""
    assert "\n" not in complaint_about(text)


def complaint_about(text: str) -> str:
    """The reader's complaint, empty where there is none."""
    try:
        parse_catalogue(text)
    except CatalogueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("market", "currency"), MARKETS.items())
def test_a_starter_catalogue_is_ready_for_its_market(market: str, currency: str) -> None:
    """Five to seven bundles in the market's currency, with short plain names in three languages."""
    bundles = load_starter(market).bundles
    assert 5 <= len(bundles) <= 7
    for bundle in bundles:
        assert bundle.price.currency == currency
        assert set(bundle.names) == {"es", "pt_BR", "en"}
        assert all(len(name) <= 22 for name in bundle.names.values())
        assert "product_offering" in bundle.ocs["tmf"]
    assert {bundle.kind for bundle in bundles} >= {BundleKind.DATA, BundleKind.COMBO, BundleKind.VOICE}


@pytest.mark.parametrize("market", MARKETS)
def test_starter_names_are_plain(market: str) -> None:
    """They fit GSM 7-bit, but for the í of "días", which the wire writes as i."""
    used = {letter for bundle in load_starter(market).bundles for name in bundle.names.values() for letter in name}
    assert used <= GSM_BASIC | {"í"}


def test_the_colombian_gigabyte_costs_3000_pesos() -> None:
    """It is the contract's own example."""
    bundle = load_starter("co").get("data-1gb-7d")
    assert bundle is not None
    assert bundle.price == Money(300000, "COP")
    assert bundle.names["es"] == "1 GB por 7 días"
    assert bundle.ocs["diameter"] == {"service_context": "bundle@operator", "service_id": 101}


@pytest.mark.parametrize("market", MARKETS)
def test_every_starter_bundle_has_a_diameter_service_of_its_own(market: str) -> None:
    """Two with one service would be the same to the charging system."""
    catalogue = load_starter(market)
    services = catalogue.diameter_services()
    assert services.keys() == {bundle.id for bundle in catalogue.bundles}
    assert len(set(services.values())) == len(services)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"service_context": "c"},
        {"service_id": 1},
        {"service_context": "", "service_id": 1},
        {"service_context": "c", "service_id": "1"},
        {"service_context": "c", "service_id": True},
        {"service_context": "c", "service_id": -1},
        {"service_context": "c", "service_id": 2**32},
    ],
)
def test_half_a_diameter_service_is_none(told: dict[str, object]) -> None:
    """A bundle without is refused before anything is sent."""
    bundle = load_starter("co").bundles[0]
    assert Catalogue((replace(bundle, ocs={"diameter": told}),)).diameter_services() == {}


def test_a_market_without_starter_is_an_error() -> None:
    """A wrong market is named, also one that tries to leave the folder."""
    for market in ("xx", "../markets/co"):
        with pytest.raises(CatalogueError, match="no starter catalogue"):
            load_starter(market)
