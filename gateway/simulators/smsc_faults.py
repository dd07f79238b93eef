"""What the SMSC simulator is told to get wrong, checked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final


class BadFaults(ValueError):
    """The faults cannot be understood; the message is one line."""


@dataclass(slots=True)
class Faults:
    """How the simulator misbehaves.

    throttle, no_response: how many of the next submits. status: answered to every submit; push_status: to those that
    open a USSD session.
    receipt_delay: seconds. drop, garbage: done once, when set.
    """

    throttle: int = 0
    no_response: int = 0
    drop: bool = False
    refuse_binds: bool = False
    status: int = 0
    push_status: int = 0
    receipts: bool = True
    receipt_delay: float = 0.0
    garbage: bytes = b""


_COUNTS: Final = frozenset({"throttle", "no_response", "status", "push_status"})
_SWITCHES: Final = frozenset({"drop", "refuse_binds", "receipts"})


def parse_faults(document: object) -> Faults:
    """The faults in a JSON object; what it leaves out is as it should be. Raises BadFaults."""
    if not isinstance(document, dict):
        raise BadFaults("a JSON object is wanted")
    known = {field.name for field in fields(Faults)}
    unknown = sorted(set(document) - known)
    if unknown:
        raise BadFaults(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return Faults(**{key: _checked(key, value) for key, value in document.items()})


def _checked(key: str, value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if key in _COUNTS and number and isinstance(value, int) and value <= 0xFFFFFFFF:
        return value
    if key in _SWITCHES and isinstance(value, bool):
        return value
    if key == "receipt_delay" and number:
        return float(value)
    if key == "garbage" and isinstance(value, str):
        return _octets(value)
    raise BadFaults(f"{key} cannot be {value!r}")


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadFaults("garbage is not hex") from None
