"""What the SMSC simulator is told to get wrong, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from gateway.simulators.fault_values import BadFault, Reader, read_faults, seconds, share, switch, whole

RECEIPT_STYLES: Final = ("standard", "hex", "decimal", "seconds", "letters", "tlv", "short")
_NOT_SHOWN: Final = ("drop", "garbage", "restart")
_DAY: Final = 86_400
_MOST: Final = 0xFFFFFFFF
_MOST_MUTATED: Final = 1_000_000


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


def parse_faults(document: Mapping[str, Any]) -> Faults:
    """The faults in a JSON object; what it leaves out is as it should be. Raises BadFault."""
    faults = Faults(**read_faults(document, _READ, noun="key"))
    if faults.failed + faults.expired > 1:
        raise BadFault("failed and expired are more than all together")
    return faults


def shown(faults: Faults) -> dict[str, Any]:
    """The lasting faults as JSON; what is done once when it is set is not among them."""
    return {one.name: getattr(faults, one.name) for one in fields(Faults) if one.name not in _NOT_SHOWN}


def _unsigned(value: Any) -> int:
    return whole(value, _MOST)


def _time(value: Any) -> float:
    return seconds(value, _DAY)


def _count_or_share(value: Any) -> float:
    if isinstance(value, float) and 0 <= value < 1:
        return value
    try:
        return _unsigned(value)
    except ValueError as wanted:
        raise ValueError(f"{wanted}, or a share below 1") from None


def _style(value: Any) -> str:
    if value not in RECEIPT_STYLES:
        raise ValueError(f"one of {', '.join(RECEIPT_STYLES)}")
    return str(value)


def _garbage(value: Any) -> bytes | int:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else whole(value, _MOST_MUTATED)
    except ValueError:
        raise ValueError(f"octets in hex, or a whole number from 0 to {_MOST_MUTATED}") from None


_READ: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(("throttle", "no_response"), _count_or_share),
    **dict.fromkeys(("drop_after", "status", "push_status", "seed"), _unsigned),
    **dict.fromkeys(("drop", "drop_before_answer", "restart", "refuse_binds", "receipts"), switch),
    **dict.fromkeys(("delay", "jitter", "reorder", "receipt_delay"), _time),
    **dict.fromkeys(("status_share", "receipt_loss", "failed", "expired", "duplicate"), share),
    "congestion": lambda value: whole(value, 100, -1),
    "receipt_style": _style,
    "garbage": _garbage,
}
