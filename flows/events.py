"""What the charging system tells, as facts. Names are past tense; instants are UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flows.behaviour import BehaviourRecord
from flows.frozen import dataclass
from flows.values import Bucket, Money

OWN_CLOCK = "chasqui/clock"
"""The source of what our own clock found, in place of a charging system that told it."""


class BundleChange(StrEnum):
    """What happened to a bundle; the values are the CloudEvents types."""

    DEPLETING = "bundle.depleting"
    DEPLETED = "bundle.depleted"
    EXPIRING = "bundle.expiring"
    EXPIRED = "bundle.expired"


@dataclass(frozen=True, slots=True)
class BundleReported:
    """A bundle is ending or has ended.

    product: the catalogue id, empty when not told. threshold: share left that was crossed, None when not told.
    others: the subscriber's other bundles, as the event has them. balance: a hint; the charging system is asked.
    as_of: when its figures were read, None for when it happened. by_pace: nobody told a threshold; the pace of use says
    that it ends soon.
    """

    change: BundleChange
    bucket: Bucket
    product: str = ""
    activated_at: datetime | None = None
    renews: bool = False
    shared: bool = False
    threshold: float | None = None
    others: tuple[Bucket, ...] = ()
    balance: Money | None = None
    roaming: bool = False
    as_of: datetime | None = None
    by_pace: bool = False


@dataclass(frozen=True, slots=True)
class UsageSession:
    """Bytes used from ``start`` on."""

    start: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Usage since the last report, and the bundles that it was taken from, as they are now.

    category: of apps, empty when not told.
    """

    sessions: tuple[UsageSession, ...]
    bundles: tuple[Bucket, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class BehaviourReported:
    """Something about how the person lives with their phone."""

    records: tuple[BehaviourRecord, ...]


@dataclass(frozen=True, slots=True)
class BalanceFellLow:
    """The money balance is low."""

    balance: Money


@dataclass(frozen=True, slots=True)
class PortingIntended:
    """A sign that the subscriber may port in or out. Kept for the porting flow.

    signal: what it was, donor: the network that would be left, both in the sender's words; probability: of it
    happening within a month, 0 … 1, None where it is not told.
    """

    direction: str
    signal: str = ""
    donor: str = ""
    probability: float | None = None


class LifeCycle(StrEnum):
    """What became of a subscription; the values are the CloudEvents types."""

    ACTIVATED = "subscriber.activated"
    RECYCLED = "subscriber.recycled"
    SUSPENDED = "subscriber.suspended"
    PORTED_OUT = "subscriber.ported_out"
    SIM_SWAPPED = "subscriber.sim_swapped"


@dataclass(frozen=True, slots=True)
class LifeCycleChanged:
    """A subscription began, ended or changed hands. Empty strings: not told. handset: ``feature`` or ``smart``."""

    change: LifeCycle
    language: str = ""
    time_zone: str = ""
    segment: str = ""
    circle: str = ""
    handset: str = ""


TriggerFact = BundleReported | UsageReported | BehaviourReported | BalanceFellLow | PortingIntended | LifeCycleChanged


@dataclass(frozen=True, slots=True)
class Trigger:
    """One accepted event. at: when it happened, by the charging system's clock."""

    msisdn: str
    at: datetime
    fact: TriggerFact
