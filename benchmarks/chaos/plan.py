"""What goes wrong in a run, and when: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

SMSCS: Final = ("smsc-a", "smsc-b")
KILL, RESTART, KILL_SMSC = "gateway killed", "gateway restarted", "SMSC killed"
USUAL: Final[Mapping[str, Any]] = {"duplicate": 0.02, "reorder": 0.05, "failed": 0.01, "expired": 0.005}
"""Faults that both SMSCs have all the time: receipts and texts from phones come twice, and in another order."""
_FAULTS: Final[Sequence[tuple[str, Mapping[str, Any]]]] = (
    ("link dropped", {"drop": True}),
    ("link dropped before an answer", {"drop_after": 20}),
    ("link dropped behind an answer", {"drop_after": 20, "drop_before_answer": False}),
    ("throttled", {"throttle": 40}),
    ("no answers", {"no_response": 8}),
    ("late answers", {"delay": 0.2, "jitter": 0.3}),
    ("answers too late", {"delay": 2.5}),
    ("a vendor's error", {"status": 0x400, "status_share": 0.3}),
    ("temporary errors", {"status": 0x08, "status_share": 0.5}),
    ("no binds", {"refuse_binds": True, "drop": True}),
    ("unbound", {"restart": True}),
    ("receipts lost", {"receipt_loss": 0.5}),
    ("receipts late", {"receipt_delay": 1.0, "duplicate": 0.5}),
    ("garbage", {"garbage": 10}),
)
_EVERY: Final = (KILL, KILL_SMSC, *(name for name, _ in _FAULTS), RESTART)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong. at: seconds from the start; lasts: seconds; smsc: where, empty = at the gateway."""

    at: float
    name: str
    smsc: str = ""
    lasts: float = 0.0
    faults: Mapping[str, Any] = field(default_factory=dict)


def plan(seed: int, seconds: float, every: float) -> Sequence[Trouble]:
    """Troubles in their order, one each ``every`` seconds or so; a kill first, each kind once before any again."""
    chance, faults = Random(seed), dict(_FAULTS)
    kinds = [KILL]
    troubles: list[Trouble] = []
    at = every
    while at < seconds:
        name = kinds.pop(0)
        smsc = "" if name in (KILL, RESTART) else chance.choice(SMSCS)
        told = {**USUAL, **faults.get(name, {}), "seed": chance.getrandbits(16)} if smsc else {}
        troubles.append(Trouble(at, name, smsc, chance.uniform(0.2, 0.8) * every, told))
        at += chance.uniform(0.6, 1.4) * every
        if not kinds:
            begun = {KILL} if len(troubles) == 1 else set()
            kinds = chance.sample([kind for kind in _EVERY if kind not in begun], len(_EVERY) - len(begun))
    return troubles
