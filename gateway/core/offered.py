"""What a decision about one unit looks at, as arrays: made once a day, and named by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from flows.catalogue import Bundle, BundleKind
from flows.documents import decode, encode
from flows.frozen import dataclass
from flows.values import Unit
from scoring.choice import ALONE
from scoring.errors import DecisionMalformed
from scoring.packed import OfferTable
from scoring.values import Ints


@dataclass(frozen=True, slots=True)
class Offered:
    """bundles: those that today's rule knows first, then content and personalised sizes; none of what a log has kept.

    ids: of bundles.
    currency: of all of them, empty for mixed ones. body: all of it as a decision's log keeps it; digest: of that.
    listed, cost: list prices and what of them is no margin, minor units; empty for what a log has kept.
    """

    unit: Unit
    bundles: tuple[Bundle, ...]
    ids: tuple[str, ...]
    table: OfferTable
    currency: str
    body: str
    digest: str
    listed: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    cost: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def offered(unit: Unit, on_sale: Sequence[Bundle], sizes: Sequence[Bundle] = ()) -> Offered:
    """What is sold for a unit. sizes: personalised ones; of each family a person is offered the one that fits best."""
    todays = [bundle for bundle in on_sale if bundle.amount(unit) > 0]
    known = {bundle.price.currency for bundle in todays}
    content = [one for one in on_sale if one.kind is BundleKind.CONTENT and one not in todays]
    fitted = [one for one in sizes if one.amount(unit) > 0]
    bundles = (*todays, *(one for one in (*content, *fitted) if {one.price.currency} == known))
    families = {family: at for at, family in enumerate(dict.fromkeys(one.family for one in fitted))}
    document: dict[str, Any] = {
        "unit": unit,
        "todays": len(todays),
        "bundles": [bundle.id for bundle in bundles],
        "currencies": [bundle.price.currency for bundle in bundles],
        "price": [bundle.price.amount for bundle in bundles],
        "margin": [bundle.price.amount * bundle.margin for bundle in bundles],
        "allowance": [bundle.amount(unit) for bundle in bundles],
        "validity_hours": [bundle.validity_hours for bundle in bundles],
        "content": [bundle.kind is BundleKind.CONTENT for bundle in bundles],
        "family": [families[bundle.family] if bundle.family else ALONE for bundle in bundles],
    }
    body = encode(document)
    return Offered(
        unit=unit,
        bundles=bundles,
        ids=tuple(bundle.id for bundle in bundles),
        table=_table(document),
        currency=_one_of(document["currencies"]),
        body=body,
        digest=hashlib.sha256(body.encode()).hexdigest()[:16],
        listed=np.array(document["price"], dtype=np.int64),
        cost=np.array([bundle.cost for bundle in bundles], dtype=np.int64),
    )


def offered_then(body: str) -> Offered:
    """What a log has kept. Raises DecisionMalformed."""
    try:
        told = decode(body)
        ids, currency = tuple(map(str, told["bundles"])), _one_of(told["currencies"])
        return Offered(Unit(told["unit"]), (), ids, _table(told), currency, body, digest="")
    except (KeyError, TypeError, ValueError) as error:
        raise DecisionMalformed(f"what was on sale cannot be read: {error}") from None


def _one_of(currencies: Sequence[str]) -> str:
    """The one that all have, empty for mixed ones."""
    return str(currencies[0]) if len(set(currencies)) == 1 else ""


def _table(document: Mapping[str, Any]) -> OfferTable:
    return OfferTable(
        price=np.array(document["price"], dtype=float),
        margin=np.array(document["margin"], dtype=float),
        allowance=np.array(document["allowance"], dtype=float),
        validity_hours=np.array(document["validity_hours"], dtype=float),
        content=np.array(document["content"], dtype=bool),
        family=np.array(document["family"], dtype=np.int64),
        todays=int(document["todays"]),
    )
