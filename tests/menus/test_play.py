"""Plays: how they are read, what they find, how they are brought up to date."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY

from menus import examples
from menus.loader import load_menu
from menus.phone import Phone, outcomes
from menus.play import mismatches, run, updated
from menus.play_file import PlayUnreadable, parse_play, written
from menus.table import CompiledMenu, compile_menu
from menus.values import Facts, Invoke, Place, Vocabulary

MENU = compile_menu(load_menu(SMALL, "small.yaml", VOCABULARY))
HEAD = "menu: small.yaml\n"
BUYING = """\
menu: small.yaml
language: en

== Buying
fact balance: $ 5
> *123#
  Balance $ 5
  …
> 1
  …
  4 Help
  …
> 2
  … for price
  1 Buy
  …
> 1
! buy bundle=bundles-2 -> done
  Done.
  (ends)
"""


def likely(vocabulary: Vocabulary, place: Place, language: str) -> Facts:
    """Names for everything."""
    return examples.named(vocabulary)


def played(text: str, menu: CompiledMenu = MENU) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    """Line, expected and got of each difference."""
    found = run(parse_play(text, "x.play"), menu, VOCABULARY, likely)
    return [(one.line, one.expected, one.got) for one in mismatches(found.heard)]


def problems_of(text: str) -> list[str]:
    """What keeps a play from being played to its end."""
    try:
        stops = run(parse_play(text, "x.play"), MENU, VOCABULARY, likely).stops
    except PlayUnreadable as error:
        return list(error.problems)
    return [f"x.play:{stop.line}: {stop.sentence}" for stop in stops]


def brought_up_to_date(text: str) -> str:
    """The file as ``--update`` writes it."""
    play = parse_play(text, "x.play")
    return updated(play, run(play, MENU, VOCABULARY, likely).heard)


def test_a_conversation_that_is_as_written_has_no_differences() -> None:
    """With parts left open."""
    assert played(BUYING) == []
    assert brought_up_to_date(BUYING) == BUYING


@pytest.mark.parametrize(
    ("old", "new", "line", "expected", "got"),
    [
        ("  Balance $ 5\n", "  Balance $ 6\n", 7, ("Balance $ 6", "…"), ("Balance $ 5", "1 Buy", "7 Alerts")),
        ("  (ends)\n", "", 19, ("Done.",), ("Done.", "(ends)")),
        ("bundle=bundles-2", "bundle=other", 18, ("buy bundle=other",), ("buy bundle=bundles-2",)),
        ("  Done.\n  (ends)\n", "", 17, (), ("Done.", "(ends)")),
    ],
)
def test_what_differs_is_told_with_its_line(
    old: str, new: str, line: int, expected: tuple[str, ...], got: tuple[str, ...]
) -> None:
    """And --update puts what came in its place, leaving the rest alone."""
    text = BUYING.replace(old, new)
    assert played(text) == [(line, expected, got)]
    assert played(brought_up_to_date(text)) == []
    assert brought_up_to_date(text).splitlines()[:5] == BUYING.splitlines()[:5]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("> 1\n", "x.play:1: 'menu: FILE' is missing"),
        (f"{HEAD}hello\n", "x.play:2: 'hello' is not understood; begin it with '>'"),
        (f"{HEAD}  hello\n", "x.play:2: a screen without anything typed before it"),
        (f"{HEAD}! buy -> done\n", "x.play:2: a command comes once, right below what is typed"),
        (f"{HEAD}> *1#\n! buy done\n", "x.play:3: write '! COMMAND NAME=VALUE … -> OUTCOME'"),
        (f"{HEAD}{HEAD}> *1#\n", "x.play:2: 'menu' comes once"),
        (f"{HEAD}> 1\n", "x.play:2: nothing is dialled yet; dial first: '> *123#'"),
        (f"{HEAD}> *1*7#\n> 1\n", "x.play:3: this asks for a command; write below it '! set_alerts value=on -> done'"),
        (
            f"{HEAD}> *1*7#\n> 1\n! set_alerts value=on -> lost\n",
            "x.play:4: 'lost' is no outcome of set_alerts value=on; there is",
        ),
        (
            f"{HEAD}> *1*7#\n> 1\n! set_alerts value=on -> don\n",
            "x.play:4: 'don' is no outcome of set_alerts value=on; did you mean 'done'?",
        ),
        (HEAD, "x.play:1: has no conversation; begin one with '> *123#'"),
        (f"{HEAD}== One\n", "x.play:2: has no conversation"),
        (f"{HEAD}lang: es\n", "x.play:2: 'lang: es' is not understood; did you mean 'language:'?"),
        (f"{HEAD}fakt balance: 1\n", "x.play:2: 'fakt balance: 1' is not understood; did you mean 'fact'?"),
        (f"{HEAD}> *1*7#\n! set_alerts value=on -> done\n", "x.play:3: no command is asked for here; take this line"),
        (f"{HEAD}> *1#\n> 9\n> 9\n> 9\n> 1\n", "x.play:6: the session has ended; dial first"),
        (
            f"{HEAD}fact balanse: $ 5\n> *1#\n",
            "x.play:2: fact balanse: 'balanse' is not known; did you mean 'balance'?",
        ),
        (f"{HEAD}fact bundle: 1 GB\n> *1#\n", "x.play:2: fact bundle: write none, away or FIELD=VALUE; FIELD=VALUE"),
        (f"{HEAD}fact bundle: nam=1 GB\n> *1#\n", "x.play:2: fact bundle: 'nam' is not known; did you mean 'name'?"),
        (f"{HEAD}language: fr\n> *1#\n", "x.play:2: language: 'fr' is not known; there is: es, en"),
        (f"{HEAD}size: many\n> *1#\n", "x.play:2: size: must be a number of units from 1 to 1000"),
        (f"{HEAD}size: 5\n> *1#\n", "x.play:3: 5 units leave no room for the page"),
    ],
)
def test_what_cannot_be_played_is_told_with_its_line(text: str, problem: str) -> None:
    """One line that says what to change."""
    (found,) = problems_of(text)
    assert found.startswith(problem)


def test_screens_that_differ_before_a_stop_are_told_and_brought_up_to_date() -> None:
    """The stop is not blamed on its own line then, and what stands behind it is left alone."""
    text = f"{HEAD}language: en\n> *1*7#\n  Wrong\n> 00\n  …\n! set_alerts value=on -> done\n"
    text = text.replace("> 00\n  …\n!", "> 00\n!") + "  Later\n"
    assert played(text) == [(4, ("Wrong",), ("Alerts", "1 Turn on", "00 Home"))]
    assert problems_of(text) == [
        "x.play:6: no command is asked for here; because the screens above differ, this was not reached as written"
    ]
    now = brought_up_to_date(text)
    assert now == text.replace("  Wrong\n", "  Alerts\n  1 Turn on\n  00 Home\n")
    assert problems_of(now) == ["x.play:8: no command is asked for here; take this line out"]


def test_each_conversation_that_stops_is_told_and_the_others_are_played() -> None:
    """Also where a fact within it cannot be so."""
    text = f"{HEAD}== One\nfact balanse: $ 5\n> *1#\n  …\n== Two\n> *1#\n  Nothing\n== Three\n> 1\n"
    assert len(problems_of(text)) == 2
    assert [line for line, _, _ in played(text)] == [8]


def test_facts_hold_from_their_line_on_and_for_their_conversation() -> None:
    """A list is set by a line for each item."""
    text = f"""{HEAD}language: en
fact balance: $ 1

== One
> *1#
  Balance $ 1
  …
fact balance: $ 2
fact bundles: id=a; name=A
fact bundles: id=b; price=$ 9
> *1*1#
  Which?
  1 A price
  2 name $ 9
  …
fact bundles: none
> *1*1#
  No bundles.
  …
fact bundles: away
> *1*1#
  Not now.
  …

== Two
> *1#
  Balance $ 1
  …
"""
    assert played(text) == []


def test_one_line_can_be_any_lines() -> None:
    """And so can the whole screen; blank lines between lines of a screen belong to it."""
    assert played(f"{HEAD}> *1#\n  …\n\n\n== Two\n> *1#\n  Saldo …\n  …\n  7 Avisos\n") == []
    assert played(f"{HEAD}> *1#\n  Saldo …\n\n  …\n")[0][1] == ("Saldo …", "", "…")


answers = st.lists(st.sampled_from(["1", "2", "3", "7", "0", "00", "98", "x", "", "*1#", "*1*1#"]), max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers, st.sampled_from(["examples", "longest", "none"]), st.sampled_from(["gsm7", "ucs2"]), st.data())
def test_a_walk_that_was_written_down_plays(walk: list[str], facts: str, charset: str, data: st.DataObject) -> None:
    """Whatever is typed: once it is recorded, it is as written, and recording it again changes nothing."""
    known = {"examples": examples.named, "longest": examples.longest, "none": examples.nothing}[facts](VOCABULARY)
    phone = Phone(MENU, "en", lambda place, language: known)
    lines = [HEAD, "language: en\n", f"facts: {facts}\n", f"charset: {charset}\n", "size: 80\n", "> *1#\n"]
    phone.dial("*1#")
    for answer in walk:
        if phone.screen is None or phone.screen.ends:
            lines.append("> *1#\n")
            phone.dial("*1#")
        lines.append(f"> {answer}\n")
        found = phone.answer(answer)
        if isinstance(found, Invoke):
            outcome = data.draw(st.sampled_from(outcomes(MENU, found)))
            lines.append(f"! {written(found.command.name, found.command.args)} -> {outcome}\n")
            phone.ended(found, outcome)
    recorded = brought_up_to_date("".join(lines))
    assert played(recorded) == []
    assert brought_up_to_date(recorded) == recorded
