"""Random walks: nobody is ever stuck, no screen is too large, and going on and back shows the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich_menu import RICH, WORDS

from flows.menu_vocabulary import LANGUAGES, starter_vocabulary
from menus.charset import is_gsm7
from menus.loader import load_menu, load_starter
from menus.paging import units
from menus.screens import roomy
from menus.table import CompiledMenu, compile_menu
from menus.values import (
    GUARD,
    Budget,
    Charset,
    Detour,
    Facts,
    FactSpec,
    FactValue,
    Invoke,
    Item,
    Moved,
    Over,
    Place,
    Screen,
    Vocabulary,
    Wrong,
)

CO = starter_vocabulary("CO")
BUDGETS = [Budget("gsm7", size) for size in (120, 160, 182)] + [Budget("ucs2", 80)]
TYPED = ["1", "2", "3", "4", "5", "6", "7", "12", "8", "9", "0", "00", "98", "99", "x", "3001112233", "5000", "AB1234"]
SAYINGS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def starter() -> CompiledMenu:
    """The menu that comes with the package."""
    return compile_menu(load_starter(CO))


@pytest.fixture(scope="module")
def rich() -> CompiledMenu:
    """One that uses the whole language."""
    return compile_menu(load_menu(RICH, "rich.yaml", WORDS))


def facts_for(draw: Callable[[st.SearchStrategy[FactValue]], FactValue], words: Vocabulary, names: list[str]) -> Facts:
    """Any values for these facts, of any length, or none, or not in time."""
    return {
        name: draw(_guard_value(words, name) if name.startswith(GUARD) else _fact_value(words.facts[name]))
        for name in names
    }


def _guard_value(words: Vocabulary, name: str) -> st.SearchStrategy[FactValue]:
    kind = words.guards[name.removeprefix(GUARD)]
    values = {"flag": st.booleans(), "number": st.integers(-10, 10_000), "text": st.sampled_from(["youth", "co"])}
    return st.one_of(st.none(), values[kind])


def _fact_value(spec: FactSpec) -> st.SearchStrategy[FactValue]:
    items = st.builds(
        Item, st.text("abc", min_size=1, max_size=3), st.fixed_dictionaries(dict.fromkeys(spec.fields, SAYINGS))
    )
    if spec.kind == "list":
        lists = st.lists(items, max_size=8, unique_by=lambda item: item.id).map(tuple)
        return st.one_of(st.none(), st.just(""), lists)
    return st.one_of(st.none(), st.just(""), items if spec.kind == "item" else SAYINGS)


def shown(
    menu: CompiledMenu, place: Place, language: str, draw_facts: Callable[[list[str]], Facts], budget: Budget
) -> Screen:
    """The screen of a place, whatever is shown instead of it."""
    for _ in range(len(menu.menu.pages)):
        screen = menu.show(place, language, draw_facts(list(menu.facts_of(place.page))), budget)
        if isinstance(screen, Screen):
            return screen
        assert isinstance(screen, Detour)
        place = screen.place
    raise AssertionError("detours lead in a circle")


@pytest.mark.parametrize("which", ["starter", "rich"])
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), typed=st.lists(st.sampled_from(TYPED), max_size=14), budget=st.sampled_from(BUDGETS))
def test_nobody_is_ever_stuck(
    request: pytest.FixtureRequest, which: str, data: st.DataObject, typed: list[str], budget: Budget
) -> None:
    """Every screen fits, and either ends the session or can be left by something that it shows."""
    menu: CompiledMenu = request.getfixturevalue(which)
    words = CO if which == "starter" else WORDS
    language = data.draw(st.sampled_from(words.languages))

    def draw_facts(names: list[str]) -> Facts:
        return facts_for(data.draw, words, names)

    place = menu.start
    for answer in typed:
        screen = shown(menu, place, language, draw_facts, budget)
        page = menu.menu.pages[screen.place.page]
        assert _fits(screen.text, roomy(page, budget))
        if screen.ends:
            return
        assert _ways_out(menu, screen), screen.text
        place = _stepped(menu, screen.place, answer, data)


def _fits(text: str, budget: Budget) -> bool:
    charset: Charset = budget.charset
    return units(text, charset) <= budget.size and (charset == "ucs2" or is_gsm7(text))


def _ways_out(menu: CompiledMenu, screen: Screen) -> bool:
    """Whether something that the screen shows, or anything typed into its question, leads on."""
    if menu.menu.pages[screen.place.page].input:
        return True
    offered = [line.split(" ")[0] for line in screen.text.split("\n")]
    steps = (menu.step(screen.place, number) for number in offered if number.isdigit())
    return any(isinstance(step, Moved | Invoke) for step in steps)


def _stepped(menu: CompiledMenu, place: Place, answer: str, data: st.DataObject) -> Place:
    step = menu.step(place, answer)
    match step:
        case Invoke():
            page = menu.menu.pages[step.place.page]
            leads = page.input.leads if page.input else next(o.leads for o in page.options if o.id == step.option)
            assert not hasattr(leads, "page")
            return menu.after(step, data.draw(st.sampled_from(sorted(leads.outcomes))))
        case Over():
            return menu.start
        case Moved() | Wrong():
            return step.place


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), language=st.sampled_from(LANGUAGES), budget=st.sampled_from(BUDGETS))
def test_going_on_and_back_shows_the_same(
    starter: CompiledMenu, data: st.DataObject, language: str, budget: Budget
) -> None:
    """On every page, with facts of any length: parts are the same forth and back, and no option is lost."""
    page = data.draw(st.sampled_from(sorted(starter.menu.pages)))
    facts = facts_for(data.draw, CO, list(starter.facts_of(page)))
    typed = {one.input.choice: "573001112233" for one in starter.menu.pages.values() if one.input}
    screen = starter.show(Place(page, chosen=typed), language, facts, budget)
    if isinstance(screen, Detour):
        return
    keys = starter.menu.keys

    def after(before: Screen, answer: str) -> Screen:
        step = starter.step(before.place, answer)
        assert isinstance(step, Moved)
        shown = starter.show(step.place, language, facts, budget)
        assert isinstance(shown, Screen)
        return shown

    seen = [screen]
    while len(seen) < screen.place.parts:
        seen.append(after(seen[-1], keys.more))
    screen = seen[-1]
    for before in reversed(seen[:-1]):
        screen = after(screen, keys.back)
        assert screen.text == before.text
    numbers = [line.split(" ")[0] for one in seen for line in one.text.split("\n")]
    for number in _numbers(starter, seen[0].place):
        assert numbers.count(number) >= 1


def _numbers(menu: CompiledMenu, place: Place) -> list[str]:
    """Every number that is an answer on a page; what is typed into a question is no number that it shows."""
    if menu.menu.pages[place.page].input:
        return []
    steps = ((str(number), menu.step(place, str(number))) for number in range(1, 98))
    keys = menu.menu.keys.all
    return [number for number, step in steps if number not in keys and isinstance(step, Moved | Invoke)]
