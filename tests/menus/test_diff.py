"""Differences in words: each change has its sentence, and no change has none."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY
from rich_menu import RICH, WORDS

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


# (what is replaced in the rich menu, by what, how a sentence begins)
RICH_CHANGES = [
    (
        "when: balance >= 1000",
        "when: price >= 1000",
        "page home: option 2 'Enviar' is shown when price >= 1000, not when",
    ),
    ("when: has_bundle, goto", "goto", "page home: option 1 'Mi paquete' is shown always, not when has_bundle"),
    (
        "when: has_bundle\n    else: help",
        "when: has_bundle\n    else: code",
        "page bundle: else leads to page code, not help",
    ),
    ("    when: has_bundle\n    else: help\n", "", "page bundle: is shown always, not when has_bundle"),
    ("size: 60", "size: 70", "page bundle: screens are ucs2 of 70, not ucs2 of 60"),
    (
        "    profile: {charset: ucs2, size: 60}\n",
        "",
        "page bundle: screens are as the network has them, not ucs2 of 60",
    ),
    ("most: 50000", "most: 60000", "page amount: input: most is 60000, not 50000"),
    ("as: code\n", "as: pin\n", "page code: what is typed is kept as pin, not code"),
    ("invalid: code}", "invalid: help}", "page code: input: outcome invalid leads to page help, not code"),
    (
        "en: Not a number.",
        "en: No number.",
        "page number: what a bad input is told in en changed from 'Not a number.' to",
    ),
    ("wrong: {es: No es un número., en: Not a number.}, ", "", "page number: what a bad input is told in es is gone"),
    ('"50*1": help', '"50*1": code', "shortcut 50*1 leads to page code, not help"),
    (', "50*1": help', "", "shortcut 50*1 is gone; it led to page help"),
    (
        'es_CO: "¿Qué querés?"',
        'es_CO: "¿Qué desea?"',
        "page home: text in es_CO changed from '¿Qué querés?' to '¿Qué desea?'",
    ),
    (' es_CO: "¿Qué querés?",', "", "language es_CO is gone"),
    ('home: "99"', 'home: "98"', "home is typed as 98, not 99"),
    (", goto: help, key: 7}", ", goto: help}", "on page home, 'Jóvenes' moved from 7 to 3"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), RICH_CHANGES)
def test_each_change_of_conditions_and_inputs_has_its_sentence(old: str, new: str, sentence: str) -> None:
    """Among others that follow from it."""
    assert old in RICH
    text = RICH.replace(old, new, 1).replace("{from: code}", "{from: pin}" if "as: pin" in new else "{from: code}")
    before, after = (load_menu(one, "rich.yaml", WORDS) for one in (RICH, text))
    assert any(one.startswith(sentence) for one in differences(before, after)), differences(before, after)
    assert differences(after, after) == []


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
