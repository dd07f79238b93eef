"""Made-up facts: of the right kind, and what was chosen is what is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from menu_samples import VOCABULARY

from menus import examples
from menus.values import Facts, Item, Place, Vocabulary

_ASKING = replace(VOCABULARY, guards={"roaming": "flag", "balance": "number", "segment": "text"})


@pytest.mark.parametrize("make", [examples.named, examples.longest, examples.nothing])
def test_every_fact_has_a_value_of_its_kind(make: Callable[[Vocabulary], Facts]) -> None:
    """And every field that the vocabulary has; and what conditions ask."""
    facts = make(_ASKING)
    assert facts.keys() == {*_ASKING.facts, "?roaming", "?balance", "?segment"}
    for name, spec in _ASKING.facts.items():
        value = facts[name]
        items = value if isinstance(value, tuple) else (value,) if isinstance(value, Item) else ()
        assert isinstance(value, tuple) == (spec.kind == "list")
        assert all(item.fields.keys() == spec.fields for item in items)


def test_what_was_chosen_from_a_list_is_shown() -> None:
    """With the fields that only the single item has; what is not in the list stays the example."""
    sold = (Item("a", {"name": "A"}), Item("b", {"name": "B"}))
    facts: Facts = {"bundles": sold, "bundle": Item("a", {"name": "A", "terms": "x"}), "balance": "$ 5"}
    assert examples.chosen(facts, Place("p", chosen={"bundle": "b"}))["bundle"] == Item(
        "b", {"name": "B", "terms": "x"}
    )
    assert examples.chosen(facts, Place("p", chosen={"bundle": "gone"})) == facts
    assert examples.chosen(facts, Place("p")) == facts
