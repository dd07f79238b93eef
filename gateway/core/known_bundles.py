"""What events and usage reports tell of bundles is remembered, and when the end of each is to be told by ourselves.

A bundle's end by the clock is told once its lead time has come, a quarter of its validity at most; its end by use once
the pace of use says so, where enough of the pace is known (``gateway.jobs.bundle_clock``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flows.alert import place_of
from flows.events import BundleChange, BundleReported, UsageReported
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Bucket, Wallet
from gateway.core.alert_desk import BundleNews
from gateway.core.context import Context
from gateway.core.deciding import Case, ends
from store import bundles
from store.bundles import KnownBundle
from store.unit import Op

_SHARE_OF_VALIDITY = 4
_NEAR = timedelta(days=366)
_EXPIRY = (BundleChange.EXPIRING, BundleChange.EXPIRED)


@dataclass(frozen=True, slots=True)
class Paced:
    """What a usage report leads to. event: of the bundle that ends soonest by the pace of use, None for none near."""

    known: tuple[KnownBundle, ...]
    event: BundleReported | None


class KnownBundles:
    """Turns what is told into rows, and usage into the event that nobody sends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of_news(self, news: Sequence[BundleNews], wallet: Wallet | None, told: Collection[str]) -> tuple[Op, ...]:
        """What a person's events say of bundles, the newest of each. told: those that they were told of now."""
        known: dict[str, KnownBundle] = {}
        for one in sorted(news, key=lambda one: one.happened_at):
            is_told = one.event.bucket.id in told
            for found in self.of_event(one.subscriber, one.event, wallet, told=is_told):
                if found.bucket.id == one.event.bucket.id or found.bucket.id not in known:
                    known[found.bucket.id] = found
        return tuple(map(bundles.put, known.values()))

    def of_event(
        self, person: Subscriber, event: BundleReported, wallet: Wallet | None, *, told: bool
    ) -> tuple[KnownBundle, ...]:
        """What an event says of its bundle and of others; whoever was told of it now is not told again.

        Of what the charging system has said meanwhile, that counts.
        """
        at = self._context.clock()
        read = next((one for one in wallet.buckets if one.id == event.bucket.id), None) if wallet else None
        told_at = at if told else None
        seen_at = min(event.as_of or at, at)
        bucket = replace(
            event.bucket,
            product=event.product,
            activated_at=event.activated_at,
            renews=event.bucket.renews or event.renews,
            shared=event.bucket.shared or event.shared,
            remaining=_remaining(event, read),
            expires_at=(read.expires_at if read else None) or event.bucket.expires_at,
        )
        of_clock = event.change in _EXPIRY
        over = event.change is BundleChange.EXPIRED and read is None
        known = KnownBundle(
            person.id,
            bucket,
            at if read else seen_at,
            tell_expiry_at=None if over else self._tell_expiry_at(bucket),
            told_expiry_at=told_at if of_clock else None,
            asked=read is not None,
        )
        if told_at is not None and not of_clock:
            known = depletion_told(known, told_at)
        others = {one.id: one for one in event.others if one.id != bucket.id}
        return (
            known,
            *(
                KnownBundle(person.id, one, seen_at, tell_expiry_at=self._tell_expiry_at(one))
                for one in others.values()
            ),
        )

    def of_usage(
        self,
        person: Subscriber,
        reported: UsageReported,
        usage: bytes,
        before: Mapping[str, KnownBundle],
        read_at: datetime,
    ) -> Paced:
        """What a report says of bundles. usage: the person's, with this report. before: what was known until now."""
        at = self._context.clock()
        place = place_of(person, self._context.rules(at), at)
        told = {one.id: one for one in reported.bundles}
        events = [self._by_pace(one, told, before.get(one.id), min(read_at, at)) for one in told.values()]
        forecasts = ends([Case(person, event, None, usage, place) for event in events], at, self._context.forecasting)
        known: list[KnownBundle] = []
        soonest: tuple[float, BundleReported] | None = None
        for event, found in zip(events, forecasts, strict=True):
            bucket, lead = event.bucket, self._context.leads.forecast
            hours = found.p50 if found is not None and lead and _ends_by_use(bucket, found.p50, at) else None
            known.append(
                KnownBundle(
                    person.id,
                    bucket,
                    min(read_at, at),
                    tell_expiry_at=self._tell_expiry_at(bucket),
                    tell_depletion_at=None if hours is None else at + timedelta(hours=hours) - lead,
                )
            )
            if hours is None or timedelta(hours=hours) > lead or _is_told(before.get(bucket.id), bucket):
                continue
            if soonest is None or hours < soonest[0]:
                soonest = (hours, event)
        return Paced(tuple(known), soonest[1] if soonest else None)

    def _by_pace(
        self, bucket: Bucket, told: Mapping[str, Bucket], before: KnownBundle | None, read_at: datetime
    ) -> BundleReported:
        if before is not None:
            bucket = replace(
                bucket,
                initial=before.bucket.initial if bucket.initial is None else bucket.initial,
                activated_at=bucket.activated_at or before.bucket.activated_at,
                expires_at=bucket.expires_at or before.bucket.expires_at,
                product=bucket.product or before.bucket.product,
            )
        return BundleReported(
            change=BundleChange.DEPLETING,
            bucket=bucket,
            product=bucket.product,
            activated_at=bucket.activated_at,
            renews=bucket.renews,
            shared=bucket.shared,
            others=tuple(one for one in told.values() if one.id != bucket.id),
            as_of=read_at,
            by_pace=True,
        )

    def _tell_expiry_at(self, bucket: Bucket) -> datetime | None:
        lead = self._context.leads.expiry
        if bucket.expires_at is None or not lead or not bucket.remaining:
            return None
        product = self._context.catalogue.get(bucket.product) if bucket.product else None
        validity = (
            bucket.expires_at - bucket.activated_at
            if bucket.activated_at and bucket.activated_at < bucket.expires_at
            else timedelta(hours=product.validity_hours)
            if product
            else None
        )
        return bucket.expires_at - (lead if validity is None else min(lead, validity / _SHARE_OF_VALIDITY))


def depletion_told(known: KnownBundle, at: datetime) -> KnownBundle:
    """Whoever is told that it runs out when its end by the clock is near is not told of that a minute later."""
    near = known.tell_expiry_at is not None and known.tell_expiry_at <= at
    return replace(known, told_depletion_at=at, told_expiry_at=at if near else known.told_expiry_at)


def _remaining(event: BundleReported, read: Bucket | None) -> int:
    if read is not None:
        return read.remaining
    return 0 if event.change is BundleChange.DEPLETED else event.bucket.remaining


def _ends_by_use(bucket: Bucket, p50: float, at: datetime) -> bool:
    """Whether it is used up in sight, and before the clock ends it."""
    length = timedelta(hours=p50)
    return bucket.remaining > 0 and length <= _NEAR and (bucket.expires_at is None or at + length < bucket.expires_at)


def _is_told(before: KnownBundle | None, now: Bucket) -> bool:
    """Whether its end by use was told in this period."""
    return before is not None and before.told_depletion_at is not None and not _refilled(before.bucket, now)


def _refilled(before: Bucket, now: Bucket) -> bool:
    """Whether it is another period of it: as the store has it (``store.bundles``)."""
    later = before.expires_at and now.expires_at and now.expires_at - before.expires_at > timedelta(hours=1)
    return bool(later) or now.remaining > 2 * before.remaining
