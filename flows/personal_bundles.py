"""Bundles in many sizes, of which each person is offered the one that fits: written once, as a template with bounds.

A template becomes a bundle for each size and validity that it names, with ids that the charging system can know, and
prices that rise with both. Nothing else is ever sold: what fits a person is chosen among these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flows.catalogue_fields import Fields
from flows.values import Unit
from locales import formats

_MOST_SIZES = 200
_AS_IT_IS = ("kind", "margin", "on_sale", "eligible", "offer_hours", "tax_included")
"""What a size has from its template."""


def sizes_of(item: object, place: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The template's id and every size, as the catalogue would have it among its bundles. Raises CatalogueError."""
    fields = Fields(item, place)
    ident = fields.ident("id")
    names, unit = fields.names("names"), fields.choice("unit", Unit)
    if bare := next((language for language, name in names.items() if not {"{amount}", "{days}"} <= _held(name)), None):
        raise fields.error(f"names.{bare}", "must say {amount} and {days}")
    amounts, days = _rising(fields, "amounts"), _rising(fields, "validity_days")
    if len(amounts) * len(days) > _MOST_SIZES:
        raise fields.error("amounts", f"times validity_days are more than {_MOST_SIZES} sizes")
    price, ocs = fields.fields("price"), fields.mappings("ocs")
    costs = _Costs(price)
    known = item if isinstance(item, Mapping) else {}
    common = {name: known[name] for name in _AS_IT_IS if name in known}
    for name in known:
        if name not in (*_AS_IT_IS, "id", "names", "unit", "amounts", "validity_days", "price", "ocs"):
            raise fields.error(name, "unknown key")
    for amount in amounts:
        for validity in days:
            yield (
                ident,
                {
                    **common,
                    "id": f"{ident}.{amount}.{validity}d",
                    "names": {
                        language: name.replace("{amount}", formats.amount(unit, amount, language)).replace(
                            "{days}", str(validity)
                        )
                        for language, name in names.items()
                    },
                    "price": {"amount": costs.of(amount, validity), "currency": costs.currency},
                    "allowances": [{"unit": str(unit), "amount": amount}],
                    "validity_hours": validity * 24,
                    "ocs": _filled(ocs, amount, validity),
                },
            )


class _Costs:
    """price = base + per_amount for each ``amount`` + per_day for each day, rounded up to a multiple of round_to."""

    def __init__(self, fields: Fields) -> None:
        self.currency = fields.currency("currency")
        self._base = fields.whole("base", least=0, default=0)
        self._amount = fields.whole("amount", least=1)
        self._per_amount = fields.whole("per_amount", least=0)
        self._per_day = fields.whole("per_day", least=0, default=0)
        self._round_to = fields.whole("round_to", least=1, default=1)
        fields.done()

    def of(self, amount: int, days: int) -> int:
        """Minor units."""
        exact = self._base * self._amount + self._per_amount * amount + self._per_day * days * self._amount
        step = self._round_to * self._amount
        return -(-exact // step) * self._round_to


def _rising(fields: Fields, key: str) -> list[int]:
    found = fields.list(key)
    if not found or not all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in found):
        raise fields.error(key, "must be a list of whole numbers above 0")
    numbers = [one for one in found if isinstance(one, int)]
    if sorted(set(numbers)) != numbers:
        raise fields.error(key, "must rise")
    return numbers


def _held(name: str) -> set[str]:
    return {held for held in ("{amount}", "{days}") if held in name}


def _filled(ocs: Mapping[str, Mapping[str, object]], amount: int, days: int) -> dict[str, dict[str, Any]]:
    """What each adapter must know, with {amount}, {days} and {hours} filled in; one alone is a whole number."""
    numbers = {"{amount}": amount, "{days}": days, "{hours}": days * 24}

    def filled(value: object) -> object:
        if not isinstance(value, str):
            return value
        if value in numbers:
            return numbers[value]
        for held, number in numbers.items():
            value = value.replace(held, str(number))
        return value

    return {kind: {name: filled(value) for name, value in told.items()} for kind, told in ocs.items()}
