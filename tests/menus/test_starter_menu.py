"""Conversations with the starter menu, held word for word against ``golden/``.

``CHASQUI_GOLDEN=1 pytest tests/menus/test_starter_menu.py`` writes them anew; read the difference before committing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from menu_samples import starter_facts

from flows.menu_vocabulary import LANGUAGES, starter_vocabulary
from menus.charset import is_gsm7, septets
from menus.loader import load_starter
from menus.table import CompiledMenu, compile_menu
from menus.values import Budget, Detour, Facts, Invoke, Over, Place, Screen, Wrong

GOLDEN = Path(__file__).parent / "golden"
NUMBER = "+573009998877"
LISTS = {"buy", "gift_bundle"}

# title, facts, answers; an answer "1 done" runs a command and says how it ends
CONVERSATIONS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("balance and bundles", "full", ("1",)),
    ("balance without bundles", "bare", ("1",)),
    ("buying", "full", ("2", "98", "0", "2", "1 done")),
    ("buying, answered later", "full", ("2", "1", "1 started")),
    ("buying with too little", "full", ("2", "1", "1 too_little", "1")),
    ("buying, refused", "full", ("2", "1", "1 refused", "0")),
    ("changing one's mind", "full", ("2", "1", "2", "00")),
    ("nothing to buy", "bare", ("2",)),
    ("no longer sold", "sold out", ("2", "1")),
    ("the offer", "full", ("3", "1 done")),
    ("the offer, declined", "full", ("3", "2 done", "0")),
    ("the offer, gone", "full", ("3", "1 gone")),
    ("no offer", "bare", ("3",)),
    ("language", "full", ("4", "1", "2 done", "0")),
    ("alerts", "full", ("4", "2", "2 done")),
    ("marketing", "full", ("4", "3", "1 done")),
    ("charges outside a bundle", "full", ("4", "4", "1 done", "2 done")),
    ("what may be kept", "full", ("4", "5", "4", "1 done", "0", "4", "5", "4", "2 done")),
    ("each source", "full", ("4", "5", "1", "0", "2", "0", "3", "0", "5", "0", "6", "0", "7")),
    ("combos", "full", ("6", "1", "1", "1 done")),
    ("no combos", "bare", ("6", "1", "1")),
    ("a combo of one's own", "full", ("6", "1", "2", "60", "2", "100", "1 unavailable")),
    ("usage and purchases", "full", ("6", "2")),
    ("usage alone", "no orders", ("1", "2")),
    ("purchases alone", "no usage", ("6", "2")),
    ("neither usage nor purchases", "bare", ("6", "2")),
    ("call me back", "full", ("6", "3", "123", NUMBER, "1 done")),
    ("call me back, not sent", "full", ("6", "3", NUMBER, "2")),
    ("call me back, too often", "full", ("6", "3", NUMBER, "1 too_many")),
    ("call me back, oneself", "full", ("6", "3", NUMBER, "1 self", "1")),
    ("a problem", "full", ("6", "4", "2 done")),
    ("one problem too many", "full", ("6", "4", "4 too_many")),
    ("help", "full", ("6", "5", "1", "0", "2", "1", "00", "6", "5", "3")),
    ("for another number", "full", ("6", "6", "3", NUMBER, "1", "1 done")),
    ("for another number, answered later", "full", ("6", "6", NUMBER, "1", "1 started")),
    ("for another number, changing one's mind", "full", ("6", "6", NUMBER, "1", "2")),
    ("for another number, with too little", "full", ("6", "6", NUMBER, "1", "1 too_little", "2")),
    ("for another number, oneself", "full", ("6", "6", NUMBER, "1", "1 self", "1")),
    ("voucher", "full", ("6", "7", "123", "123456789012", "1 done")),
    ("voucher, answered later", "full", ("6", "7", "123456789012", "1 started")),
    ("voucher, wrong", "full", ("6", "7", "123456789012", "1 wrong", "1", "123456789013", "1 too_many")),
    ("voucher, refused", "full", ("6", "7", "123456789012", "1 refused")),
    ("advance", "full", ("6", "8", "1", "1 done")),
    ("advance, answered later", "full", ("6", "8", "1", "1 started")),
    ("advance, still owing", "full", ("6", "8", "1", "1 owing")),
    ("balance for another number", "full", ("6", "9", NUMBER, "20", "1 done")),
    ("balance for another number, answered later", "full", ("6", "9", NUMBER, "20", "1 started")),
    ("balance for another number, too much", "full", ("6", "9", NUMBER, "20", "1 too_much", "1")),
    ("balance for another number, with too little", "full", ("6", "9", NUMBER, "20", "1 too_little")),
    ("balance for another number, oneself", "full", ("6", "9", NUMBER, "20", "1 self", "1")),
    ("what the charging system cannot do", "bare", ("6", "6", "7")),
    ("consent", "bare", ("5", "1", "1 agreed", "1 given", "00")),
    ("consent, too late", "bare", ("5", "1", "1 agreed", "1 missing")),
    ("consent, withdrawn", "full", ("5", "1 withdrawn")),
    ("a pushed offer", "pushed offer", ("9", "1 done")),
    ("a pushed offer, declined", "pushed offer", ("2 done",)),
    ("a pushed offer, accepted elsewhere", "pushed offer", ("1 gone",)),
    ("a pushed alert", "pushed alert", ()),
    ("charging system away", "away", ("1", "0")),
    ("nothing to be had in time", "away", ("2", "0")),
    ("three mistakes", "full", ("9", "x", "")),
)


@pytest.fixture(scope="module")
def menu() -> CompiledMenu:
    """The starter menu."""
    return compile_menu(load_starter(starter_vocabulary()))


def screens(menu: CompiledMenu, language: str, which: str, answers: Sequence[str]) -> Iterator[tuple[str, Screen]]:
    """Each answer and the screen that follows it."""
    samples, pushed = starter_facts(language), which.removeprefix("pushed ") if which.startswith("pushed ") else ""
    lacking: Mapping[str, Facts] = {
        "sold out": {"bundle": ""},
        "no orders": {"orders": ()},
        "no usage": {"used_lately": ""},
    }
    facts = {**samples, "away": {}, **{name: {**samples["full"], **less} for name, less in lacking.items()}}[
        "full" if pushed else which
    ]
    opened = Place(menu.menu.pushed[pushed].page) if pushed else menu.start
    screen = _arrived(menu, opened, language, facts)
    yield f"(pushed {pushed})" if pushed else "*123#", screen
    for answer in answers:
        text, _, outcome = answer.partition(" ")
        step = menu.step(screen.place, text)
        match step:
            case Over():
                screen = menu.show_end(language)
            case Wrong():
                shown = menu.show(step.place, language, facts, Budget(), step.reason)
                assert isinstance(shown, Screen)
                screen = shown
            case Invoke():
                screen = _arrived(menu, menu.after(step, outcome), language, facts)
            case _:
                screen = _arrived(menu, step.place, language, facts)
        yield answer, screen


def _arrived(menu: CompiledMenu, place: Place, language: str, facts: Facts) -> Screen:
    shown = menu.show(place, language, facts, Budget())
    while isinstance(shown, Detour):
        shown = menu.show(shown.place, language, facts, Budget())
    return shown


def transcript(menu: CompiledMenu, language: str) -> str:
    """All conversations in one language, with the septets of each screen."""
    blocks = []
    for title, facts, answers in CONVERSATIONS:
        block = [f"── {title} ──"]
        for answer, screen in screens(menu, language, facts, answers):
            size = f"{septets(screen.text)} septets{', ends' if screen.ends else ''}"
            block += [f"> {answer}", *(f"  {line}" for line in screen.text.split("\n")), f"  ({size})"]
        blocks.append("\n".join(block))
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversations_are_as_they_were(menu: CompiledMenu, language: str) -> None:
    """A changed word is seen by whoever changes it."""
    path, found = GOLDEN / f"{language}.txt", transcript(menu, language)
    if os.environ.get("CHASQUI_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_conversations_visit_every_page(menu: CompiledMenu, language: str) -> None:
    """A new page needs a conversation."""
    seen = {
        screen.place.page
        for _, facts, answers in CONVERSATIONS
        for _, screen in screens(menu, language, facts, answers)
    }
    assert seen == menu.menu.pages.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_screens_are_gsm7_and_within_the_budget(menu: CompiledMenu, language: str) -> None:
    """And every page but the lists for sale fits one screen."""
    for _, facts, answers in CONVERSATIONS:
        for _, screen in screens(menu, language, facts, answers):
            assert is_gsm7(screen.text)
            assert septets(screen.text) <= Budget().size
            assert screen.place.parts == 1 or screen.place.page in LISTS


def test_withdrawing_consent_takes_no_more_answers_than_giving_it() -> None:
    """GDPR art. 7(3): as easy as giving."""
    answers = {title: len(answers) for title, _, answers in CONVERSATIONS}
    assert answers["consent, withdrawn"] <= answers["consent"]
