"""Walking a menu: steps, mistakes, commands, direct dial; and the table against the machine."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY
from rich_menu import RICH, WORDS
from statemachine.exceptions import TransitionNotAllowed

from menus import routes
from menus.errors import FactMismatch, OutcomeUnknown, PageUnknown, PlaceUnreadable
from menus.guards import parse_guard
from menus.inputs import Rule
from menus.loader import load_menu
from menus.machine import build
from menus.pages import FactUse, Input, ItemList, Link, Menu, Option, Order, Page, Texts
from menus.table import CompiledMenu, compile_menu
from menus.template import parse
from menus.values import (
    Budget,
    Command,
    Detour,
    Facts,
    Invoke,
    Item,
    Moved,
    Over,
    Place,
    Screen,
    Wrong,
    place_from_values,
    place_values,
)

ITEMS = tuple(Item(f"id-{at}", {"name": f"{at} GB", "price": f"${at}"}) for at in range(1, 4))


@pytest.fixture(scope="module")
def menu() -> CompiledMenu:
    """The small menu."""
    return compile_menu(load_menu(SMALL, "small.yaml", VOCABULARY))


def walked(menu: CompiledMenu, place: Place, *answers: str) -> Place:
    """Where answers lead that all move."""
    for answer in answers:
        step = menu.step(place, answer)
        assert isinstance(step, Moved), step
        place = step.place
    return place


def shown(menu: CompiledMenu, place: Place, facts: Facts, budget: Budget = Budget()) -> Screen:  # noqa: B008
    """The screen of a place whose facts are there."""
    screen = menu.show(place, "es", facts, budget)
    assert isinstance(screen, Screen), screen
    return screen


def test_a_number_means_what_was_shown_under_it(menu: CompiledMenu) -> None:
    """Also when the list has changed before the answer came."""
    place = shown(menu, Place("buy", ("home",)), {"bundles": ITEMS}).place
    step = menu.step(place, "2")
    assert step == Moved(Place("confirm", ("home", "buy"), chosen={"bundle": "id-2"}))
    later = shown(menu, place, {"bundles": ITEMS[1:]}).place
    assert walked(menu, later, "2").chosen == {"bundle": "id-3"}


def test_options_are_numbered_behind_the_items(menu: CompiledMenu) -> None:
    """The first free number after the list."""
    screen = shown(menu, Place("buy", ("home",)), {"bundles": ITEMS})
    assert screen.text == "¿Cual?\n1 1 GB $1\n2 2 GB $2\n3 3 GB $3\n4 Ayuda\n0 Volver\n00 Inicio"
    assert walked(menu, screen.place, "4").page == "none"


def test_a_fixed_key_stays_and_the_start_shows_no_way_back(menu: CompiledMenu) -> None:
    """Printed numbers do not move when options come and go."""
    assert shown(menu, menu.start, {"balance": "$5"}).text == "Saldo $5\n1 Comprar\n7 Avisos"
    assert walked(menu, menu.start, "7").page == "alerts"


def test_items_step_around_fixed_keys() -> None:
    """A list never takes the number of an option that has its own."""
    text = SMALL.replace("{text: {es: Ayuda, en: Help}, goto: none}", "{text: {es: A, en: H}, goto: none, key: 2}")
    menu = compile_menu(load_menu(text, "small.yaml", VOCABULARY))
    screen = shown(menu, Place("buy"), {"bundles": ITEMS})
    assert screen.text.split("\n")[1:5] == ["1 1 GB $1", "3 2 GB $2", "4 3 GB $3", "2 A"]
    assert walked(menu, screen.place, "3").chosen == {"bundle": "id-2"}


def test_98_goes_on_only_where_there_is_more_and_0_back_to_the_part_before(menu: CompiledMenu) -> None:
    """Parts first, pages then."""
    facts = {"bundles": tuple(Item(f"{at}", {"name": "n" * 25, "price": "$1"}) for at in range(12))}
    place = shown(menu, walked(menu, menu.start, "1"), facts).place
    assert place.parts > 2
    second = shown(menu, walked(menu, place, "98"), facts)
    assert second.place.part == 1
    assert "\n0 Volver" in second.text
    assert shown(menu, walked(menu, second.place, "0"), facts).place == place
    last = shown(menu, replace(place, part=99), facts)
    assert last.place.part == last.place.parts - 1
    assert isinstance(menu.step(last.place, "98"), Wrong)
    assert walked(menu, last.place, "12").chosen == {"bundle": "11"}


def test_0_leads_back_along_the_trail_and_00_home(menu: CompiledMenu) -> None:
    """Whoever comes by a page again does not make the trail longer."""
    buy = shown(menu, walked(menu, menu.start, "1"), {"bundles": ITEMS}).place
    confirm = walked(menu, buy, "1")
    assert confirm.trail == ("home", "buy")
    assert walked(menu, confirm, "0").page == "buy"
    assert walked(menu, confirm, "0", "0") == menu.start
    assert walked(menu, confirm, "00") == menu.start
    assert walked(menu, confirm, "2") == Place("buy", ("home",), chosen={"bundle": "id-1"})
    assert walked(menu, menu.start, "0") == walked(menu, menu.start, "00") == menu.start
    assert walked(menu, Place("alerts", ("home",)), "0") == menu.start


def test_a_command_is_handed_out_with_its_arguments_and_its_outcomes_lead_on(menu: CompiledMenu) -> None:
    """After it, back leads to the start and never to the question."""
    confirm = Place("confirm", ("home", "buy"), chosen={"bundle": "id-2"}, mistakes=1)
    invoke = menu.step(confirm, " 1 ")
    assert isinstance(invoke, Invoke)
    assert invoke.command == Command("buy", {"bundle": "id-2"})
    assert menu.after(invoke, "done") == Place("done", ("home",), chosen={"bundle": "id-2"})
    assert menu.after(invoke, "refused") == Place("buy", ("home",), chosen={"bundle": "id-2"})
    with pytest.raises(OutcomeUnknown, match="option 1 has no page for outcome lost"):
        menu.after(invoke, "lost")
    literal = menu.step(Place("alerts", ("home",)), "1")
    assert isinstance(literal, Invoke)
    assert literal.command.args == {"value": "on"}
    assert menu.after(literal, "done") == Place("alerts", ("home",))


def test_the_third_mistake_in_a_row_ends_the_session_kindly(menu: CompiledMenu) -> None:
    """One right answer between forgives."""
    place = menu.start
    for answer in ("9", ""):
        step = menu.step(place, answer)
        assert isinstance(step, Wrong)
        place = step.place
    screen = menu.show(place, "es", {"balance": "$5"}, Budget(), Wrong(place).reason)
    assert isinstance(screen, Screen)
    assert screen.text.startswith("No entendi.\nSaldo $5\n1")
    assert isinstance(menu.step(screen.place, "98"), Over)
    assert walked(menu, screen.place, "7").mistakes == 0
    assert (menu.show_end("en").text, menu.show_end("en").ends) == ("Good-bye.", True)


@pytest.mark.parametrize(("answer", "value"), [("none", ()), ("none", ""), ("sorry", None)])
def test_a_fact_that_is_not_there_leads_elsewhere(menu: CompiledMenu, answer: str, value: str | None) -> None:
    """Empty where the page says, not had in time to the page for that; and back leaves both."""
    detour = menu.show(Place("buy", ("home",)), "es", {"bundles": value}, Budget())
    assert detour == Detour(Place(answer, ("home",)))
    assert isinstance(detour, Detour)
    assert walked(menu, detour.place, "0") == menu.start
    assert menu.show(Place("buy"), "es", {}, Budget()) == Detour(Place("sorry"))


def test_a_page_that_ends_closes_the_session(menu: CompiledMenu) -> None:
    """And offers no navigation."""
    screen = shown(menu, Place("done", ("home",)), {})
    assert (screen.text, screen.ends) == ("Listo.", True)


def test_texts_of_facts_cannot_break_a_page(menu: CompiledMenu) -> None:
    """Line ends, braces and control characters in a bundle's name are just shown, or left out."""
    item = Item("x", {"name": "a\n2\tb {price} \x07{{", "price": "$1"})
    assert "\n1 a 2 b {price} {{ $1\n" in shown(menu, Place("buy"), {"bundles": (item,)}).text


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("buy", {"bundles": "no list"}),
        ("buy", {"bundles": (Item("x", {"name": "a"}),)}),
        ("confirm", {"bundle": "no item"}),
        ("home", {"balance": Item("x", {})}),
    ],
)
def test_a_fact_of_the_wrong_shape_is_named(menu: CompiledMenu, page: str, facts: Facts) -> None:
    """A mistake of the caller, not of the subscriber."""
    with pytest.raises(FactMismatch, match=next(iter(facts))):
        menu.show(Place(page), "es", facts, Budget())


@pytest.mark.parametrize(
    ("dialled", "place"),
    [
        ((), Place("home")),
        (("1",), Place("buy", ("home",))),
        (("1", "1"), Place("buy", ("home",))),
        (("7", "1"), Place("alerts", ("home",))),
        (("9", "7"), Place("home")),
        (("7", "0"), Place("alerts", ("home",))),
    ],
)
def test_dialling_walks_plain_moves_only(menu: CompiledMenu, dialled: tuple[str, ...], place: Place) -> None:
    """It neither chooses from a list nor runs a command, and 0 works from where it ends."""
    assert menu.direct(dialled) == place


@pytest.mark.parametrize(("language", "spoken"), [("en", "Not now."), ("es_CO", "Ahora no."), ("fr", "Ahora no.")])
def test_a_language_that_the_menu_lacks_falls_back(menu: CompiledMenu, language: str, spoken: str) -> None:
    """To the same base, then to the first."""
    screen = menu.show(Place("sorry", ("home",)), language, {}, Budget())
    assert isinstance(screen, Screen)
    assert screen.text.startswith(spoken)


def test_a_page_of_another_version_is_named(menu: CompiledMenu) -> None:
    """A session keeps the version that it began with; mixing them up is an error."""
    for call in (lambda: menu.step(Place("gone"), "1"), lambda: menu.facts_of("gone")):
        with pytest.raises(PageUnknown, match="has no page gone"):
            call()
    assert menu.facts_of("buy") == ("bundles",)


names = st.text(st.characters(codec="utf-8"), max_size=8)
places = st.builds(
    Place,
    names,
    st.lists(names, max_size=3).map(tuple),
    st.integers(0, 9),
    st.lists(names, max_size=3).map(tuple),
    st.dictionaries(names, names, max_size=2),
    st.integers(0, 3),
    st.integers(0, 9),
)


@given(places)
def test_a_place_survives_its_json(place: Place) -> None:
    """Whatever it holds."""
    assert place_from_values(json.loads(json.dumps(place_values(place)))) == place


def test_a_place_is_stored_short() -> None:
    """What is as usual takes no room."""
    assert place_values(Place("home")) == ["home"]
    assert place_values(Place("buy", ("home",))) == ["buy", ("home",)]


@pytest.mark.parametrize(
    "values", ["", "home", {}, [], [1], ["a", "b"], ["a", [], -1], ["a", [], True], ["a", *[1] * 9]]
)
def test_what_is_no_place_is_refused(values: object) -> None:
    """A stored place is data from outside."""
    with pytest.raises(PlaceUnreadable):
        place_from_values(values)


def _said(text: str) -> Texts:
    return {"en": parse(text)}


GUARDED = parse_guard("flag", {"flag": "flag"})


@st.composite
def menus(draw: st.DrawFn) -> Menu:
    """A menu of a few pages, each reachable, with moves, lists, commands, inputs, guards and detours to anywhere."""
    count = draw(st.integers(2, 7))
    ids = [f"p{at}" for at in range(count)]
    anywhere = st.sampled_from([*ids, "sorry"])
    leads = st.one_of(
        anywhere.map(Link),
        st.builds(lambda a, b: Order("do", {}, {"done": Link(a), "no": Link(b)}), anywhere, anywhere),
    )
    parents = [draw(st.integers(0, at)) for at in range(count - 1)]
    pages: dict[str, Page] = {}
    for at, page in enumerate(ids):
        found: list[Link | Order] = [Link(ids[child + 1]) for child, parent in enumerate(parents) if parent == at]
        found += draw(st.lists(leads, max_size=2))
        options = tuple(
            Option(str(n), _said("o"), lead, when=draw(st.sampled_from([None, GUARDED])))
            for n, lead in enumerate(found, 1)
        )
        asked = None
        if not found and draw(st.booleans()):
            asked = Input("typed", Rule("digits"), draw(leads))
        # detours lead forward only: never in a circle
        empty = draw(st.sampled_from([None, *ids[at + 1 :]]))
        facts = (FactUse("f", Link(empty) if empty else None),) if draw(st.booleans()) else ()
        items = (
            ItemList("f", _said("{n}"), "c", Link(draw(anywhere)))
            if facts and not asked and draw(st.booleans())
            else None
        )
        pages[page] = Page(page, _said("t"), facts, items, options, asked)
    pages["sorry"] = Page("sorry", _said("s"))
    label = _said("x")
    return Menu("random", "0", "p0", "sorry", pages, ("en",), label, label, label, label, label)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(menus(), st.lists(st.tuples(st.sampled_from("0123456"), st.integers(0, 3), st.sampled_from("fe-"))), st.data())
def test_table_and_machine_agree(menu: Menu, walk: list[tuple[str, int, str]], data: st.DataObject) -> None:
    """On random menus and answers: the machine goes where the table goes, and refuses what the table refuses."""
    table, machine = compile_menu(menu), build(menu)()
    place = table.start
    for answer, items, there in walk:
        facts: Facts = {
            "f": {"f": tuple(Item(f"{at}", {"n": f"{at}"}) for at in range(items)), "e": (), "-": None}[there],
            "?flag": items > 1,
        }
        screen = table.show(place, "en", facts, Budget())
        while isinstance(screen, Detour):
            event = (
                routes.UNAVAILABLE if screen.place.page == "sorry" and not _empties(menu, place, facts) else "empty_f"
            )
            assert machine.follow(place.page, event) == screen.place.page
            place = screen.place
            screen = table.show(place, "en", facts, Budget())
        place = screen.place
        came_from = place.trail[-1] if place.trail else menu.start
        step = table.step(place, "00" if answer == "6" else answer)
        page = menu.pages[place.page]
        offered = [option.id for option in page.options if option.when is None or items > 1]
        assert place.offered in (None, tuple(offered))

        def event_of(answer: str, place: Place = place, page: Page = page, offered: list[str] = offered) -> str:
            if page.input:
                return routes.option_event(routes.INPUT)
            at = int(answer) - len(place.shown)
            return routes.option_event(offered[at - 1] if 0 < at <= len(offered) else "none")

        match step:
            case Moved() if answer == "0":
                assert machine.follow(place.page, routes.BACK, came_from) == step.place.page
            case Moved() if answer == "6":
                assert machine.follow(place.page, routes.HOME) == step.place.page
            case Moved() if int(answer) <= len(place.shown):
                assert machine.follow(place.page, routes.ITEM) == step.place.page
            case Moved():
                assert machine.follow(place.page, event_of(answer)) == step.place.page
            case Invoke():
                outcome = data.draw(st.sampled_from(("done", "no")))
                after = table.after(step, outcome)
                event = routes.outcome_event(step.option, outcome)
                assert machine.follow(place.page, event) == after.page
                place = after
                continue
            case _:
                with pytest.raises(TransitionNotAllowed):
                    machine.follow(place.page, event_of(answer))
        place = table.start if isinstance(step, Over) else step.place
        assert len(place.trail) == len(set(place.trail)) < len(menu.pages)


def _empties(menu: Menu, place: Place, facts: Facts) -> bool:
    """Whether the page has somewhere to go for an empty fact, and the fact is empty."""
    return facts["f"] == () and menu.pages[place.page].facts[0].empty is not None


def test_menus_with_the_same_ways_share_a_machine_and_others_have_their_own() -> None:
    """Building one takes seconds for hundreds of pages: texts may change without another."""
    menu = load_menu(SMALL, "small.yaml", VOCABULARY)
    assert build(menu) is build(replace(menu, version="other"))
    assert build(load_menu(RICH, "rich.yaml", WORDS)) is not build(menu)
