"""What a TMF654 bucket says beside how much is in it, and what servers add to it as a sub-class (TMF630 part 2).

``isShared`` and ``product`` are the file's own. The rest is what ``@type`` BundleBucket adds; a server that adds
nothing leaves everything as it is for most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class Traits(TypedDict):
    """As ``flows.values.Bucket`` has them."""

    product: str
    zone: str
    window: str
    service: str
    shared: bool
    bonus: bool
    roaming: bool
    renews: bool
    throttled_after: bool
    priority: int | None


def bucket_traits(item: Mapping[str, object]) -> Traits:
    """Read them; what is not of its kind is as if it were not there, but for hours, which then never come."""
    priority = item.get("priority")
    return {
        "product": _product(item),
        "zone": _text(item, "zone"),
        "window": _window(item),
        "service": _text(item, "service"),
        "shared": item.get("isShared") is True,
        "bonus": item.get("isBonus") is True,
        "roaming": item.get("isRoaming") is True,
        "renews": item.get("isAutoRenewed") is True,
        "throttled_after": item.get("isThrottledAfter") is True,
        "priority": priority if isinstance(priority, int) and not isinstance(priority, bool) else None,
    }


def _product(item: Mapping[str, object]) -> str:
    products = item.get("product")
    first = products[0] if isinstance(products, list) and products else None
    ident = first.get("id") if isinstance(first, dict) else None
    return ident if isinstance(ident, str) else ""


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _window(item: Mapping[str, object]) -> str:
    """Hours that nobody can read are no hours: it is never counted on."""
    value = item.get("window")
    if value is None:
        return ""
    return value if isinstance(value, str) and _WINDOW.fullmatch(value) else "never"
