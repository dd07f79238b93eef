"""Differences in words: each change has its sentence, and no change has none."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY

from flows.menu_vocabulary import starter_vocabulary
from menus.diff import differences
from menus.loader import load_menu, load_starter

HELP = "      - {text: {es: Ayuda, en: Help}, goto: none}\n"
OTHER = HELP.replace("Ayuda", "Otro").replace("Help", "Other")
ALERTS = "      - {text: {es: Avisos, en: Alerts}, goto: alerts, key: 7}\n"
BUY = "      - {text: {es: Comprar, en: Buy}, goto: buy}\n"

# (what is replaced, by what, the sentences)
CHANGES = {
    "a text": ("es: Listo.", "es: Hecho.", ["page done: text in es changed from 'Listo.' to 'Hecho.'"]),
    "a text with a fact": (
        '"Saldo {balance}"',
        '"Tienes {balance}"',
        ["page home: text in es changed from 'Saldo {balance}' to 'Tienes {balance}'"],
    ),
    "an option's text": ("en: Help", "en: Info", ["page buy: option 1 in en changed from 'Help' to 'Info'"]),
    "where an option leads": (
        HELP,
        HELP.replace("none", "home"),
        ["page buy: option 1 'Ayuda' leads to page home, not none"],
    ),
    "a new option before others": (
        HELP,
        f"{OTHER.replace('none', 'home')}{HELP}",
        [
            "page buy: option 1 'Otro' is new and leads to page home",
            "on page buy, 'Ayuda' moved from 1 to 2, behind the list",
        ],
    ),
    "a number": (
        ALERTS,
        ALERTS.replace(", key: 7", ""),
        ["on page home, 'Avisos' moved from 7 to 2"],
    ),
    "a command's outcome": (
        "refused: buy}",
        "refused: none}",
        ["page confirm: option 1 'Comprar': outcome refused leads to page none, not buy"],
    ),
    "an argument": (
        "{value: on}",
        "{value: off}",
        ["page alerts: option 1 'Activar': argument value is 'off', not 'on'"],
    ),
    "a fact's detour": (
        "facts: {bundles: {empty: none}}",
        "facts: {bundles: null}",
        ["page buy: without bundles leads nowhere, not none"],
    ),
    "a fact": (
        "    text: {es: Listo., en: Done.}",
        "    text: {es: Listo., en: Done.}\n    facts: {balance: null}",
        ["page done: asks for fact balance"],
    ),
    "a list": ('es: "{name} {price}"', 'es: "{price} {name}"', ["page buy: list in es changed from '{name} {price}'"]),
    "the end": (
        "en: Done.}\n    ends: true",
        "en: Done.}\n    home: false",
        ["page done: no longer ends the session", "page done: no longer shows the line 'home'"],
    ),
    "navigation": ("back: {es: Volver", "back: {es: Atrás", ["'back' in es changed from 'Volver' to 'Atrás'"]),
    "keys": ("navigation:\n", "navigation:\n  keys: {back: 9}\n", ["back is typed as 9, not 0"]),
    "mistakes": ("start: home\n", "start: home\nmistakes: 5\n", ["5 mistakes in a row end the session, not 3"]),
    "a shortcut": (
        "start: home\n",
        "start: home\nshortcuts: {1*2: buy}\n",
        ["shortcut 1*2 is new and leads to page buy"],
    ),
    "a regional text": (
        "{es: Adiós., en",
        "{es: Adiós., es_CO: Chao., en",
        ["language es_CO is new", "'goodbye' in es_CO is new: 'Chao.'"],
    ),
    "an input": (
        SMALL[SMALL.index("    back: false\n") : SMALL.index("  sorry:\n")],
        "    input: {as: value, kind: text, goto: none}\n",
        [
            "page alerts: asks to type text, kept as value",
            "page alerts: option 1 'Activar' is gone; it gave command set_alerts",
            "page alerts: shows the line 'back'",
        ],
    ),
    "the id": ("menu: small", "menu: other", ["the menu is called other, not small"]),
    "what nobody sees": ("es: Comprar, en: Buy}, goto", "en: Buy, es: Comprar}, goto", []),
}


def changed(old: str, new: str) -> list[str]:
    """The sentences for a change of ``SMALL``."""
    assert old in SMALL
    before = load_menu(SMALL, "small.yaml", VOCABULARY)
    return list(differences(before, load_menu(SMALL.replace(old, new, 1), "small.yaml", VOCABULARY)))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_has_its_sentence(name: str) -> None:
    """As an operator would tell it."""
    old, new, sentences = CHANGES[name]
    found = changed(old, new)
    assert len(found) == len(sentences)
    for one, sentence in zip(found, sentences, strict=True):
        assert one.startswith(sentence)


def test_a_page_that_came_and_one_that_went() -> None:
    """With what they say."""
    page = "  extra:\n    text: {es: Más cosas., en: More things.}\n"
    more = SMALL.replace(HELP, f"{HELP}{OTHER.replace('none', 'extra')}") + page
    few, many = (load_menu(text, "small.yaml", VOCABULARY) for text in (SMALL, more))
    assert differences(few, many)[0] == "page extra is new: 'Más cosas.'"
    assert differences(many, few) == ["page extra is gone", "page buy: option 2 'Otro' is gone; it led to page extra"]


def test_a_page_that_has_another_name_is_one_sentence() -> None:
    """And not a new page, an old one, and every way that leads there."""
    renamed = re.sub(r"\bconfirm\b", "sure", SMALL)
    menus = (load_menu(text, "small.yaml", VOCABULARY) for text in (SMALL, renamed))
    assert differences(*menus) == ["page confirm is now called sure"]


def test_a_number_that_is_fixed_now_is_told() -> None:
    """Nothing that a person sees, and yet another menu."""
    assert changed(BUY, BUY.replace("goto: buy}", "goto: buy, key: 1}")) == [
        "the order of lines or facts, or a number that is fixed now, differs; no text, no way and no number"
    ]


def test_the_starter_is_as_itself() -> None:
    """Loaded twice."""
    vocabulary = starter_vocabulary()
    assert differences(load_starter(vocabulary), load_starter(vocabulary)) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(st.lists(st.sampled_from(sorted(CHANGES)), unique=True, max_size=4))
def test_a_menu_has_no_difference_to_itself_and_some_to_every_other(names: list[str]) -> None:
    """Whatever was changed, in both directions."""
    text = SMALL
    for name in names:
        old, new, _ = CHANGES[name]
        text = text.replace(old, new, 1)
    before, after = (load_menu(one, "small.yaml", VOCABULARY) for one in (SMALL, text))
    assert differences(after, after) == []
    alike = before.version == after.version or names == ["what nobody sees"]
    assert bool(differences(before, after)) != alike
    assert bool(differences(after, before)) != alike
