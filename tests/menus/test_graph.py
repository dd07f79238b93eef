"""The picture of a menu: every page and every way is in it, nothing stands on anything else."""

from __future__ import annotations

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY
from rich_menu import RICH, WORDS
from test_table import menus

from flows.menu_vocabulary import starter_vocabulary
from menus.chart import boxes
from menus.graph import svg
from menus.layout import Line, columns, tops
from menus.loader import load_menu, load_starter
from menus.pages import Menu
from menus.routes import UNAVAILABLE, written

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=["small", "rich", "starter"])
def menu(request: pytest.FixtureRequest) -> Menu:
    """A small one, one that uses all of the language, and a real one."""
    if request.param == "starter":
        return load_starter(starter_vocabulary())
    text, vocabulary = (SMALL, VOCABULARY) if request.param == "small" else (RICH, WORDS)
    return load_menu(text, "menu.yaml", vocabulary)


def pages(root: Element) -> dict[str, Element]:
    """The group of each page."""
    return {group.attrib["id"]: group for group in root.iter(f"{_SVG}g") if "id" in group.attrib}


def test_every_page_is_in_the_picture_with_its_text(menu: Menu) -> None:
    """In the language that was asked for, and with a title for who cannot see it."""
    root = fromstring(svg(menu, "en"))
    groups = pages(root)
    assert groups.keys() == {f"page-{page}" for page in menu.pages}
    for page in menu.pages.values():
        group = groups[f"page-{page.id}"]
        title = group.find(f"{_SVG}title")
        assert title is not None
        assert (title.text or "").startswith(f"Page {page.id}")
        said = " ".join("".join(text.itertext()) for text in group.iter(f"{_SVG}text"))
        assert page.text["en"].fill(lambda name: f"{{{name}}}").split()[0] in said
    assert [child.tag for child in root[:2]] == [f"{_SVG}title", f"{_SVG}desc"]


def test_every_way_is_a_line_or_a_link(menu: Menu) -> None:
    """But those to the page for missing facts, which every page with facts has."""
    ways = {(route.source, route.target) for route in written(menu) if route.event != UNAVAILABLE}
    drawn = boxes(menu, "en")
    assert {(box.page, row.target) for box in drawn for row in box.rows if row.target} == ways
    root = fromstring(svg(menu))
    lines = [path for path in root.iter(f"{_SVG}path") if path.attrib["class"] == "way"]
    links = list(root.iter(f"{_SVG}a"))
    assert len(lines) + len(links) == sum(bool(row.target) for box in drawn for row in box.rows)
    assert {link.attrib["href"] for link in links} <= {f"#{name}" for name in pages(root)}


def test_texts_of_operators_stay_texts() -> None:
    """Signs that XML takes for its own among them."""
    menu = load_menu(SMALL.replace("en: Not now.", "en: <b>&amp; now"), "small.yaml", VOCABULARY)
    assert any(text.text == "<b>&amp; now" for text in fromstring(svg(menu, "en")).iter(f"{_SVG}text"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(menus())
def test_random_menus_have_every_page_in_their_picture(menu: Menu) -> None:
    """Wherever their ways lead, and none twice."""
    root = fromstring(svg(menu))
    assert pages(root).keys() == {f"page-{page}" for page in menu.pages}
    frames = [rect for rect in root.iter(f"{_SVG}rect") if rect.attrib["class"] != "paper"]
    assert len({(frame.attrib["x"], frame.attrib["y"]) for frame in frames}) == len(frames) == len(menu.pages)


names = st.sampled_from("abcdefgh")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(names, names), max_size=20), st.dictionaries(names, st.floats(20, 200), min_size=8))
def test_boxes_never_overlap(ways: list[tuple[str, str]], heights: dict[str, float]) -> None:
    """Whatever leads where: each column keeps its gaps, and starts at 0 at the earliest."""
    column_of = columns("a", ways, "abcdefgh")
    assert column_of["a"] == 0
    assert all(
        column_of[target] <= column_of[source] + 1 for source, target in ways if column_of[source] or source == "a"
    )
    lines = [Line(source, target, 30, 10) for source, target in ways if column_of[target] == column_of[source] + 1]
    found = tops(column_of, heights, lines, 10)
    assert min(found.values()) == pytest.approx(0)
    for column in set(column_of.values()):
        stack = sorted((box for box, at in column_of.items() if at == column), key=lambda box: found[box])
        assert all(found[above] + heights[above] + 10 <= found[below] + 0.001 for above, below in pairwise(stack))
