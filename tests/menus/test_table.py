"""The quick table does what the machine does, and no step loses anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from menu_builder import ITEMS, LANGUAGE, calling, menu, menus, option, page, words

from menus import machine as m
from menus.menu import Argument, Listing, Menu
from menus.table import CompiledMenu
from menus.values import Budget, Command, Detour, Invoke, Moved, Over, Place, Screen, Wrong

BUDGET = Budget()
KEYS = st.sampled_from(["0", "00", "98", "1", "2", "3", "4", "5", "6", "7", "9", "", " 1 ", "x", "1*2", "-1", "²"])


def shop() -> Menu:
    """Choose from a list, confirm, and it is done or not."""
    return menu(
        page("home", option("Buy", "buy"), option("Help", "help")),
        page("buy", facts={"bundles": "none"}, listing=Listing("bundles", "bundle", words("{name}"), "confirm")),
        page(
            "confirm",
            calling("Yes", "buy", {"done": "bought", "failed": "sorry"}, bundle=Argument("bundle", chosen=True)),
            option("No", "home"),
        ),
        page("bought", ends=True),
        page("sorry"),
        page("help", option("More help", "deep")),
        page("deep"),
        page("none"),
        page("later"),
    )


def walk(compiled: CompiledMenu, *texts: str) -> Place:
    """Where these answers lead, all pages shown on the way."""
    place = compiled.start
    for text in texts:
        shown = compiled.show(place, LANGUAGE, {"bundles": ITEMS}, BUDGET)
        assert isinstance(shown, Screen)
        went = compiled.step(shown.place, text)
        assert isinstance(went, Moved), went
        place = went.place
    return place


@pytest.mark.parametrize(
    ("texts", "page_id", "trail"),
    [
        ((), "home", ()),
        (("1",), "buy", ("home",)),
        (("1", "3"), "confirm", ("home", "buy")),
        (("1", "3", "0"), "buy", ("home",)),
        (("1", "3", "0", "0"), "home", ()),
        (("1", "3", "00"), "home", ()),
        (("1", "3", "2"), "home", ()),
        (("2", "1"), "deep", ("home", "help")),
        (("2", "1", "0", "1", "0", "0"), "home", ()),
    ],
)
def test_answers_lead_where_they_say(texts: tuple[str, ...], page_id: str, trail: tuple[str, ...]) -> None:
    """Forth by numbers, back by 0 the way one came, home by 00."""
    place = walk(CompiledMenu(shop()), *texts)
    assert (place.page, place.trail) == (page_id, trail)


def test_a_number_means_what_was_shown_under_it() -> None:
    """The list may have changed since."""
    compiled = CompiledMenu(shop())
    shown = compiled.show(walk(compiled, "1"), LANGUAGE, {"bundles": ITEMS}, BUDGET)
    assert isinstance(shown, Screen)
    went = compiled.step(shown.place, "3")
    assert isinstance(went, Moved)
    assert went.place.chosen == {"bundle": ITEMS[2].id}


def test_a_command_gets_what_was_chosen_and_its_outcome_leads_on() -> None:
    """Whatever comes of it, there is a page."""
    compiled = CompiledMenu(shop())
    invoke = compiled.step(walk(compiled, "1", "2"), "1")
    assert isinstance(invoke, Invoke)
    assert invoke.command == Command("buy", {"bundle": ITEMS[1].id})
    assert compiled.after(invoke, "done").page == "bought"
    assert compiled.after(invoke, "failed") == Place(
        "sorry", ("home", "buy", "confirm"), chosen={"bundle": ITEMS[1].id}
    )


@pytest.mark.parametrize(("facts", "instead"), [({"bundles": ()}, "none"), ({"bundles": None}, "later"), ({}, "later")])
def test_a_page_that_cannot_be_shown_gives_way(facts: dict[str, object], instead: str) -> None:
    """To the page for that, from which back leads to where one came from."""
    compiled = CompiledMenu(shop())
    detour = compiled.show(walk(compiled, "1"), LANGUAGE, facts, BUDGET)  # type: ignore[arg-type]
    assert detour == Detour(Place(instead, ("home",)))
    assert compiled.step(detour.place, "0") == Moved(Place("home"))


def test_three_wrong_answers_in_a_row_end_the_session() -> None:
    """Each is told about; a right one in between makes good."""
    compiled = CompiledMenu(shop())
    place = compiled.start
    for _ in range(2):
        wrong = compiled.step(place, "77")
        assert isinstance(wrong, Wrong)
        place = wrong.place
    assert isinstance(compiled.step(place, "77"), Over)
    moved = compiled.step(place, "1")
    assert isinstance(moved, Moved)
    assert moved.place.mistakes == 0


@pytest.mark.parametrize(
    ("dialled", "page_id"),
    [((), "home"), (("2", "1"), "deep"), (("1",), "buy"), (("1", "1", "1"), "buy"), (("9",), "home")],
)
def test_dialling_goes_by_plain_moves_only(dialled: tuple[str, ...], page_id: str) -> None:
    """A dialled string never chooses from a list that was not shown, and never gives a command."""
    assert CompiledMenu(shop()).direct(dialled).page == page_id


@given(menus(), st.lists(KEYS, max_size=12), st.sampled_from(["done", "failed"]))
def test_table_and_machine_agree(made: Menu, texts: list[str], outcome: str) -> None:
    """Page by page, on any menu and any input; and no trail holds a page twice."""
    compiled, machine = CompiledMenu(made), m.build(made)
    place = compiled.start
    for text in texts:
        shown = compiled.show(place, LANGUAGE, {"things": ITEMS}, BUDGET)
        assert isinstance(shown, Screen)
        place, event = shown.place, _event(made, shown.place, text.strip(), outcome)
        by_machine = m.go(machine, place.page, place.trail, event) if event else None
        match compiled.step(place, text):
            case Moved(there) if event:
                assert there.page == by_machine
            case Moved(there):  # another part of the same page
                assert there.page == place.page
            case Invoke() as invoke:
                there = compiled.after(invoke, outcome)
                assert there.page == by_machine
            case Wrong(there) | Over(there):
                assert by_machine is None
        assert len(set(there.trail)) == len(there.trail)
        assert there.page not in there.trail
        place = there


def _event(made: Menu, place: Place, text: str, outcome: str) -> str:
    """The machine's event for an answer, worked out from the page alone; empty where the machine has none."""
    here = made.pages[place.page]
    if text == "0":
        return "" if place.part else m.BACK_EVENT
    if text == "00":
        return m.HOME_EVENT
    if text == "98" and place.part + 1 < place.parts:
        return ""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if here.listing is not None and 1 <= number <= len(place.shown):
        return m.ITEM_EVENT
    index = number - 1 - (len(place.shown) if here.listing is not None else 0)
    if not 0 <= index < len(here.options):
        return "e_none"
    is_call = hasattr(here.options[index].leads, "outcomes")
    return m.option_event(index, outcome) if is_call else m.option_event(index)
