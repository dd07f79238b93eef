"""Inputs, guards, profiles, regional texts, shortcuts, navigation keys: what they do, and what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from menu_samples import SMALL, VOCABULARY
from rich_menu import RICH, WORDS

from menus import loader
from menus.errors import MenuError
from menus.loader import load_menu
from menus.pages import Link, Option
from menus.table import CompiledMenu, compile_menu
from menus.template import parse
from menus.values import Budget, Detour, Facts, Invoke, Moved, Over, Place, Screen, Wrong

RICH_ENOUGH: Facts = {"?balance": 5_000, "?has_bundle": True, "?segment": "youth"}
POOR: Facts = {"?balance": 10, "?has_bundle": False, "?segment": "youth"}
UNKNOWN: Facts = dict.fromkeys(RICH_ENOUGH)


@pytest.fixture(scope="module")
def menu() -> CompiledMenu:
    """The rich one."""
    return compile_menu(load_menu(RICH, "rich.yaml", WORDS))


def shown(
    menu: CompiledMenu, place: Place, facts: Facts = RICH_ENOUGH, language: str = "en", notice: str = ""
) -> Screen:
    """The screen of a place."""
    screen = menu.show(place, language, facts, Budget(), "wrong" if notice else "")
    assert isinstance(screen, Screen)
    return screen


def answered(menu: CompiledMenu, place: Place, *answers: str, facts: Facts = RICH_ENOUGH) -> Place:
    """Where these answers lead from a place."""
    for answer in answers:
        step = menu.step(shown(menu, place, facts).place, answer)
        assert isinstance(step, Moved)
        place = step.place
    return place


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (RICH_ENOUGH, "What now?\n1 My bundle\n2 Send\n3 Code\n4 Help"),
        (POOR, "What now?\n7 Youth\n1 Code\n2 Help"),
        (UNKNOWN, "What now?\n1 Code\n2 Help"),
    ],
)
def test_an_option_is_shown_where_its_condition_holds(menu: CompiledMenu, facts: Facts, text: str) -> None:
    """Numbers close up; what is not known holds for nobody."""
    assert shown(menu, menu.start, facts).text == text


def test_a_number_means_what_was_shown_under_it_whatever_holds_now(menu: CompiledMenu) -> None:
    """A balance that fell between two hops turns nobody's answer into another."""
    rich, poor = (shown(menu, menu.start, facts).place for facts in (RICH_ENOUGH, POOR))
    assert answered_page(menu, rich, "2") == "number"
    assert answered_page(menu, poor, "2") == "help"
    assert answered_page(menu, poor, "7") == "help"
    assert isinstance(menu.step(rich, "7"), Wrong)


def answered_page(menu: CompiledMenu, place: Place, answer: str) -> str:
    """The page that an answer leads to."""
    step = menu.step(place, answer)
    assert isinstance(step, Moved)
    return step.place.page


def test_a_page_that_somebody_may_not_see_sends_them_elsewhere(menu: CompiledMenu) -> None:
    """Also where it is not known whether they may."""
    for facts in (POOR, UNKNOWN):
        assert menu.show(Place("bundle"), "en", facts, Budget()) == Detour(Place("help"))
    assert shown(menu, Place("bundle")).text.startswith("Your bundle")


def test_what_is_typed_is_kept_in_one_spelling_and_shown(menu: CompiledMenu) -> None:
    """And handed to the command."""
    place = answered(menu, menu.start, "2", "300 111 2233", "5.000")
    assert shown(menu, place).text.startswith("5000 for 573001112233?\n1 Yes\n2 No")
    step = menu.step(shown(menu, place).place, "1")
    assert isinstance(step, Invoke)
    assert step.command.args == {"number": "573001112233", "amount": "5000"}


def test_what_is_not_taken_is_asked_again_with_the_reason_and_ends_kindly(menu: CompiledMenu) -> None:
    """After as many mistakes as the menu says."""
    place = answered(menu, menu.start, "2")
    wrong = menu.step(place, "123")
    assert isinstance(wrong, Wrong)
    assert shown(menu, wrong.place, notice="wrong").text.startswith("Not a number.\nWhich number?")
    assert isinstance(menu.step(wrong.place, "abc"), Over)
    corrected = menu.step(wrong.place, "3001112233")
    assert isinstance(corrected, Moved)
    assert corrected.place.mistakes == 0


def test_what_is_typed_can_be_a_commands_argument_at_once(menu: CompiledMenu) -> None:
    """Its outcomes lead on, back to the same question among them."""
    place = answered(menu, menu.start, "3")
    step = menu.step(place, "AB1234")
    assert isinstance(step, Invoke)
    assert step.command.args == {"code": "AB1234"}
    assert menu.after(step, "invalid").page == "code"
    assert menu.after(step, "done").page == "done"
    assert isinstance(menu.step(place, "ab1234"), Wrong)


def test_navigation_has_the_keys_that_the_menu_gives_it(menu: CompiledMenu) -> None:
    """0 is then an answer like others."""
    place = answered(menu, menu.start, "4")
    assert shown(menu, place).text == "Help\n9 Back\n99 Home"
    assert answered_page(menu, place, "9") == answered_page(menu, place, "99") == "home"
    assert isinstance(menu.step(place, "0"), Wrong)


@pytest.mark.parametrize(
    ("dialled", "page"),
    [(("50",), "number"), (("50", "1"), "help"), (("50", "2"), "number"), (("3",), "home"), (("51",), "home")],
)
def test_a_published_shortcut_leads_to_its_page(menu: CompiledMenu, dialled: tuple[str, ...], page: str) -> None:
    """Wherever that stands in the menu; a plain number on a page with conditions is not guessed."""
    assert menu.direct(dialled).page == page


@pytest.mark.parametrize(("dialled", "walks"), [("1", True), ("2", False), ("3", False), ("5", True), ("7", False)])
def test_dialling_walks_to_what_has_the_same_number_for_everybody(dialled: str, walks: bool) -> None:
    """An option before those that may be hidden, or with a key of its own."""
    words = "text: {es: TEXT, en: TEXT}, goto: help"
    options = (words, f"{words}, when: has_bundle", words, f"{words}, key: 5", f"{words}, key: 7, when: has_bundle")
    distinct = (option.replace("TEXT", f"T{at}") for at, option in enumerate(options))
    home = "".join(f"      - {{{option}}}\n" for option in distinct)
    head, rest = RICH[: RICH.index("      - {text")], RICH[RICH.index("  help:") :]
    short = head.replace('shortcuts: {"50": number, "50*1": help}\n', "")
    menu = compile_menu(load_menu(short + home + rest, "walked.yaml", WORDS))
    assert menu.direct((dialled,)).page == ("help" if walks else "home")


def test_dialling_stops_at_a_page_that_not_everybody_may_see(menu: CompiledMenu) -> None:
    """What is behind it is theirs alone who may."""
    pages = dict(menu.menu.pages)
    ahead = Option("1", pages["home"].text, Link("help"))
    pages["bundle"] = replace(pages["bundle"], options=(ahead,))
    home = replace(pages["home"], options=(replace(ahead, leads=Link("bundle")), *pages["home"].options[1:]))
    walked = compile_menu(replace(menu.menu, pages={**pages, "home": home}))
    assert walked.direct(("1", "1")) == Place("bundle", ("home",))


def test_a_command_is_not_given_before_it_was_shown(menu: CompiledMenu) -> None:
    """On the first part of a page nobody has seen the option on the second, nor perhaps the price before it."""
    long = replace(menu.menu.pages["confirm"], text={one: parse("word " * 60) for one in menu.menu.languages})
    paged = compile_menu(replace(menu.menu, pages={**menu.menu.pages, "confirm": long}))
    first = shown(paged, Place("confirm", chosen={"number": "573001112233", "amount": "500"})).place
    assert (first.parts, first.reached) == (3, 0)
    assert isinstance(paged.step(first, "1"), Wrong)
    last = answered(paged, first, "8", "8")
    assert isinstance(paged.step(shown(paged, last).place, "1"), Invoke)


def test_a_shortcut_keeps_its_page_when_the_menu_is_renumbered(menu: CompiledMenu) -> None:
    """A code that is printed stays what it was."""
    moved = RICH.replace("      - {text: {es: Ayuda, en: Help}, goto: help}\n", "").replace(
        "    options:\n      - {text: {es: Mi",
        "    options:\n      - {text: {es: Ayuda, en: Help}, goto: help}\n      - {text: {es: Mi",
    )
    other = compile_menu(load_menu(moved, "rich.yaml", WORDS))
    assert other.version != menu.version
    assert other.direct(("50", "1")) == menu.direct(("50", "1"))


@pytest.mark.parametrize(
    ("language", "said"),
    [("es_CO", "¿Qué querés?"), ("es", "¿Qué quieres?"), ("es_MX", "¿Qué quieres?"), ("en_GB", "What now?")],
)
def test_a_region_may_have_words_of_its_own(menu: CompiledMenu, language: str, said: str) -> None:
    """All others speak as the language does."""
    screen = menu.show(menu.start, language, RICH_ENOUGH, Budget("ucs2", 80))
    assert isinstance(screen, Screen)
    assert screen.text.startswith(said)
    assert shown(menu, Place("help"), language=language).text.startswith("Help" if language == "en_GB" else "Ayuda")


def test_a_page_may_ask_for_another_alphabet_and_less_room(menu: CompiledMenu) -> None:
    """Its accents stay where the door's are transliterated."""
    screen = shown(menu, Place("bundle"), language="es")
    assert "99 Inicio" in screen.text
    assert len(screen.text) <= 60


WRONG = {
    "unknown condition": ("when: has_bundle,", "when: has_bundel,", 18, "'has_bundel' is nothing that a condition can"),
    "a condition that is none": ("balance >= 1000", "balance + 1000", 19, "is not 'NAME', 'not NAME' or"),
    "when without else": ("    else: help\n", "", 23, "'when' and 'else' go together"),
    "else to nowhere": ("else: help", "else: hlp", 26, "leads to 'hlp', which is no page; did you mean 'help'?"),
    "unknown kind": ("kind: msisdn", "kind: phone", 30, "'phone' is no kind of input"),
    "bounds the wrong way": ("least: 100, most", "least: 60000, most", 33, "least is more than most"),
    "a bound that is none": ("least: 100,", "least: x,", 33, "must be an amount such as 10.50"),
    "bounds of a number": ("kind: msisdn,", "kind: msisdn, most: 5,", 30, "an input of kind msisdn has no bounds"),
    "a pattern that backtracks": ("[A-Z]{2}[0-9]{4}", "(?:[A-Z]+)+", 47, "the pattern repeats what repeats"),
    "a pattern that is none": ("[A-Z]{2}[0-9]{4}", "[A-Z", 47, "the pattern is no pattern"),
    "a pattern of digits": ("kind: text\n", "kind: digits\n", 47, "only an input of kind text has a pattern"),
    "typed but not here": (
        "How much for {typed.number}",
        "How {typed.amount}",
        32,
        "{typed.amount} has not been typed",
    ),
    "typed never": ("How much for {typed.number}", "How {typed.numbr}", 32, "is not known here; did you mean"),
    "argument not typed": ("amount: {from: amount}}", "amount: {from: code}}", 39, "'code' has not been chosen"),
    "a number that is none": (
        "kind: msisdn",
        "kind: digits",
        39,
        "number of send must come from an input of kind msisdn",
    ),
    "a number that is written": (
        "number: {from: number}, a",
        "number: 573, a",
        39,
        "must come from an input of kind msisdn",
    ),
    "a number that a text may be": (
        "  code:\n",
        "  other:\n    text: {es: x, en: x}\n    input: {as: number, kind: text, goto: confirm}\n  code:\n",
        39,
        "must come from an input of kind msisdn, and only from such",
    ),
    "typed under the name of a fact": ("as: amount", "as: balance", 33, "'as: balance' is the name of a fact"),
    "keys that eat an answer": ("least: 100", "least: 9", 33, "9 and 99 could not be typed, for it navigates"),
    "digits without end": (
        "kind: amount, least: 100, most: 50000",
        "kind: digits, most: 1e999999999",
        33,
        "from 0 to 160",
    ),
    "an amount without end": (
        "most: 50000",
        "most: 1e999999999",
        33,
        "an amount such as 10.50, below a million million",
    ),
    "more digits than a hop has": (
        "kind: amount, least: 100, most: 50000",
        "kind: digits, most: 161",
        33,
        "from 0 to 160",
    ),
    "a profile without room": ("size: 60", "size: 40", 23, "page bundle: navigation, what is said after a mistake"),
    "a reason without room": (
        "No es un número.",
        "N" * 80,
        30,
        "page number: navigation, what is said after a mistake",
    ),
    "a good-bye of two screens": ("Good-bye.", "Good " * 30, 13, "goodbye in en takes 149 units of the 120 (gsm7)"),
    "a text that nobody sees": ("{es: Listo., en: Done.}", '{es: "\\u200b", en: Done.}', 52, "must not be empty"),
    "options beside an input": (
        "goto: amount}\n",
        "goto: amount}\n    options: [{text: {es: a, en: b}, goto: help}]\n",
        30,
        "what is typed would be taken for a choice",
    ),
    "shortcut to nowhere": (
        '"50": number',
        '"50": nmber',
        5,
        "shortcut 50: 'nmber' is no page; did you mean 'number'?",
    ),
    "shortcut past a question": ('"50": number', '"50": amount', 32, "{typed.number} has not been typed on every way"),
    "a shortcut of letters": ('"50": number', '"5a": number', 5, "'5a' must be digits with * between"),
    "keys that are the same": ("back: 9,", 'back: "99",', 7, "back, home and more must differ"),
    "keys of letters": ("back: 9,", "back: x,", 7, "back must be one or two digits"),
    "an option on a key that navigates": ("key: 7", "key: 9", 20, "key 9 is taken by the navigation"),
    "no mistake at all": ("mistakes: 2", "mistakes: 0", 4, "mistakes: must be a whole number from 1 to 9"),
    "an alphabet that phones lack": ("charset: ucs2", "charset: utf8", 27, "charset must be gsm7 or ucs2"),
    "a screen too large": ("size: 60", "size: 600", 27, "size: must be a whole number from 40 to 182"),
    "a region of no language": ("es_CO:", "fr_CO:", 16, "unknown language 'fr_CO'"),
    "writing from right to left": ("Tu paquete", "Tu \u202epaquete", 24, "has a character that no phone shows"),
    "all options may be hidden": (
        "      - {text: {es: Código, en: Code}, goto: code}\n      - {text: {es: Ayuda, en: Help}, goto: help}\n",
        "",
        15,
        "page home: has no way out",
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: int, sentence: str) -> None:
    """And what to change."""
    assert old in RICH
    with pytest.raises(MenuError) as error:
        load_menu(RICH.replace(old, new, 1), "rich.yaml", WORDS)
    found = [problem for problem in error.value.problems if sentence in problem]
    assert found, error.value.problems
    assert found[0].startswith(f"rich.yaml:{line}: ")


def test_the_schema_knows_all_of_the_language() -> None:
    """So that editors complete it."""
    schema = json.loads((Path(loader.__file__).parent / "menu.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(yaml.safe_load(RICH.replace("{back: 9,", '{back: "9",')))


def test_what_was_not_had_in_time_has_a_page_of_its_own() -> None:
    """Beside the one for what there is none of; without it the menu's own page says so."""
    text = SMALL.replace("bundles: {empty: none}", "bundles: {empty: none, late: alerts}")
    assert text != SMALL
    with_page, without = (compile_menu(load_menu(one, "small.yaml", VOCABULARY)) for one in (text, SMALL))
    buy = Place("buy")
    for menu, page in ((with_page, "alerts"), (without, without.menu.unavailable)):
        detour = menu.show(buy, "es", {"bundles": None}, Budget())
        assert isinstance(detour, Detour)
        assert detour.place.page == page
