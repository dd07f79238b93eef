"""Pages that sessions opened by the network begin on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from menu_samples import SMALL, VOCABULARY

from flows.menu_examples import example_facts
from flows.menu_vocabulary import LANGUAGES, starter_vocabulary
from menus import examples
from menus.charset import septets
from menus.diff import differences
from menus.errors import MenuError
from menus.loader import load_menu, load_starter
from menus.table import CompiledMenu, compile_menu
from menus.values import Budget, Detour, Invoke, Place, Screen

WITH_PUSHES = SMALL.replace("unavailable: sorry\n", "unavailable: sorry\npushed: {offer: extra}\n").replace(
    "  sorry:\n", "  extra:\n    text: {es: Extra, en: Extra}\n    ends: true\n  sorry:\n"
)


@pytest.fixture(scope="module")
def menu() -> CompiledMenu:
    """The starter menu."""
    return compile_menu(load_starter(starter_vocabulary()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_with_its_offer_is_one_screen_and_one_answer_away_from_a_purchase(
    menu: CompiledMenu, language: str
) -> None:
    """Whatever the language; a yes is to the offer that was shown."""
    place = Place(menu.menu.pushed["offer"].page)
    screen = menu.show(place, language, example_facts(starter_vocabulary(), place, language), Budget())
    assert isinstance(screen, Screen)
    assert (screen.place.parts, screen.ends) == (1, False)
    assert septets(screen.text) <= 182
    assert screen.place.chosen == {"offer": "offer-1"}
    yes, no = menu.step(screen.place, "1"), menu.step(screen.place, "2")
    assert isinstance(yes, Invoke)
    assert isinstance(no, Invoke)
    assert (yes.command.name, no.command.name) == ("accept_offer", "decline_offer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_alone_is_shown_and_ends(menu: CompiledMenu, language: str) -> None:
    """The longest, too: nobody can ask a notification for more."""
    place = Place(menu.menu.pushed["alert"].page)
    screen = menu.show(place, language, examples.longest(starter_vocabulary()), Budget())
    assert isinstance(screen, Screen)
    assert (screen.place.parts, screen.ends) == (1, True)


def test_whoever_gets_there_without_a_push_gets_the_offer_or_the_start(menu: CompiledMenu) -> None:
    """There is nothing to tell them first."""
    for name, target in (("offer", "offer"), ("alert", "home")):
        place = Place(menu.menu.pushed[name].page)
        facts = {**example_facts(starter_vocabulary(), place, "es"), "notice": ""}
        shown = menu.show(place, "es", facts, Budget())
        assert isinstance(shown, Detour)
        assert shown.place.page == target


def test_a_menu_names_the_pages_of_pushes() -> None:
    """Nothing else needs to lead there; only ``offer`` and ``alert`` are pushed, and to pages that there are."""
    assert load_menu(WITH_PUSHES, "m.yaml", VOCABULARY).pushed["offer"].page == "extra"
    for wrong, sentence in (
        ("{offer: nowhere}", "'nowhere', which is no page"),
        ("{news: extra}", "unknown key 'news'"),
    ):
        with pytest.raises(MenuError, match=sentence):
            load_menu(WITH_PUSHES.replace("{offer: extra}", wrong), "m.yaml", VOCABULARY)


def test_the_difference_of_two_versions_tells_of_pushes() -> None:
    """New, gone, moved."""
    without, with_it = load_menu(SMALL, "m.yaml", VOCABULARY), load_menu(WITH_PUSHES, "m.yaml", VOCABULARY)
    moved = replace(with_it, pushed={"offer": replace(with_it.pushed["offer"], page="sorry")})
    assert "a pushed offer is new and opens page extra" in list(differences(without, with_it))
    assert "a pushed offer has no page any more; it had extra" in list(differences(with_it, without))
    assert "a pushed offer opens page sorry, not extra" in list(differences(with_it, moved))
