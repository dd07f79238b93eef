"""What each source of behaviour adds to a day: one place for a record that comes alone and for rows of a file.

A day and its night are those of the clock on the wall where the market is: somebody's evening is not cut in two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

CATEGORIES = ("streaming", "social", "gaming", "hotspot", "browsing", "other")
"""Of the use of apps; what has another name counts as ``other``. hotspot: use by devices behind the phone."""
PLACES = ("home", "work", "other")
TOPICS = ("network", "device", "billing", "plan", "other")
"""What somebody asks customer care about; the first two are troubles."""
TROUBLES = TOPICS[:2]
NIGHT_ENDS = 6
"""The hour at which night is over."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sessions": ("bytes", "sessions", "night_bytes"),
        "recharges": ("recharges", "recharged"),
        "categories": tuple(f"{name}_bytes" for name in CATEGORIES),
        "places": tuple(f"at_{name}" for name in PLACES),
        "device": ("device_reports", "battery_worn", "storage_used", "crashes"),
        "support": ("contacts", "troubles"),
        "social": ("mentions", "sentiment"),
    }
)
"""The figures of a day, by source."""
ALL_COLUMNS = tuple(name for names in COLUMNS.values() for name in names)

Values = Mapping[str, Any]


def added(source: str, hour: int, values: Values) -> tuple[float, ...]:
    """What a record adds to its day. hour: of that day, on the wall. values: as in ``flows.behaviour``."""
    return _ADDED[source](hour, values)


def _session(hour: int, values: Values) -> tuple[float, ...]:
    used = float(values["bytes"])
    return used, 1.0, used if hour < NIGHT_ENDS else 0.0


def _category(hour: int, values: Values) -> tuple[float, ...]:
    named = values["category"] if values["category"] in CATEGORIES else "other"
    return tuple(float(values["bytes"]) if name == named else 0.0 for name in CATEGORIES)


def _device(hour: int, values: Values) -> tuple[float, ...]:
    """battery: what is left of its capacity when new; storage_free: of all; None where it was not told."""
    battery, free = values.get("battery"), values.get("storage_free")
    worn, used = (0.0 if left is None else 1.0 - float(left) for left in (battery, free))
    return 1.0, worn, used, float(values.get("crashes") or 0)


_ADDED: Mapping[str, Callable[[int, Values], tuple[float, ...]]] = {
    "sessions": _session,
    "recharges": lambda hour, values: (1.0, float(values["amount"])),
    "categories": _category,
    "places": lambda hour, values: tuple(float(values["place"] == name) for name in PLACES),
    "device": _device,
    "support": lambda hour, values: (1.0, float(values["topic"] in TROUBLES)),
    "social": lambda hour, values: (1.0, float(values["sentiment"])),
}
