"""What is kept of every decision: its inputs, its outcome and why, in the commit of what follows from it (ADR 32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from flows.effects import RecordDecision
from flows.values import OfferId, SubscriptionId
from gateway.core.context import Context
from gateway.core.deciding import Trail
from gateway.core.offered import Offered
from scoring import packed
from scoring.choice import ALONE
from scoring.decide import VERSION
from store import decisions
from store.unit import Unit

_OFFER = "off-"


class DecisionLog:
    """Writes down what was on sale once, and of each decision the rest."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: set[str] = set()

    async def sell(self, offered: Iterable[Offered]) -> None:
        """Make durable what the next decisions are made from, where it is not yet. Raises StoreError."""
        new = {one.digest: one.body for one in offered if one.digest not in self._known}
        if new:
            at = self._context.clock()
            await self._context.writer.commit(
                Unit(ops=tuple(decisions.sell(digest, body, at) for digest, body in new.items()))
            )
            self._known |= new.keys()


def entry(offer: OfferId, subscription: SubscriptionId, at: datetime, trail: Trail) -> RecordDecision:
    """A decision. offer: the id of the one that was made, or would have been."""
    made, row = trail.made, trail.row
    chosen = made.decisions.chosen
    learned = chosen is not None and made.choice is not None and made.ranker is not None
    return RecordDecision(
        id=offer.removeprefix(_OFFER),
        subscription=subscription,
        at=at,
        offers=made.offered.digest,
        state=made.ranker.state if learned and made.ranker else "",
        held_out=bool(learned and made.choice and made.choice.held_out[row]),
        propensity=1.0 if chosen is None else float(chosen.propensity[row]),
        version=VERSION,
        models={},
        inputs=packed.packed_inputs(made.batch.usage, made.batch.offers, made.choice if learned else None, row),
        outputs=packed.packed_outputs(made.decisions, row),
        reasons=reasons(trail),
    )


def reasons(trail: Trail) -> Mapping[str, Any]:
    """Why it is this offer or none, as codes and figures; ``flows.decision_words`` says them in words.

    by: ``rule``, ``learned`` or ``held_out`` (today's rule, to compare with). of: how many could be picked from; dear,
    refused, barred: how many could not, for the price, for a no, for who they are.
    """
    made, row = trail.made, trail.row
    chosen, choice, best = made.decisions.chosen, made.choice, made.best(row)
    learns = chosen is not None and choice is not None and not choice.held_out[row]
    offers = made.batch.offers if choice is None or not learns else choice.offers
    eligible = offers.eligible[row]
    payable = eligible & (offers.price <= offers.balance[row])
    allowed = chosen.allowed[row] if learns and chosen is not None else payable
    found: dict[str, Any] = {
        "by": "learned" if learns else "held_out" if chosen is not None else "rule",
        "of": int(np.count_nonzero(allowed)),
        "dear": int(np.count_nonzero(eligible & ~payable)),
        "barred": int(np.count_nonzero(~eligible)),
        "refused": int(np.count_nonzero(payable & choice.refused[row])) if learns and choice is not None else 0,
    }
    if best < 0:
        return found
    table, pace = made.offered.table, float(made.decisions.forecasts.pace[row])
    lasts = float(table.allowance[best]) / (pace * float(table.validity_hours[best]))
    found |= {
        "bundle": made.offered.bundles[best].id,
        "fit": round(min(lasts, 1 / lasts) if lasts > 0 else 0.0, 4),
        "margin": int(table.margin[best]),
        "content": bool(table.content[best]),
        "size": bool(table.family[best] != ALONE),
    }
    if learns and chosen is not None:
        found |= {
            "acceptance": round(float(chosen.acceptance[row]), 4),
            "chance": round(float(chosen.propensity[row]), 4),
        }
    return found
