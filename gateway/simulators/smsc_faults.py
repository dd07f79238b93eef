"""What the SMSC simulator is told to get wrong, checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

RECEIPT_STYLES: Final = ("standard", "hex", "decimal", "seconds", "letters", "tlv", "short")
_NOT_SHOWN: Final = ("drop", "garbage", "restart")
_DAY: Final = 86_400
_MOST_MUTATED: Final = 1_000_000
_LONGEST_SHOWN: Final = 60
"""Characters of a value that is none."""


class BadFaults(ValueError):
    """The faults cannot be understood; the message is one line."""


@dataclass(slots=True)
class Faults:
    """How the simulator misbehaves; shares are from 0 to 1, times in seconds.

    seed: of everything that is decided by chance, so that a run can be repeated.

    Submits. throttle, no_response: how many of the next, or below one a share of all. status, status_share: answered
    to this share. push_status: answered to those that open a USSD session. delay, jitter: before an answer. reorder:
    within which answers and receipts change places. congestion: told with each answer, 0 to 100.
    Links. drop: cut them now; drop_after: when so many more were accepted, before or after the answer to the last.
    restart: unbind all and listen again. refuse_binds. garbage: octets to write now, or how many mutated PDUs.
    Receipts. receipts: whether there are any; receipt_delay; receipt_loss: share that is never sent; receipt_style: as
    what they are written; failed, expired: shares that end so. duplicate: share of receipts and texts sent twice.
    """

    throttle: float = 0
    no_response: float = 0
    drop: bool = False
    drop_after: int = 0
    drop_before_answer: bool = True
    restart: bool = False
    refuse_binds: bool = False
    status: int = 0
    status_share: float = 1.0
    push_status: int = 0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    congestion: int = -1
    receipts: bool = True
    receipt_delay: float = 0.0
    receipt_loss: float = 0.0
    receipt_style: str = "standard"
    failed: float = 0.0
    expired: float = 0.0
    duplicate: float = 0.0
    garbage: bytes | int = b""
    seed: int = 0


def parse_faults(document: object) -> Faults:
    """The faults in a JSON object; what it leaves out is as it should be. Raises BadFaults."""
    if not isinstance(document, dict):
        raise BadFaults("a JSON object is wanted")
    unknown = sorted(set(document) - set(_READ))
    if unknown:
        raise BadFaults(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_READ))}")
    faults = Faults(**{key: _checked(key, value) for key, value in document.items()})
    if faults.failed + faults.expired > 1:
        raise BadFaults("failed and expired are more than all together")
    return faults


def shown(faults: Faults) -> dict[str, Any]:
    """The lasting faults as JSON; what is done once when it is set is not among them."""
    return {one.name: getattr(faults, one.name) for one in fields(Faults) if one.name not in _NOT_SHOWN}


def _checked(key: str, value: Any) -> Any:
    """A reader raises ValueError with what it wants."""
    try:
        return _READ[key](value)
    except ValueError as wanted:
        raise BadFaults(f"{key} must be {wanted}, not {json.dumps(value)[:_LONGEST_SHOWN]}") from None


def _whole(value: Any, most: int = 0xFFFFFFFF, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"a whole number from {least} to {most}")
    return value


def _number(value: Any, most: float, wanted: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(wanted)
    return float(value)


def _switch(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise ValueError("true or false")


def _share(value: Any) -> float:
    return _number(value, 1.0, "a share from 0 to 1")


def _seconds(value: Any) -> float:
    return _number(value, _DAY, f"seconds from 0 to {_DAY}")


def _count_or_share(value: Any) -> float:
    if isinstance(value, float) and 0 <= value < 1:
        return value
    try:
        return _whole(value)
    except ValueError as whole:
        raise ValueError(f"{whole}, or a share below 1") from None


def _style(value: Any) -> str:
    if value not in RECEIPT_STYLES:
        raise ValueError(f"one of {', '.join(RECEIPT_STYLES)}")
    return str(value)


def _garbage(value: Any) -> bytes | int:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else _whole(value, _MOST_MUTATED)
    except ValueError:
        raise ValueError(f"octets in hex, or a whole number from 0 to {_MOST_MUTATED}") from None


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("throttle", "no_response"), _count_or_share),
    **dict.fromkeys(("drop_after", "status", "push_status", "seed"), _whole),
    **dict.fromkeys(("drop", "drop_before_answer", "restart", "refuse_binds", "receipts"), _switch),
    **dict.fromkeys(("delay", "jitter", "reorder", "receipt_delay"), _seconds),
    **dict.fromkeys(("status_share", "receipt_loss", "failed", "expired", "duplicate"), _share),
    "congestion": lambda value: _whole(value, 100, -1),
    "receipt_style": _style,
    "garbage": _garbage,
}
