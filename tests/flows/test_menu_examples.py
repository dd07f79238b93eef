"""Examples for the starter vocabulary: everything is there, in each language, and looks like what it stands for."""

from __future__ import annotations

import pytest

from flows.menu_examples import example_facts
from flows.menu_vocabulary import LANGUAGES, starter_vocabulary
from menus.values import Item, Place


@pytest.mark.parametrize("language", [*LANGUAGES, "es_CO", "fr"])
def test_every_fact_has_an_example_with_every_field(language: str) -> None:
    """Whatever the language; one without examples reads English."""
    vocabulary = starter_vocabulary()
    facts = example_facts(vocabulary, Place("home"), language)
    assert facts.keys() >= vocabulary.facts.keys()
    for name, spec in vocabulary.facts.items():
        value = facts[name]
        items = value if isinstance(value, tuple) else (value,) if isinstance(value, Item) else ()
        assert all(item.fields.keys() >= spec.fields for item in items), name


def test_what_was_bought_is_what_was_chosen() -> None:
    """Not the first of the list."""
    order = example_facts(starter_vocabulary(), Place("bought", chosen={"bundle": "data-3gb-15d"}), "es")["order"]
    assert isinstance(order, Item)
    assert order.fields == {"name": "3 GB por 15 días", "price": "$8.000", "balance": "$10.000"}
