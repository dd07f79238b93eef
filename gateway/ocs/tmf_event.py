"""Events of a TM Forum hub (TMF688) about a prepay bucket (TMF654), to ours; pure.

The files name no event for a bucket that runs low: which of the operator's event types means what is configured, and
where it is not, the bucket says it: money is ``balance.low``, nothing left ``bundle.depleted``, else it depletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.events import BundleChange
from flows.values import parse_msisdn
from gateway.config.tree import Tmf688Config
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.cloudevents import NotAnEvent
from gateway.ocs.event_fields import FieldReader
from gateway.ocs.tmf_wallet import read_event_bucket

USUAL_TYPES = ("BucketAttributeValueChangeEvent", "BucketStateChangeEvent", "BucketThresholdEvent")
"""Those that need no configuration: the names that TMF630 gives changes of a resource."""


def document(body: object, rules: Mapping[str, Tmf688Config], currency: str) -> dict[str, Any]:
    """The event as a CloudEvent document. Raises NotAnEvent."""
    reader = FieldReader()
    root = reader.table(body, "")
    kind = reader.text(root, "/eventType", most=200)
    rule = rules.get(kind) or (Tmf688Config(kind) if kind in USUAL_TYPES else None)
    event_id, time = reader.text(root, "/eventId", most=200), reader.time(root, "/eventTime")
    payload = reader.table({} if root.get("event") is None else root["event"], "/event")
    bucket = reader.table(payload.get("bucket", payload), "/event/bucket")
    msisdn = _number(bucket)
    if not msisdn:
        reader.wrong("/event/bucket/logicalResource", "names no MSISDN")
    if kind and rule is None:
        unknown = f"unknown event type {kind[:60]!r}; see [[triggers.tmf688]]"
        raise NotAnEvent({**reader.problems, "/eventType": unknown}, unknown_type=True)
    data: dict[str, Any] = {}
    change = ""
    try:
        change, data = _told(bucket, currency)
    except UnreadableAnswer as error:
        reader.wrong("/event/bucket/remainingValue", str(error))
    if reader.problems:
        raise NotAnEvent(reader.problems)
    assert rule is not None
    if rule.threshold >= 0 and "bundle" in data:
        data["threshold"] = rule.threshold
    return {
        "specversion": "1.0",
        "source": "tmf688",
        "id": event_id,
        "type": rule.kind or change,
        "time": time.isoformat(),
        "subject": f"+{msisdn}",
        "data": data,
    }


def _told(item: Mapping[str, Any], currency: str) -> tuple[str, dict[str, Any]]:
    money, bucket, begins = read_event_bucket(item, currency)
    if money is not None:
        return "balance.low", {"balance": {"amount": money.amount, "currency": money.currency}}
    if bucket is None:
        raise UnreadableAnswer("the bucket counts in a unit that is not known")
    ended = item.get("status") == "expired" and bucket.expires_at is not None
    change = BundleChange.DEPLETING if bucket.remaining else BundleChange.DEPLETED
    bundle = {
        "id": bucket.id,
        "unit": bucket.unit.value,
        "remaining": max(0, bucket.remaining),
        "expires_at": bucket.expires_at.isoformat() if bucket.expires_at else None,
        "activated_at": begins.isoformat() if begins else None,
    }
    return (BundleChange.EXPIRED if ended else change).value, {"bundle": bundle}


def _number(bucket: Mapping[str, Any]) -> str:
    """The MSISDN that the bucket is of."""
    for owners in (bucket.get("logicalResource"), bucket.get("relatedParty")):
        for owner in owners if isinstance(owners, list) else [owners]:
            named = (owner.get("value"), owner.get("id")) if isinstance(owner, dict) else ()
            for text in named:
                found = parse_msisdn(f"+{text.removeprefix('+')}") if isinstance(text, str) else None
                if found:
                    return found
    return ""
