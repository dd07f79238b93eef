"""What is kept of each decision of a batch: its inputs, its outcome and why, worked out for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flows.frozen import dataclass
from gateway.core.offering import Made
from scoring import packed
from scoring.choice import ALONE
from scoring.values import Bools

LEARNED = "learned"
"""Stands in ``reasons`` for a choice of the ranking that learns."""


@dataclass(frozen=True, slots=True)
class Kept:
    """offers: digest of what was on sale. state: of the ranking, empty for none. inputs, outputs: ``scoring.packed``.

    reasons: why it is this offer or none, as codes and figures; ``flows.decision_words`` says them in words. by: who
    chose: ``rule``, ``learned`` or ``held_out`` (today's rule, to compare with). of: how many could be picked from;
    dear, refused, barred: how many could not, for the price, for a no, for who they are. margin: at their price.
    price, listed, currency: where the offer costs them less than the list, minor units.
    """

    offers: str
    state: str
    inputs: bytes
    outputs: bytes
    reasons: Mapping[str, Any]


def kept_of(made: Made) -> list[Kept]:
    """Of each person, in order."""
    learned = made.decisions.chosen is not None and made.ranker is not None
    state = made.ranker.state if learned and made.ranker is not None else ""
    went_in = packed.packed_inputs(made.batch.usage, made.batch.offers, made.choice if learned else None, made.own)
    came_out, why = packed.packed_outputs(made.decisions), reasons_of(made)
    return [Kept(made.offered.digest, state, *one) for one in zip(went_in, came_out, why, strict=True)]


def reasons_of(made: Made) -> list[dict[str, Any]]:
    """Of each person why it is this offer or none."""
    chosen, choice = made.decisions.chosen, made.choice
    if chosen is None or choice is None:
        counts = _counts(made, "rule")
        return [_of_best(made, row, told, learned=False) for row, told in enumerate(counts)]
    held_out, learned = _counts(made, "held_out"), _counts(made, LEARNED)
    return [
        _of_best(made, row, held_out[row] if out else learned[row], learned=not out)
        for row, out in enumerate(choice.held_out.tolist())
    ]


def _counts(made: Made, by: str) -> list[dict[str, Any]]:
    """Who chose, and how many offers there were to choose from, and were not."""
    chosen, choice = made.decisions.chosen, made.choice
    learned = by == LEARNED and chosen is not None and choice is not None
    offers = choice.offers if learned and choice is not None else made.batch.offers
    payable = offers.eligible & (offers.price <= offers.balance[:, None])
    allowed = chosen.allowed if learned and chosen is not None else payable
    refused = _many(payable & choice.refused) if learned and choice is not None else [0] * len(payable)
    return [
        {"by": by, "of": of, "dear": eligible - can, "barred": offers.eligible.shape[1] - eligible, "refused": no}
        for of, eligible, can, no in zip(_many(allowed), _many(offers.eligible), _many(payable), refused, strict=True)
    ]


def _many(mask: Bools) -> list[int]:
    found: list[int] = np.count_nonzero(mask, axis=1).tolist()
    return found


def _of_best(made: Made, row: int, told: dict[str, Any], *, learned: bool) -> dict[str, Any]:
    best, chosen = made.best(row), made.decisions.chosen
    if best < 0:
        return told
    table, pace = made.offered.table, float(made.decisions.forecasts.pace[row])
    lasts = float(table.allowance[best]) / (pace * float(table.validity_hours[best]))
    told["bundle"] = made.offered.ids[best]
    told["fit"] = round(min(lasts, 1 / lasts) if lasts > 0 else 0.0, 4)
    price, margin = made.offers.at(row, best)
    told["margin"] = int(margin)
    if price != table.price[best]:
        told["price"], told["listed"], told["currency"] = int(price), int(table.price[best]), made.offered.currency
    told["content"] = bool(table.content[best])
    told["size"] = bool(table.family[best] != ALONE)
    if learned and chosen is not None:
        told["acceptance"] = round(float(chosen.acceptance[row]), 4)
        told["chance"] = round(float(chosen.propensity[row]), 4)
    return told
