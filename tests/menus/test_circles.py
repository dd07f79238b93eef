"""Pages that send on to each other are found, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.menu_vocabulary import starter_vocabulary
from menus.errors import MenuError
from menus.loader import load_menu

_PAGES = ascii_lowercase[:6]
_FACTS = ("balance", "alerts")
_WAYS = st.lists(st.lists(st.sampled_from(_PAGES), max_size=2), min_size=len(_PAGES), max_size=len(_PAGES))
_MENU = """\
menu: main
start: start
unavailable: sorry
navigation: {{back: {word}, home: {word}, more: {word}}}
texts: {{wrong: {word}, goodbye: {word}}}
pages:
  sorry: {{text: {word}}}
  start: {{text: {word}, options: [{options}]}}
"""


def _menu(ways: Sequence[Sequence[str]]) -> str:
    """Page a sends on to each of ``ways[0]`` when a fact is empty, and so on."""
    word = "{es: x, pt_BR: x, en: x}"
    lines = [_MENU.format(word=word, options=", ".join(f"{{text: {word}, goto: {page}}}" for page in _PAGES))]
    for page, targets in zip(_PAGES, ways, strict=True):
        facts = ", ".join(f"{fact}: {{empty: {target}}}" for fact, target in zip(_FACTS, targets, strict=False))
        lines.append(f"  {page}: {{text: {word}, facts: {{{facts}}}}}\n")
    return "".join(lines)


def _leads(ways: Sequence[Sequence[str]], start: str, end: str) -> bool:
    """Whether page ``start`` sends on to ``end`` in any number of steps, also none."""
    reached = {start}
    for _ in _PAGES:
        reached |= {target for page in reached for target in ways[_PAGES.index(page)]}
    return end in reached


@given(_WAYS)
def test_every_way_that_leads_in_a_circle_is_told(ways: Sequence[Sequence[str]]) -> None:
    """As often as it stands there, and never a way that only leads to a circle."""
    wanted = {
        (page, target)
        for page, targets in zip(_PAGES, ways, strict=True)
        for target in targets
        if _leads(ways, target, page)
    }
    try:
        load_menu(_menu(ways), "main.yaml", starter_vocabulary("CO"))
        problems: Sequence[str] = ()
    except MenuError as error:
        problems = [problem for problem in error.problems if "leads in a circle" in problem]
    told = {(problem.split("page ")[1][0], problem.rpartition("'")[0][-1]) for problem in problems}
    assert told == wanted
    assert len(problems) == len(wanted)


@pytest.mark.parametrize("length", [1, len(_PAGES)])
def test_a_circle_of_any_length_is_one(length: int) -> None:
    """A page that sends on to itself too."""
    ways = [[_PAGES[(at + 1) % length]] if at < length else [] for at in range(len(_PAGES))]
    with pytest.raises(MenuError) as refused:
        load_menu(_menu(ways), "main.yaml", starter_vocabulary("CO"))
    assert sum("leads in a circle" in problem for problem in refused.value.problems) == length
