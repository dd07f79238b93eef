"""Menus made by hand and by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from menus.menu import Argument, Call, Goto, Labels, Listing, Menu, Option, Page
from menus.values import Item, Text

LANGUAGE = "en"
OUTCOMES = ("done", "failed")
ITEMS = tuple(Item(f"i{number}", {"name": f"item {number}"}) for number in range(4))


def words(text: str) -> Text:
    """A text in the one language of these menus."""
    return Text({LANGUAGE: text})


LABELS = Labels(words("Back"), words("Home"), words("More"), words("Not an option."), words("Good bye."))


def option(text: str, to: str) -> Option:
    """A line that leads to a page."""
    return Option(words(text), Goto(to))


def calling(text: str, command: str, outcomes: Mapping[str, str], **args: Argument) -> Option:
    """A line that gives a command."""
    return Option(words(text), Call(command, args, outcomes))


def page(name: str, *options: Option, text: str = "", **fields: object) -> Page:
    """A page that says its name."""
    return Page(name, words(text or name), options=options, **fields)  # type: ignore[arg-type]


def menu(*pages: Page, start: str = "", unavailable: str = "") -> Menu:
    """A menu that begins at its first page; unavailable: the last, unless told."""
    return Menu(
        "main",
        "v1",
        start or pages[0].id,
        unavailable or pages[-1].id,
        {one.id: one for one in pages},
        LABELS,
        (LANGUAGE,),
    )


@st.composite
def menus(draw: st.DrawFn, most: int = 8) -> Menu:
    """Any menu in which every page can be reached."""
    names = [f"q{number}" for number in range(draw(st.integers(2, most)))]
    target = st.sampled_from(names)
    lines = st.one_of(
        st.builds(option, st.just("go"), target),
        st.builds(
            lambda done, failed: calling("do", "work", {"done": done, "failed": failed}),
            target,
            target,
        ),
    )
    pages = []
    for number, name in enumerate(names):
        options: Sequence[Option] = draw(st.lists(lines, max_size=4))
        if number + 1 < len(names):  # a way on, so that all can be reached
            options = (*options, option("on", names[number + 1]))
        listing = draw(
            st.none() | st.builds(Listing, st.just("things"), st.just("thing"), st.just(words("{name}")), target)
        )
        pages.append(
            page(name, *options, listing=listing, facts={"things": draw(st.just("") | target)} if listing else {})
        )
    return menu(*pages, unavailable=names[-1] if not pages[-1].facts else names[0])
