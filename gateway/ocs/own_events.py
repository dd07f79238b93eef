"""What our own clock finds out, as the event that a charging system would have sent.

It goes through the inbox like any other, under an identity that is the same whichever process finds it, and whenever:
so it is dealt with once. What stands in the inbox is read back as any event is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.events import OWN_CLOCK, BundleChange
from gateway.ocs.cloudevents import Event, event
from store.bundles import KnownBundle
from store.tables import microseconds

_TRAITS = ("zone", "window", "service")
_MARKS = ("shared", "bonus", "roaming", "renews", "throttled_after")


def expiry(known: KnownBundle, at: datetime) -> Event:
    """Its end by the clock is near, or was missed while nobody looked."""
    ends = known.bucket.expires_at
    assert ends is not None, "only what expires is told of so"
    change = BundleChange.EXPIRING if ends > at else BundleChange.EXPIRED
    return event(_document(known, at, change, f"expiry/{microseconds(ends)}", {}), own=True)


def depletion(known: KnownBundle, at: datetime) -> Event:
    """Its end by use is near, as the pace of use has it."""
    when = known.tell_depletion_at
    assert when is not None, "only what was forecast is told of so"
    identity = f"forecast/{microseconds(when)}"
    return event(_document(known, at, BundleChange.DEPLETING, identity, {"by_pace": True}), own=True)


def _document(
    known: KnownBundle, at: datetime, change: BundleChange, identity: str, more: dict[str, Any]
) -> dict[str, Any]:
    bucket = known.bucket
    bundle: dict[str, Any] = {
        "id": bucket.id,
        "unit": bucket.unit.value,
        "remaining": bucket.remaining,
        "initial": bucket.remaining if bucket.initial is None else bucket.initial,
        "as_of": known.seen_at.isoformat(),
    }
    for name, instant in (("expires_at", bucket.expires_at), ("activated_at", bucket.activated_at)):
        if instant is not None:
            bundle[name] = instant.isoformat()
    bundle |= {name: value for name in ("product", *_TRAITS) if (value := getattr(bucket, name))}
    bundle |= {name: True for name in _MARKS if getattr(bucket, name)}
    if bucket.priority is not None:
        bundle["priority"] = bucket.priority
    return {
        "specversion": "1.0",
        "id": f"{known.subscription}/{bucket.id}/{identity}",
        "source": OWN_CLOCK,
        "type": change.value,
        "time": min(at, bucket.expires_at or at).isoformat(),
        "subject": f"+{known.msisdn}",
        "data": {"bundle": bundle, **more},
    }
