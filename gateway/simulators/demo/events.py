"""The charging system's CloudEvents of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_GIGABYTE = 1024**3


def depleting(msisdn: str, ident: str) -> dict[str, Any]:
    """A 1 GB bundle of seven days, four days old, at a tenth."""
    now = datetime.now(UTC)
    bundle = {
        "id": f"b-{msisdn[-4:]}",
        "product": "data-1gb-7d",
        "unit": "byte",
        "initial": _GIGABYTE,
        "remaining": _GIGABYTE // 10,
        "activated_at": (now - timedelta(days=4)).isoformat(),
        "expires_at": (now + timedelta(days=3)).isoformat(),
        "renews": False,
        "shared": False,
    }
    return _event(msisdn, ident, "bundle.depleting", {"bundle": bundle, "threshold": 0.1})


def activated(msisdn: str, circle: str) -> dict[str, Any]:
    """A new subscriber, and the region that they are in."""
    return _event(msisdn, f"evt-new-{msisdn[-4:]}", "subscriber.activated", {"circle": circle})


def _event(msisdn: str, ident: str, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": "ocs/demo",
        "type": kind,
        "time": datetime.now(UTC).isoformat(),
        "subject": f"+{msisdn}",
        "data": dict(data),
    }
