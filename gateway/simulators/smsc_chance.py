"""What the faults make of one submit, one receipt, one text: by count, or by a chance that can be repeated."""

from __future__ import annotations

from random import Random
from typing import Final, Literal

from gateway.simulators.smsc_faults import Faults
from gateway.smpp.vocabulary import Status

Ending = Literal["delivered", "failed", "expired"]
SILENCE: Final = -1
"""Instead of a status: no answer."""


class Chance:
    """Decides as ``faults`` say, from their seed on."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = Random(faults.seed)

    def verdict(self) -> int:
        """The status of a submit, or ``SILENCE``; neither it nor a refusal is taken."""
        faults = self.faults
        if self._used_up("no_response"):
            return SILENCE
        if self._used_up("throttle"):
            return Status.THROTTLED
        return faults.status if faults.status and self.strikes(faults.status_share) else Status.OK

    def drops(self) -> bool:
        """Whether the link goes with the submit that was just taken."""
        if not self.faults.drop_after:
            return False
        self.faults.drop_after -= 1
        return not self.faults.drop_after

    def answer_after(self) -> float:
        """Seconds before an answer."""
        faults = self.faults
        if not (faults.delay or faults.jitter or faults.reorder):
            return 0.0
        return faults.delay + self._random.random() * (faults.jitter + faults.reorder)

    def receipt_after(self) -> float:
        """Seconds before a receipt."""
        return self.faults.receipt_delay + self._random.random() * self.faults.reorder

    def ending(self) -> Ending:
        """What becomes of a text on its way to the phone."""
        point = self._random.random() if self.faults.failed or self.faults.expired else 1.0
        if point < self.faults.failed:
            return "failed"
        return "expired" if point < self.faults.failed + self.faults.expired else "delivered"

    def strikes(self, share: float) -> bool:
        """Whether one of this share is meant."""
        return share > 0 and (share >= 1 or self._random.random() < share)

    def random(self) -> Random:
        """For whatever else is to be made by chance."""
        return self._random

    def _used_up(self, name: Literal["no_response", "throttle"]) -> bool:
        left = getattr(self.faults, name)
        if 0 < left < 1:
            return self.strikes(left)
        if left:
            setattr(self.faults, name, left - 1)
        return bool(left)
