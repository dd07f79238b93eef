"""5G spending limits, as a charging function notifies them (TS 29.594 §5.2, Nchf_SpendingLimitControl); pure.

A notification has neither id nor time: what makes it news is that a counter's status is another than the last one.
The key is the SUPI; only one that is an IMSI can be somebody's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flows.frozen import dataclass
from flows.values import Msisdn, parse_imsi
from gateway.config.tree import NchfConfig
from gateway.ocs.cloudevents import NotAnEvent
from gateway.ocs.event_fields import FieldReader

_SUPI = "imsi-"
_MOST_WORD = 80
NO_EVENT = "none"
"""The kind of a status that says nothing new."""


@dataclass(frozen=True, slots=True)
class Notified:
    """One notification. statuses: of each policy counter."""

    imsi: str
    statuses: Mapping[str, str]


def notified(body: object) -> Notified:
    """What is notified. Raises NotAnEvent."""
    reader = FieldReader()
    root = reader.table(body, "")
    imsi = _imsi(reader, root)
    infos = reader.table({} if root.get("statusInfos") is None else root["statusInfos"], "/statusInfos")
    if not infos:
        reader.wrong("/statusInfos", "is missing")
    statuses = {}
    for key, info in infos.items():
        at = f"/statusInfos/{key[:_MOST_WORD]}"
        fields = reader.table(info, at)
        counter = reader.text(fields, f"{at}/policyCounterId", most=_MOST_WORD)
        statuses[counter] = reader.text(fields, f"{at}/currentStatus", most=_MOST_WORD)
    if reader.problems:
        raise NotAnEvent(reader.problems)
    return Notified(imsi, statuses)


def terminated(body: object) -> str:
    """Whose counters are not watched any more: the IMSI. Raises NotAnEvent."""
    reader = FieldReader()
    imsi = _imsi(reader, reader.table(body, ""))
    if reader.problems:
        raise NotAnEvent(reader.problems)
    return imsi


def document(
    rule: NchfConfig, event_id: str, *, msisdn: Msisdn, imsi: str, at: datetime, currency: str
) -> dict[str, Any]:
    """The event that a status means, as a CloudEvent document. at: when it came, in the market's zone."""
    if rule.kind == "balance.low":
        data: dict[str, Any] = {"balance": {"amount": rule.amount, "currency": currency}}
    else:
        remaining = int(rule.initial * rule.threshold) if rule.threshold >= 0 else 0
        bundle = {
            "id": rule.bundle or rule.counter,
            "unit": rule.unit,
            "initial": rule.initial or None,
            "remaining": remaining,
            "product": rule.product or None,
            "activated_at": _begin(rule.period, at).isoformat(),
        }
        data = {"bundle": bundle, "threshold": rule.threshold if rule.threshold >= 0 else None}
    return {
        "specversion": "1.0",
        "source": "nchf",
        "id": event_id,
        "type": rule.kind,
        "time": at.isoformat(),
        "subject": f"+{msisdn}",
        "data": {**data, "imsi": imsi},
    }


def _imsi(reader: FieldReader, root: Mapping[str, Any]) -> str:
    supi = reader.text(root, "/supi", most=_MOST_WORD)
    found = parse_imsi(supi.removeprefix(_SUPI)) if supi.startswith(_SUPI) else None
    if supi and found is None:
        reader.wrong("/supi", "must be an IMSI, such as imsi-732101234567890")
    return found or ""


def _begin(period: str, at: datetime) -> datetime:
    """When the period that ``at`` is in began."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"day": 0, "week": at.weekday(), "month": at.day - 1}[period]
    return midnight - timedelta(days=days)
