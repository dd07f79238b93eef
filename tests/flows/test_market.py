"""Market packs: the rules in force on a day, and the strict reading of the files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.errors import MarketError
from flows.holidays import colombian_holidays, easter
from flows.market import PACKS, load_market, market_codes
from flows.market_rules import AlertScope, OptIn, SmsConfirmation

TODAY = date(2026, 11, 24)


def pack(**changes: Any) -> dict[str, Any]:
    """A small valid pack; a change to None leaves the key out."""
    rule = {"source": "a law", "valid_from": None, "valid_to": None}
    whole: dict[str, Any] = {
        "name": "Testland",
        "languages": ["en"],
        "currency": "ZAR",
        "dialling_prefix": "27",
        "time_zones": ["Africa/Johannesburg"],
        "source": "tests",
        "alerts": [{**rule, "thresholds": [0.5, 1.0], "scope": "wallet", "mandatory": True}],
        "opt_in": [{**rule, "required": "prior"}],
        "hours": [],
        "caps": [{**rule, "per_day": 1, "one_channel_a_week": False}],
        "prices": [{**rule, "include_tax": True}],
        "stop_words": [{**rule, "words": ["STOP"]}],
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


def write(folder: Path, content: dict[str, Any] | str) -> None:
    """Put a pack named ``tt`` into ``folder``."""
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    (folder / "tt.yaml").write_text(text, encoding="utf-8")


def test_the_six_markets_come_with_the_package() -> None:
    """Every market of the contract has a pack."""
    assert market_codes() == ("br", "co", "gh", "in", "mx", "za")


@pytest.mark.parametrize("code", ["br", "co", "gh", "in", "mx", "za"])
def test_every_rule_says_where_it_is_from(code: str) -> None:
    """A shipped pack loads, and each rule in force today has its source."""
    rules = load_market(code).at(TODAY)
    assert {"alerts", "opt_in", "stop_words"} <= rules.sources.keys()
    assert all(rules.sources.values())


@pytest.mark.parametrize(
    ("code", "language", "currency", "prefix", "zone"),
    [
        ("co", "es", "COP", "57", "America/Bogota"),
        ("br", "pt_BR", "BRL", "55", "America/Sao_Paulo"),
        ("mx", "es", "MXN", "52", "America/Mexico_City"),
        ("za", "en", "ZAR", "27", "Africa/Johannesburg"),
        ("gh", "en", "GHS", "233", "Africa/Accra"),
        ("in", "en", "INR", "91", "Asia/Kolkata"),
    ],
)
def test_a_market_speaks_its_language_and_money(
    code: str, language: str, currency: str, prefix: str, zone: str
) -> None:
    """The first language and the first zone are the defaults."""
    market = load_market(code)
    assert (market.languages[0], market.currency, market.dialling_prefix) == (language, currency, prefix)
    assert market.time_zones[0].key == zone


@pytest.mark.parametrize(
    ("day", "scope"),
    [
        (date(2019, 6, 1), AlertScope.WALLET),
        (date(2027, 1, 22), AlertScope.WALLET),
        (date(2027, 1, 23), AlertScope.EACH_BUNDLE),
        (date(2030, 1, 1), AlertScope.EACH_BUNDLE),
    ],
)
def test_south_africa_counts_each_bundle_from_its_day(day: date, scope: AlertScope) -> None:
    """The rule of 2019 holds to its last day, the new one from its first, on 50, 80 and 100 %."""
    alerts = load_market("za").at(day).alerts
    assert alerts.scope is scope
    assert alerts.mandatory
    assert alerts.thresholds == (0.5, 0.8, 1.0)


def test_a_day_before_any_rule_has_none() -> None:
    """Before the law there are no thresholds and no hours."""
    assert load_market("za").at(date(2018, 1, 1)).alerts.thresholds == ()
    assert load_market("co").at(date(2023, 10, 9)).hours is None


@pytest.mark.parametrize(
    ("code", "opt_in"),
    [("br", OptIn.PRIOR), ("mx", OptIn.PRIOR), ("co", OptIn.NOT_REQUIRED), ("za", OptIn.NOT_REQUIRED)],
)
def test_brazil_and_mexico_want_a_yes_beforehand(code: str, opt_in: OptIn) -> None:
    """Prior opt-in is asked for where the facts say so."""
    assert load_market(code).at(TODAY).opt_in is opt_in


@pytest.mark.parametrize("thresholds", [(0.5, 0.9, 1.0)])
@pytest.mark.parametrize("code", ["gh", "in"])
def test_ghana_and_india_alert_at_their_shares(code: str, thresholds: tuple[float, ...]) -> None:
    """50, 90 and 100 % used."""
    assert load_market(code).at(TODAY).alerts.thresholds == thresholds


@pytest.mark.parametrize(
    ("code", "local", "allowed"),
    [
        ("co", "2026-11-24T06:59", False),  # Tuesday
        ("co", "2026-11-24T07:00", True),
        ("co", "2026-11-24T18:59", True),
        ("co", "2026-11-24T19:00", False),
        ("co", "2026-11-28T07:59", False),  # Saturday
        ("co", "2026-11-28T08:00", True),
        ("co", "2026-11-28T15:00", False),
        ("co", "2026-11-29T12:00", False),  # Sunday
        ("co", "2026-12-08T12:00", False),  # a holiday on a Tuesday
        ("co", "2026-11-16T12:00", False),  # a holiday moved to its Monday
        ("in", "2026-11-29T10:00", True),
        ("in", "2026-11-29T21:00", False),
        ("in", "2026-11-29T09:59", False),
    ],
)
def test_contact_hours(code: str, local: str, allowed: bool) -> None:
    """Windows take in their first minute and leave out their last; Sundays and holidays have none in Colombia."""
    hours = load_market(code).at(TODAY).hours
    assert hours is not None
    assert hours.allow(datetime.fromisoformat(local)) is allowed


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2000, (4, 23)), (2024, (3, 31)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25)), (2285, (3, 22))],
)
def test_easter(year: int, sunday: tuple[int, int]) -> None:
    """The computus gives the published dates, early and late ones too."""
    assert easter(year) == date(year, *sunday)


def test_colombian_holidays_of_2027() -> None:
    """Fixed ones stay, the others move to Monday, five follow Easter."""
    expected = {
        (1, 1), (1, 11), (3, 22), (3, 25), (3, 26), (5, 1), (5, 10), (5, 31), (6, 7),
        (7, 5), (7, 20), (8, 7), (8, 16), (10, 18), (11, 1), (11, 15), (12, 8), (12, 25),
    }  # fmt: skip
    assert {(day.month, day.day) for day in colombian_holidays(2027)} == expected


@pytest.mark.parametrize(
    ("zone", "count"),
    [(None, 4), ("", 4), ("America/Manaus", 1), ("Mars/Olympus", 4), ("../etc/passwd", 4)],
)
def test_an_unknown_zone_is_every_zone_of_the_market(zone: str | None, count: int) -> None:
    """A zone that is missing or makes no sense leaves all of Brazil's open."""
    assert len(load_market("br").at(TODAY).zones_of(zone)) == count


def test_an_unknown_market_names_those_that_exist() -> None:
    """The error says what could have been meant, and a path is no market."""
    for code in ("xx", "../markets/co"):
        with pytest.raises(MarketError, match="there are br, co, gh, in, mx, za"):
            load_market(code)


def test_the_small_pack_is_valid(tmp_path: Path) -> None:
    """What the next tests break is whole before."""
    write(tmp_path, pack())
    assert load_market("tt", tmp_path).name == "Testland"


def rule(**more: Any) -> dict[str, Any]:
    """A dated rule."""
    return {"source": "s", "valid_from": None, "valid_to": None, **more}


def proof(**more: Any) -> dict[str, Any]:
    """A rule on porting codes."""
    return rule(**{"collected_by": "us", "pattern": "[0-9]{4}", "valid_hours": 24, **more})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (pack(name=None), "tt.yaml: name: is missing"),
        (pack(caps=None), "tt.yaml: caps: is missing"),
        (pack(colour="blue"), "tt.yaml: colour: unknown key"),
        (pack(currency="rand"), "tt.yaml: currency: 'rand'"),
        (pack(dialling_prefix=27), "tt.yaml: dialling_prefix: 27"),
        (pack(languages=[]), "tt.yaml: languages:"),
        (pack(time_zones=["Mars/Olympus"]), "tt.yaml: time_zones:"),
        (pack(alerts={}), "tt.yaml: alerts: must be a list"),
        (pack(opt_in=[{"required": "prior", "valid_from": None, "valid_to": None}]), "opt_in[0]: source: is missing"),
        (pack(opt_in=[rule(required="maybe")]), "opt_in[0]: required: must be one of prior, not_required"),
        (pack(opt_in=[rule(required=["prior"])]), "opt_in[0]: required: must be one of"),
        (pack(opt_in=[rule(required="prior", why="x")]), "opt_in[0]: why: unknown key"),
        (pack(opt_in=[rule(required="prior"), rule(required="prior")]), "opt_in: two rules hold on the same day"),
        (pack(caps=[rule(per_day=0, one_channel_a_week=True)]), "caps[0]: per_day: must be a whole number"),
        (pack(caps=[rule(per_day=1, one_channel_a_week="yes")]), "caps[0]: one_channel_a_week: must be true or false"),
        (pack(alerts=[rule(thresholds=[80], scope="wallet", mandatory=True)]), "alerts[0]: thresholds: must be a list"),
        (pack(alerts=[rule(thresholds=[1.0, 0.5], scope="wallet", mandatory=True)]), "thresholds: must ascend"),
        (pack(alerts=[rule(thresholds=[1.0], scope="person", mandatory=True)]), "alerts[0]: scope: must be one of"),
        (pack(hours=[rule(windows={}, holidays="mars")]), "hours[0]: holidays: must be null or one of colombia"),
        (pack(hours=[rule(windows={"mon": []}, holidays=None)]), "hours[0]: windows: tue: is missing"),
        (pack(hours=[rule(windows={"mon": ["7-19"]}, holidays=None)]), "windows: mon: '7-19' is not a window"),
        (pack(hours=[rule(windows={"mon": ["19:00-07:00"]}, holidays=None)]), "mon: '19:00-07:00' ends before"),
        (pack(prices=[rule(include_tax="yes")]), "prices[0]: include_tax: must be true or false"),
        (pack(stop_words=[rule(words=["alto!"])]), "stop_words[0]: words: must be a list"),
        (pack(complaints=[rule(contact="x" * 31)]), "complaints[0]: contact: is longer than 30 characters"),
        (pack(sms_confirmation=[rule(above=-1)]), "sms_confirmation[0]: above: must be a whole number from 0 up"),
        (pack(porting_proof=[proof(collected_by="them")]), "porting_proof[0]: collected_by: must be one of us, donor"),
        (pack(porting_proof=[proof(pattern=None)]), "porting_proof[0]: pattern: must be given if"),
        (pack(porting_proof=[proof(collected_by="donor")]), "porting_proof[0]: pattern: must be given if"),
        (pack(porting_proof=[proof(pattern="(")]), "porting_proof[0]: pattern: '(' is no regular expression"),
        (pack(porting_proof=[proof(valid_hours=0)]), "porting_proof[0]: valid_hours: must be a whole number from 1 up"),
        (pack(caps=[{**rule(), "valid_from": "soon"}]), "caps[0]: valid_from: must be a date, or null"),
        (
            pack(caps=[{**rule(), "valid_from": date(2026, 1, 2), "valid_to": date(2026, 1, 1)}]),
            "caps[0]: valid_to: is before valid_from",
        ),
        ("- a\n", "tt.yaml: must be a mapping"),
        ("name: [\n", "tt.yaml: line 2"),
    ],
)
def test_a_wrong_pack_is_named_with_its_key(tmp_path: Path, content: dict[str, Any] | str, complaint: str) -> None:
    """One line says file and key."""
    write(tmp_path, content)
    with pytest.raises(MarketError) as error:
        load_market("tt", tmp_path)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_pack_says_nothing_of_is_not_asked_for(tmp_path: Path) -> None:
    """No second yes, no porting code, and complaints go to customer care; a pack may say otherwise, with dates."""
    write(tmp_path, pack())
    plain = load_market("tt", tmp_path).at(TODAY)
    assert (plain.complaints, plain.sms_confirmation, plain.porting_proof) == ("", None, None)
    write(
        tmp_path,
        pack(
            complaints=[rule(contact="the mayor")],
            sms_confirmation=[{**rule(above=500), "valid_from": TODAY}],
            porting_proof=[proof()],
        ),
    )
    market = load_market("tt", tmp_path)
    rules = market.at(TODAY)
    assert (rules.complaints, rules.sms_confirmation) == ("the mayor", SmsConfirmation(500))
    assert rules.porting_proof is not None
    assert rules.porting_proof.pattern is not None
    assert market.at(date(2026, 11, 23)).sms_confirmation is None


def test_packs_are_package_data() -> None:
    """The files lie inside the package, where the installer looks for them."""
    assert PACKS.parent.name == "flows"


@pytest.mark.parametrize(("code", "included"), [("co", True), ("br", True), ("mx", True), ("za", True), ("gh", False)])
def test_prices_include_tax_where_a_law_says_so(code: str, included: bool) -> None:
    """And where none was found nothing is asked for."""
    assert load_market(code).at(TODAY).tax_in_prices is included


@pytest.mark.parametrize(("known", "wanted", "holds"), [(None, 0, 0), (None, 700, 700), (500, 700, 500), (500, 0, 0)])
def test_a_second_yes_can_be_wanted_beside_the_pack_but_not_less_often(
    tmp_path: Path, known: int | None, wanted: int, holds: int
) -> None:
    """The lower bound holds."""
    write(tmp_path, pack() if known is None else pack(sms_confirmation=[rule(above=known)]))
    rules = load_market("tt", tmp_path).at(TODAY)
    assert rules.confirming_above(wanted).sms_confirmation == SmsConfirmation(holds)
