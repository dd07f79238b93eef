"""Numbers of people, so that they can be told apart and not called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flows.values import Msisdn

_DIGITS_SHOWN = 4


def masked(msisdn: str) -> str:
    """The last digits alone: ``…2233``."""
    return f"…{msisdn[-_DIGITS_SHOWN:]}" if msisdn else ""


def without(document: Any, numbers: Iterable[Msisdn]) -> Any:
    """A JSON document in which none of these numbers stands whole, with or without ``+``, in whatever text."""
    known = [re.escape(one) for one in numbers if one]
    if not known:
        return document
    return _struck(document, re.compile(rf"\+?(?:{'|'.join(known)})"))


def _struck(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: masked(found[0]), value)
    if isinstance(value, Mapping):
        return {name: _struck(inner, pattern) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_struck(inner, pattern) for inner in value]
    return value
