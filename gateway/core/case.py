"""One person whose bundle ends, as a decision about them begins."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from flows.events import BundleReported
from flows.frozen import dataclass
from flows.personal_price import OwnPrices
from flows.records import Subscriber
from flows.usable import Place, Pool, pool_of
from flows.values import Wallet


@dataclass(frozen=True, slots=True)
class Case:
    """One person whose bundle ends. usage: what the store holds of their use. place: where they are, if known.

    seed: the event's, from which everything is drawn. refused: bundles that they said no to lately. own: what costs
    them less than the list.
    """

    subscriber: Subscriber
    event: BundleReported
    wallet: Wallet | None
    usage: bytes | None
    place: Place | None = None
    seed: str = ""
    refused: frozenset[str] = frozenset()
    own: OwnPrices = field(default_factory=dict)

    def pool(self, at: datetime) -> Pool:
        """All that can be used in place of the bundle that ends."""
        return pool_of(self.event, self.wallet, self.place or Place(at))
