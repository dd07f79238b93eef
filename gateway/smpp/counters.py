"""What happened on a bind, as plain numbers: counting costs a message nothing, and whoever wants them reads them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from gateway.smpp.vocabulary import SmppCommandStatus

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, the upper ends of what is counted together; one more place counts what took longer."""
VENDOR: Final = -1
"""Stands for every status that is not in the specification: there may be as many as a peer likes."""
SILENT: Final = -2
"""Stands for no answer."""


@dataclass(slots=True)
class Latency:
    """How long answers took. counts: by the places of ``BOUNDS``; seconds: all of them together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more answer."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


@dataclass(slots=True)
class SessionCounters:
    """What happened on a session, or on all sessions of one owner."""

    pdus_in: int = 0
    pdus_out: int = 0
    bad_pdus: int = 0
    late_answers: int = 0
    response_timeouts: int = 0
    latency: Latency = field(default_factory=Latency)


@dataclass(slots=True)
class Statuses:
    """Answers by command_status."""

    counts: dict[int, int] = field(
        default_factory=lambda: dict.fromkeys((*(int(one) for one in SmppCommandStatus), VENDOR, SILENT), 0)
    )

    def add(self, status: int) -> None:
        """One more answer."""
        try:
            self.counts[status] += 1
        except KeyError:
            self.counts[VENDOR] += 1
