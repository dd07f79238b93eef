"""Whether there is still a point in an event about a bundle: not in one that is late, told, or overtaken by another.

A bundle that renews keeps its id. When its period began or ends tells the periods apart, as far as that is told; the
charging system's own clock is held against itself, so a clock that is off does no harm (ADR 23).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from flows.alert import threshold_key
from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.values import Wallet

MOST_AHEAD = timedelta(hours=1)
"""A clock may be off by so much; what says that it happens later than that is kept and alerts nobody."""
_FRESH = timedelta(seconds=60)
"""What an event says of what is left is newer than what the charging system answered, for so long."""
_JITTER = timedelta(seconds=60)
"""Ends that lie closer together are the same: some systems work them out anew each time."""
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_SPENT = 0.01
"""Of a bundle that has run out, a larger share than this has come back."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that a person got about a bundle. happened_at: of its event; text: key of the text, empty if unknown."""

    threshold: str
    happened_at: datetime
    activated_at: datetime | None = None
    expires_at: datetime | None = None
    text: str = ""


def why_pointless(
    event: BundleReported, happened_at: datetime, at: datetime, told: Sequence[Told], wallet: Wallet | None
) -> str:
    """In one word why this event alerts nobody, or nothing. told: of this bundle, in whatever order."""
    if happened_at - at > MOST_AHEAD:
        return "from_the_future"
    if _is_renewed(event, wallet, fresh=at - happened_at <= _FRESH):
        return "renewed"
    if any(_is_of_later_period(one, event, happened_at) for one in told):
        return "renewed"
    now = of_this_period(event, happened_at, told)
    if any(one.threshold == threshold_key(event) for one in now):
        return "known_threshold"
    if any(_says_more(one.threshold, threshold_key(event)) and one.happened_at > happened_at for one in now):
        return "overtaken"
    return ""


def of_this_period(event: BundleReported, happened_at: datetime, told: Sequence[Told]) -> list[Told]:
    """Those that were told since the bundle was last renewed."""
    return [one for one in told if not _is_of_earlier_period(one, event, happened_at)]


def most_telling(events: Sequence[tuple[BundleReported, datetime]]) -> int:
    """Which of several events about one bundle is to be told: of the newest period, the one that says most."""

    def weight(which: int) -> tuple[datetime, float, datetime]:
        event, happened_at = events[which]
        period = event.activated_at or event.bucket.expires_at or _ALWAYS
        return period, -_left(threshold_key(event)), happened_at

    return max(range(len(events)), key=weight)


def _is_renewed(event: BundleReported, wallet: Wallet | None, *, fresh: bool) -> bool:
    """Whether the charging system says so now."""
    now = next((one for one in wallet.buckets if one.id == event.bucket.id), None) if wallet is not None else None
    if now is None or now.unit is not event.bucket.unit:
        return False
    if _is_later(now.expires_at, event.bucket.expires_at):
        return True
    if fresh or event.change not in (BundleChange.DEPLETING, BundleChange.DEPLETED):
        return False
    share = event.threshold if event.change is BundleChange.DEPLETING and event.threshold is not None else _SPENT
    return now.remaining > max(event.bucket.remaining, share * (event.bucket.initial or 0))


def _is_of_later_period(told: Told, event: BundleReported, happened_at: datetime) -> bool:
    if told.activated_at is not None and told.activated_at > happened_at:
        return True
    return _is_later(told.expires_at, event.bucket.expires_at)


def _is_of_earlier_period(told: Told, event: BundleReported, happened_at: datetime) -> bool:
    if event.activated_at is not None and event.activated_at > told.happened_at:
        return True
    if _is_later(event.bucket.expires_at, told.expires_at):
        return True
    return event.bucket.expires_at is None and told.expires_at is not None and happened_at > told.expires_at


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one - other > _JITTER


def _says_more(told: str, event: str) -> bool:
    return told != "expiring" and _left(told) < _left(event)


def _left(threshold: str) -> float:
    """Share that is left at a threshold; what has expired is beyond what has run out."""
    words = {"depleted": 0.0, "expired": -1.0, "depleting": 1.0, "expiring": 1.0}
    return words[threshold] if threshold in words else float(threshold)
