"""Who speaks to whom about a purchase."""

from __future__ import annotations

from flows.frozen import dataclass
from flows.texts import Voice
from flows.values import SubscriptionId


@dataclass(frozen=True, slots=True)
class Telling:
    """How to speak to one person. source: the service number; name: the bundle in their language."""

    voice: Voice
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Given:
    """How to speak to a beneficiary. subscription: theirs, or the payer's for somebody we do not know."""

    subscription: SubscriptionId
    telling: Telling
