"""Fitting pages into screens: never over the budget, nothing lost, nothing twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.errors import ScreenTooSmall
from menus.paging import Content, Rails, fit, room, spell, units, with_notice
from menus.values import Budget, Charset

LABELS = {
    "es": ("98 Más", "0 Volver", "00 Inicio", "No entendí."),
    "pt_BR": ("98 Mais", "0 Voltar", "00 Início", "Não entendi."),
    "en": ("98 More", "0 Back", "00 Home", "Not a choice."),
}
CHARSETS: tuple[Charset, ...] = ("gsm7", "ucs2")
words = st.text(st.sampled_from("aeñáç€[🎉Ж{"), min_size=1, max_size=14)
sentences = st.lists(words, max_size=60).map(" ".join)
lines = st.lists(st.lists(words, min_size=1, max_size=2).map(" ".join), max_size=25)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Any page, in one of the languages."""
    more, back, home, notice = LABELS[draw(st.sampled_from(sorted(LABELS)))]
    rails = Rails(more, back, draw(st.sampled_from((home, ""))), draw(st.booleans()), draw(st.booleans()))
    numbered = [f"{at} {line}" for at, line in enumerate(draw(lines), 1)]
    return Content("\n".join(draw(st.lists(sentences, max_size=3))), numbered, rails, notice, draw(st.booleans()))


budgets = st.builds(Budget, st.sampled_from(CHARSETS), st.integers(140, 200))


def pages_of(content: Content, budget: Budget) -> list[list[str]]:
    """The lines of each part without its navigation."""
    parts = fit(content, budget)
    found = []
    for at, part in enumerate(parts):
        navigation = [spell(line, budget.charset) for line in content.rails.lines(at, last=at == len(parts) - 1)]
        rows = part.split("\n") if part else []
        assert rows[len(rows) - len(navigation) :] == navigation
        found.append(rows[: len(rows) - len(navigation)])
    return found


@given(contents(), budgets)
def test_no_screen_is_over_the_budget(content: Content, budget: Budget) -> None:
    """In any alphabet and language, with and without the notice."""
    for part in fit(content, budget):
        assert units(with_notice(part, content, budget), budget.charset) <= budget.size


@given(contents(), budgets)
def test_every_line_is_there_exactly_once(content: Content, budget: Budget) -> None:
    """In order, whole, each on one part."""
    rows = [row for page in pages_of(content, budget) for row in page]
    wanted = [spell(line, budget.charset) for line in content.lines]
    assert rows[len(rows) - len(wanted) :] == wanted


@given(contents(), budgets)
def test_the_body_is_there_whole(content: Content, budget: Budget) -> None:
    """Only blanks may differ, and no word is broken."""
    rows = [row for page in pages_of(content, budget) for row in page]
    body = rows[: len(rows) - len(content.lines)]
    assert " ".join(body).split() == spell(content.body, budget.charset).split()


@given(contents(), budgets)
def test_the_parts_of_a_long_page_do_not_depend_on_the_notice(content: Content, budget: Budget) -> None:
    """What "more" leads to is the same after a mistake."""
    without = fit(Content(content.body, content.lines, content.rails, content.notice, noticed=False), budget)
    with_it = fit(Content(content.body, content.lines, content.rails, content.notice, noticed=True), budget)
    assert len(without) == 1 or without == with_it


@given(st.text(min_size=1, max_size=600), budgets)
def test_a_word_longer_than_a_screen_is_broken_and_a_line_is_cut(text: str, budget: Budget) -> None:
    """Facts that nobody foresaw neither lose the page nor break the budget."""
    word = "".join(text.split()) or "a"
    content = Content(word, [f"1 {word}"], Rails("98 Más", "0 Volver", "00 Inicio", at_first=True))
    for part in fit(content, budget):
        assert units(part, budget.charset) <= budget.size


def test_more_stands_only_where_there_is_more_and_back_on_later_parts() -> None:
    """The start page has neither back nor home, but its second part leads back to the first."""
    content = Content("x" * 50 + " " + "y" * 50, (), Rails("98 Mas", "0 Volver"))
    assert fit(content, Budget(size=80)) == ("x" * 50 + "\n98 Mas", "y" * 50 + "\n0 Volver")


def test_a_page_that_ends_the_session_offers_nothing_on_its_last_part() -> None:
    """Who cannot answer is not asked."""
    content = Content("x" * 50 + " " + "y" * 50, (), Rails("98 Mas", "0 Volver", "00 Inicio", True, closes=True))
    assert fit(content, Budget(size=80))[-1] == "y" * 50


@pytest.mark.parametrize(
    ("text", "charset", "size"), [("€[", "gsm7", 4), ("á", "gsm7", 1), ("🎉", "ucs2", 2), ("á€", "ucs2", 2)]
)
def test_room_is_counted_as_the_network_counts_it(text: str, charset: Charset, size: int) -> None:
    """Septets with their escapes, or UTF-16 code units."""
    assert units(text, charset) == size


def test_what_gsm_lacks_becomes_a_question_mark() -> None:
    """One emoji in a bundle's name does not halve the page."""
    assert spell("Día 🎉 Ж", "gsm7") == "Dia ? ?"
    assert spell("Di\u0301a 🎉", "ucs2") == "Día 🎉"


def test_a_screen_without_room_says_so() -> None:
    """Navigation alone is no page."""
    rails = Rails("98 " + "m" * 40, "0 Volver", "00 Inicio", at_first=True)
    assert room(rails, "", Budget(size=60)) < 0
    with pytest.raises(ScreenTooSmall, match="shorten its navigation"):
        fit(Content("hola " * 40, (), rails), Budget(size=60))


@pytest.mark.parametrize(("language", "screen"), [("hu", "kérö\n0 Ü"), ("", "kéro\n0 U")])
def test_a_language_spells_in_its_own_way(language: str, screen: str) -> None:
    """Hungarian long vowels have equals in the alphabet, which Spanish accents have not."""
    rails = Rails(more="98 Ő", back="0 Ű", at_first=True)
    assert fit(Content("kérő", (), rails, language=language), Budget()) == (screen,)
