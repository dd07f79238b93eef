"""Facts without a gateway: what a menu is tried, tested and measured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from menus.guards import GuardKind
from menus.values import GUARD, Facts, FactSpec, FactValue, Item, Place, Vocabulary

FactSource = Callable[[Place, str], Facts]
"""The facts at a place, in a language."""

_ITEMS = 3
_ENOUGH = 1_000_000_000
"""In minor units: whoever has it can buy anything."""


def named(vocabulary: Vocabulary) -> Facts:
    """Each fact stands for itself by its name, lists have three items, and every condition that asks for more holds."""
    facts = {name: _made(name, spec, _names(name, spec)) for name, spec in vocabulary.facts.items()}
    return {**facts, **_guards(vocabulary, _ENOUGH)}


def longest(vocabulary: Vocabulary) -> Facts:
    """Each fact as long as its vocabulary says that it can be; lists have three items."""
    facts = {name: _made(name, spec, spec.longest) for name, spec in vocabulary.facts.items()}
    return {**facts, **_guards(vocabulary, _ENOUGH)}


def nothing(vocabulary: Vocabulary) -> Facts:
    """There is none of anything."""
    facts = {name: none_of(spec) for name, spec in vocabulary.facts.items()}
    return {**facts, **_guards(vocabulary, 0)}


def none_of(spec: FactSpec) -> FactValue:
    """What says that there is none."""
    return () if spec.kind == "list" else ""


def _guards(vocabulary: Vocabulary, number: int) -> Facts:
    """What conditions ask: with a number that is enough for any of them all flags are set, with 0 none is."""
    values: Mapping[GuardKind, FactValue] = {"flag": number > 0, "number": number, "text": ""}
    return {f"{GUARD}{name}": values[kind] for name, kind in vocabulary.guards.items()}


def _names(name: str, spec: FactSpec) -> Mapping[str, str]:
    return {"": name, **{field: field for field in spec.fields}}


def _made(name: str, spec: FactSpec, texts: Mapping[str, str]) -> FactValue:
    """texts: one a field, under ``""`` for a text."""
    if spec.kind == "text":
        return texts.get("", "")
    fields = {field: texts.get(field, "") for field in sorted(spec.fields)}
    if spec.kind == "item":
        return Item(name, fields)
    return tuple(Item(f"{name}-{at}", fields) for at in range(1, _ITEMS + 1))


def chosen(facts: Facts, place: Place) -> Facts:
    """``facts`` where what was chosen from a list is the item that was chosen, whichever example it was before.

    A fact ``bundle`` is the item of any list whose id the person chose under the name ``bundle``.
    """
    ids = {
        name: place.chosen[name] for name, value in facts.items() if isinstance(value, Item) and name in place.chosen
    }
    listed = {item.id: item for value in facts.values() if isinstance(value, tuple) for item in value}
    found = {name: _with_fields(facts[name], listed[wanted]) for name, wanted in ids.items() if wanted in listed}
    return {**facts, **found}


def _with_fields(example: FactValue, item: Item) -> Item:
    """The item, with the fields of the example that a list does not have."""
    fields: Mapping[str, str] = example.fields if isinstance(example, Item) else {}
    return Item(item.id, {**fields, **item.fields})
