"""What is kept of every decision: its inputs, its outcome and why, in the commit of what follows from it (ADR 32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from flows.effects import RecordDecision
from flows.values import OfferId, SubscriptionId
from gateway.core.context import Context
from gateway.core.keeping import Kept
from gateway.core.offered import Offered
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


def entry(
    offer: OfferId, subscription: SubscriptionId, at: datetime, kept: Kept, models: Mapping[str, str]
) -> RecordDecision:
    """A decision. offer: the id of the one that was made, or would have been. models: versions that spoke, by kind."""
    return RecordDecision(
        id=offer.removeprefix(_OFFER),
        subscription=subscription,
        at=at,
        offers=kept.offers,
        state=kept.state,
        version=VERSION,
        models=models,
        inputs=kept.inputs,
        outputs=kept.outputs,
    )
