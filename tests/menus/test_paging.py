"""No screen is over its budget, nothing is lost, and nothing is cut where it hurts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.charset import is_gsm7
from menus.paging import Ruler, fit
from menus.values import Budget

NAVIGATION = {True: ("98 Más", "0 Volver", "00 Inicio"), False: ("0 Volver", "00 Inicio")}
WORDS = st.text(st.sampled_from("aáñçã€[]{}xyzÇ🎉Ж "), max_size=400)
LINES = st.lists(
    st.text(st.sampled_from("abcdé€^ ñ🎉"), min_size=1, max_size=60).map(str.strip).filter(bool), max_size=15
)
BUDGETS = st.builds(Budget, st.sampled_from(["gsm7", "ucs2"]), st.integers(80, 182))


def navigation(_: int, more: bool) -> tuple[str, ...]:
    """The same keys on every screen."""
    return NAVIGATION[more]


@given(WORDS, LINES, BUDGETS)
def test_no_screen_is_over_its_budget(body: str, lines: list[str], budget: Budget) -> None:
    """In any charset, whatever the texts; and a GSM-7 door never gets what it cannot show."""
    ruler = Ruler(budget)
    for screen in fit(body, lines, navigation, budget):
        assert ruler.length(screen) <= budget.size
        assert budget.charset == "ucs2" or is_gsm7(screen)


@given(WORDS, LINES, BUDGETS)
def test_no_option_is_lost_or_doubled(body: str, lines: list[str], budget: Budget) -> None:
    """Each is on exactly one screen, whole and in order."""
    numbered = [f"#{number} {line}" for number, line in enumerate(lines)]
    spelled = [Ruler(budget).spelled(line) for line in numbered]
    found = [line for screen in fit(body, numbered, navigation, budget) for line in screen.split("\n")]
    assert [line for line in found if line.startswith("#")] == spelled


@given(WORDS, BUDGETS)
def test_the_body_comes_through_whole(body: str, budget: Budget) -> None:
    """All of it, but for blanks where a line was split."""
    keys = {Ruler(budget).spelled(key) for key in NAVIGATION[True]}
    screens = fit(body, (), navigation, budget)
    joined = "".join(line for screen in screens for line in screen.split("\n") if line not in keys)
    assert joined.replace(" ", "") == Ruler(budget).spelled(body).replace(" ", "")


@pytest.mark.parametrize(
    ("size", "screens"),
    [
        (60, ["one two three\n1 yes\n2 no\n0 Volver\n00 Inicio"]),
        (34, ["one two three\n98 Mas\n0 Volver", "1 yes\n2 no\n0 Volver\n00 Inicio"]),
    ],
)
def test_a_page_that_does_not_fit_goes_on_on_the_next_screen(size: int, screens: list[str]) -> None:
    """Lines stay whole; the key that leads on stands only where something follows."""

    def keys(_: int, more: bool) -> tuple[str, ...]:
        return ("98 Más", "0 Volver") if more else ("0 Volver", "00 Inicio")

    assert fit("one two three", ["1 yes", "2 no"], keys, Budget(size=size)) == screens


def test_a_long_sentence_is_split_between_words() -> None:
    """Never inside one that would fit."""
    first, second = fit("aaaa bbbb cccc dddd", (), lambda *_: (), Budget(size=12))
    assert (first, second) == ("aaaa bbbb", "cccc dddd")


def test_a_word_longer_than_a_screen_is_split_all_the_same() -> None:
    """Rather than lost."""
    assert fit("x" * 30, (), lambda *_: (), Budget(size=12)) == ["x" * 12, "x" * 12, "x" * 6]
