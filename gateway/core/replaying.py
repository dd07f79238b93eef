"""A decision that was kept, decided again from what it was made from."""

from __future__ import annotations

from flows.effects import RecordDecision
from flows.frozen import dataclass
from gateway.core.offered import table_of
from scoring import packed
from scoring.choice import Ranker
from scoring.decide import VERSION, decide
from scoring.errors import DecisionMalformed


@dataclass(frozen=True, slots=True)
class Replayed:
    """kept, again: what came out then and now, to the last bit."""

    kept: bytes
    again: bytes

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
    batch, choice = packed.unpacked(decision.inputs, table_of(on_sale), chosen=ranker is not None)
    return Replayed(decision.outputs, packed.packed_outputs(decide(batch, choice, ranker), 0))
