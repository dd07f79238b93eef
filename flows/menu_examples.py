"""Made-up facts for the starter vocabulary, as a person in each language would read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flows.frozen import dataclass
from menus import examples
from menus.values import GUARD, Facts, FactValue, Item, Place, Vocabulary


@dataclass(frozen=True, slots=True)
class _Words:
    """How one language says it. sold: id, name and price of each bundle; combo: name and price.

    little: an amount, and what it costs in all.
    """

    sold: tuple[tuple[str, str, str], ...]
    combo: tuple[str, str]
    balance: str
    switched_on: str
    day: str
    done: str
    notice: str
    own_name: str
    market: str
    little: tuple[str, str]


_WORDS: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "es": _Words(
            sold=(
                ("data-1gb-7d", "1 GB por 7 días", "$3.000"),
                ("data-3gb-15d", "3 GB por 15 días", "$8.000"),
                ("voice-100min-7d", "100 min por 7 días", "$4.000"),
            ),
            combo=("5 GB + 100 min por 15 días", "$12.000"),
            balance="$10.000",
            switched_on="activado",
            day="3 nov",
            done="hecha",
            notice="Tu 1 GB por 7 días se acaba en aprox. 5 h (te quedan 92 MB).",
            own_name="Español",
            market="co",
            little=("$2.000", "$2.200"),
        ),
        "pt": _Words(
            sold=(
                ("data-1gb-7d", "1 GB por 7 dias", "R$ 9,90"),
                ("data-3gb-15d", "3 GB por 15 dias", "R$ 19,90"),
                ("voice-100min-7d", "100 min por 7 dias", "R$ 12,90"),
            ),
            combo=("5 GB + 100 min por 15 dias", "R$ 29,90"),
            balance="R$ 30,00",
            switched_on="ativado",
            day="3 nov",
            done="feita",
            notice="Seu 1 GB por 7 dias acaba em cerca de 5 h (restam 92 MB).",
            own_name="Português",
            market="br",
            little=("R$ 3,00", "R$ 3,30"),
        ),
        "en": _Words(
            sold=(
                ("data-1gb-7d", "1 GB for 7 days", "$3.00"),
                ("data-3gb-15d", "3 GB for 15 days", "$8.00"),
                ("voice-100min-7d", "100 min for 7 days", "$4.00"),
            ),
            combo=("5 GB + 100 min for 15 days", "$12.00"),
            balance="$10.00",
            switched_on="on",
            day="Nov 3",
            done="done",
            notice="Your 1 GB for 7 days runs out in about 5 h (92 MB left).",
            own_name="English",
            market="za",
            little=("$2.00", "$2.20"),
        ),
    }
)
_BALANCE, _PRICE = 1_000_000, 300_000
"""What conditions are told, in minor units."""


def example_facts(vocabulary: Vocabulary, place: Place, language: str) -> Facts:
    """A value for each fact of ``vocabulary``: a likely one, or its own name for a fact that has no example here.

    What was bought is what was chosen on the way to ``place``.
    """
    base = language.partition("_")[0]
    words = _WORDS.get(base, _WORDS["en"])
    likely = {**_likely(words, place.chosen.get("bundle", "")), **_asked(words, language)}
    named = examples.named(vocabulary)
    return {**named, **{name: value for name, value in likely.items() if name in named}}


def _likely(words: _Words, wanted: str) -> Mapping[str, FactValue]:
    sold = tuple(Item(bundle, {"name": name, "price": price}) for bundle, name, price in words.sold)
    combo = Item("combo-1", dict(zip(("name", "price"), words.combo, strict=True)))
    bought = next((bundle for bundle in (*sold, combo) if bundle.id == wanted), sold[0])
    first = sold[0].fields
    return {
        "balance": words.balance,
        "bundles_active": (Item("running-1", {"name": first["name"], "left": "300 MB", "ends": words.day}),),
        "bundles": sold,
        "bundle": bought,
        "combos": (combo,),
        "offer": Item("offer-1", first),
        "notice": words.notice,
        "orders": (Item("order-0", {**first, "day": words.day, "state": words.done}),),
        "used_lately": "120 MB",
        "order": Item("order-1", {**bought.fields, "balance": words.balance}),
        "language": words.own_name,
        "alerts": words.switched_on,
        "marketing": words.switched_on,
        "out_of_bundle": words.switched_on,
        "advances": (Item("advance-small", dict(zip(("amount", "debt"), words.little, strict=True))),),
        "advance": Item("advance-small", dict(zip(("amount", "debt"), words.little, strict=True))),
        "transfer": Item("transfer-1", {"amount": words.little[0], "price": words.little[1]}),
        "service": Item("service-1", {"amount": words.little[0], "price": words.little[1], "balance": words.balance}),
        "report": Item("report-1", {"reference": "7KQ2MX"}),
        "porting": Item("consent-1", {"date": words.day}),
    }


def _asked(words: _Words, language: str) -> Mapping[str, FactValue]:
    """What conditions ask, by name with its sign."""
    values: Mapping[str, FactValue] = {
        "balance": _BALANCE,
        "price": _PRICE,
        "market": words.market,
        "language": language,
    }
    return {f"{GUARD}{name}": value for name, value in values.items()}
