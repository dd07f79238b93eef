"""A decision that was kept, decided again from what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.effects import RecordDecision
from flows.frozen import dataclass
from gateway.core.keeping import reasons_of
from gateway.core.offered import offered_then
from gateway.core.offering import Made
from scoring import packed
from scoring.choice import Ranker
from scoring.decide import VERSION, decide
from scoring.errors import DecisionMalformed


@dataclass(frozen=True, slots=True)
class Replayed:
    """kept, again: what came out then and now, to the last bit. reasons: why, see ``gateway.core.keeping``.

    own: what cost the person less than the list, minor units, by bundle.
    """

    kept: bytes
    again: bytes
    reasons: Mapping[str, Any]
    own: Mapping[str, int]

    @property
    def same(self) -> bool:
        """Whether it is the same decision."""
        return self.kept == self.again


def replay(decision: RecordDecision, on_sale: str, ranker: Ranker | None) -> Replayed:
    """Decide again. on_sale: what was offered then; ranker: in the state that the decision names, None for none.

    Raises DecisionMalformed for what another version has decided or bytes of another form.
    """
    if decision.version != VERSION:
        raise DecisionMalformed(f"decided by version {decision.version} of the rules; this one has {VERSION}")
    offered = offered_then(on_sale)
    batch, choice = packed.unpacked(decision.inputs, offered.table, chosen=ranker is not None)
    made = Made(batch, decide(batch, choice, ranker), offered, choice, ranker)
    own = packed.own_prices(decision.inputs, offered.table, chosen=ranker is not None)
    return Replayed(
        kept=decision.outputs,
        again=packed.packed_outputs(made.decisions)[0],
        reasons=reasons_of(made)[0],
        own={offered.ids[at]: int(price) for at, price in own.items()},
    )
