"""Made-up facts for the starter vocabulary, as a person in each language would read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from menus import examples
from menus.values import Facts, FactValue, Item, Place, Vocabulary

_BUNDLES: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = MappingProxyType(
    {
        "es": (
            ("data-1gb-7d", "1 GB por 7 días", "$ 3.000"),
            ("data-3gb-15d", "3 GB por 15 días", "$ 8.000"),
            ("voice-100min-7d", "100 min por 7 días", "$ 4.000"),
        ),
        "pt": (
            ("data-1gb-7d", "1 GB por 7 dias", "R$ 9,90"),
            ("data-3gb-15d", "3 GB por 15 dias", "R$ 19,90"),
            ("voice-100min-7d", "100 min por 7 dias", "R$ 12,90"),
        ),
        "en": (
            ("data-1gb-7d", "1 GB for 7 days", "$3.00"),
            ("data-3gb-15d", "3 GB for 15 days", "$8.00"),
            ("voice-100min-7d", "100 min for 7 days", "$4.00"),
        ),
    }
)
_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {"balance": "$ 10.000", "alerts": "activados", "marketing": "activadas", "day": "3 nov"},
        "pt": {"balance": "R$ 30,00", "alerts": "ativados", "marketing": "ativadas", "day": "3 nov"},
        "en": {"balance": "$10.00", "alerts": "on", "marketing": "on", "day": "Nov 3"},
    }
)
_OWN_NAMES: Final = MappingProxyType({"es": "Español", "pt": "Português", "en": "English"})


def example_facts(vocabulary: Vocabulary, place: Place, language: str) -> Facts:
    """A value for each fact of ``vocabulary``: a likely one, or its own name for a fact that has no example here.

    What was bought is what was chosen on the way to ``place``.
    """
    base = language.partition("_")[0]
    likely = _likely(base if base in _BUNDLES else "en", place.chosen.get("bundle", ""))
    return {**examples.named(vocabulary), **{name: likely[name] for name in vocabulary.facts if name in likely}}


def _likely(base: str, wanted: str) -> Mapping[str, FactValue]:
    words = _WORDS[base]
    sold = tuple(Item(bundle, {"name": name, "price": price}) for bundle, name, price in _BUNDLES[base])
    first = sold[0].fields
    bought = next((bundle for bundle in sold if bundle.id == wanted), sold[0])
    return {
        "balance": words["balance"],
        "bundles_active": (Item("running-1", {"name": first["name"], "left": "300 MB", "ends": words["day"]}),),
        "bundles": sold,
        "bundle": bought,
        "offer": Item("offer-1", first),
        "order": Item("order-1", {**bought.fields, "balance": words["balance"]}),
        "language": _OWN_NAMES[base],
        "alerts": words["alerts"],
        "marketing": words["marketing"],
        "porting": Item("consent-1", {"date": words["day"]}),
    }
