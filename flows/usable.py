"""What of a wallet can be used here and now, in which order, and until when. Pure.

A reading of the charging system counts before what an event said, bundle by bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.values import Bucket, Unit, Wallet

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when somebody uses something.

    zones: time zones that they may be in. circle: None when not known, and then nothing that is for one circle counts.
    """

    at: datetime
    zones: tuple[tzinfo, ...] = ()
    circle: str | None = None
    roaming: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """What an event is about, and all that can be used in its stead.

    ending: the bundle that the event is about, as it is known best. told: by whom, ``wallet`` or ``event``.
    others: the other bundles that can be used here and now for the same, in the order of use.
    usable: whether ``ending`` can be used here and now itself. as_of: when the oldest of these figures was read;
    ending_as_of: when that of ``ending`` was. until: when the first of them ends by the clock, None for never.
    """

    place: Place
    ending: Bucket
    told: str
    others: tuple[Bucket, ...]
    usable: bool
    as_of: datetime
    ending_as_of: datetime
    until: datetime | None

    @property
    def remaining(self) -> int:
        """All that can be used here and now."""
        return self.others_remaining + (self.ending.remaining if self.usable else 0)

    @property
    def others_remaining(self) -> int:
        """The same without the bundle that the event is about."""
        return sum(bucket.remaining for bucket in self.others)

    @property
    def shared(self) -> bool:
        """Whether somebody else uses of it too."""
        return any(bucket.shared for bucket in (*self.others, self.ending))


def pool_of(event: BundleReported, wallet: Wallet | None, place: Place) -> Pool:
    """What there is of the unit and service that the event is about. place: of the person; roaming is the event's."""
    place = Place(place.at, place.zones, place.circle, event.roaming)
    told_at = min(event.as_of or place.at, place.at)
    read = {bucket.id: bucket for bucket in wallet.buckets} if wallet else {}
    ending = _best_known(event, read.get(event.bucket.id), place.at)
    candidates = {bucket.id: bucket for bucket in event.others} | read
    candidates.pop(event.bucket.id, None)
    others = in_order(
        [bucket for bucket in candidates.values() if can_be_used(bucket, ending.unit, ending.service, place)]
    )
    usable = can_be_used(ending, ending.unit, ending.service, place)
    ending_as_of = place.at if ending.id in read else told_at
    ends = [end for bucket in (*others, *((ending,) if usable else ())) if (end := ends_at(bucket, place)) is not None]
    return Pool(
        place=place,
        ending=ending,
        told="wallet" if ending.id in read else "event",
        others=others,
        usable=usable,
        as_of=min(ending_as_of, place.at if all(bucket.id in read for bucket in others) else told_at),
        ending_as_of=ending_as_of,
        until=min(ends, default=None),
    )


def can_be_used(bucket: Bucket, unit: Unit, service: str, place: Place) -> bool:
    """Whether something of it can be used here and now for this; where that is not known, it cannot."""
    return (
        bucket.unit is unit
        and bucket.runs_at(place.at)
        and bucket.roaming is place.roaming
        and bucket.service in {"", service}
        and bucket.zone in {"", place.circle}
        and _in_window(bucket.window, place)
    )


def in_order(buckets: Sequence[Bucket]) -> tuple[Bucket, ...]:
    """In the order of use: as the charging system says, else what expires first (as ICASA reg. 8A(4) wants)."""
    return tuple(
        sorted(
            buckets,
            key=lambda one: (one.priority is None, one.priority or 0, one.expires_at or _NEVER, one.id),
        )
    )


def ends_at(bucket: Bucket, place: Place) -> datetime | None:
    """When the clock ends it, for now or for good: the end of its hours, or its expiry."""
    if not bucket.window:
        return bucket.expires_at
    closes = min((_closes(bucket.window, place.at, zone) for zone in place.zones), default=place.at)
    return closes if bucket.expires_at is None else min(closes, bucket.expires_at)


def lasting(buckets: Sequence[Bucket], at: datetime, length: timedelta) -> int:
    """How much there is in those that nobody else uses and that the clock does not end before this time is over."""
    return sum(
        bucket.remaining
        for bucket in buckets
        if not bucket.shared and not bucket.window and (bucket.expires_at is None or bucket.expires_at - at >= length)
    )


def _best_known(event: BundleReported, read: Bucket | None, at: datetime) -> Bucket:
    """The bundle of the event: what was read of it now, else what the event says, which is that it has ended."""
    told = event.bucket
    if event.product or event.activated_at or event.renews or event.shared:
        told = replace(
            told,
            product=told.product or event.product,
            activated_at=told.activated_at or event.activated_at,
            renews=told.renews or event.renews,
            shared=told.shared or event.shared,
        )
    if read is not None and read.unit is told.unit:
        return replace(
            told,
            product=told.product or read.product,
            remaining=read.remaining,
            initial=told.initial if read.initial is None else read.initial,
            expires_at=read.expires_at or told.expires_at,
            zone=read.zone or told.zone,
            window=read.window or told.window,
            service=read.service or told.service,
            shared=read.shared or told.shared,
            bonus=read.bonus or told.bonus,
            roaming=read.roaming or told.roaming,
            renews=read.renews or told.renews,
            throttled_after=read.throttled_after or told.throttled_after,
        )
    if event.change is BundleChange.DEPLETED:
        return replace(told, remaining=0)
    if event.change is BundleChange.EXPIRED:
        return replace(told, expires_at=min(told.expires_at or at, at))
    return told


def _hours(window: str) -> tuple[time, time]:
    """Begin and end; an end of ``24:00`` is midnight."""
    begins, _, ends = window.partition("-")
    return time.fromisoformat(begins), time.fromisoformat("00:00" if ends == "24:00" else ends)


def _in_window(window: str, place: Place) -> bool:
    """Whether it is open, in whichever of the zones the person is. One that cannot be read is not."""
    if not window:
        return True
    try:
        begins, ends = _hours(window)
    except ValueError:
        return False
    local = [place.at.astimezone(zone).time() for zone in place.zones]
    return bool(local) and all(begins <= one < ends if begins < ends else one >= begins or one < ends for one in local)


def _closes(window: str, at: datetime, zone: tzinfo) -> datetime:
    try:
        _, ends = _hours(window)
    except ValueError:
        return at
    local = at.astimezone(zone)
    closes = datetime.combine(local.date(), ends, zone)
    if closes <= local:
        closes = datetime.combine(local.date() + timedelta(days=1), ends, zone)
    return closes.astimezone(UTC)
