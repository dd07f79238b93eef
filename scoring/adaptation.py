"""Intervals that follow the world: each outcome moves the edges of its segment a little, and nothing else is kept.

Adaptive conformal inference (Gibbs and Candès, 2021) on the scale of the forecast itself, as quantile tracking does
(Angelopoulos, Candès and Tibshirani, 2023): an edge that was passed too often moves out, one that was passed too seldom
moves in; whatever comes, the share that passes tends to what was promised. The step is a speed, by the time since the
last outcome: outcomes come days after their forecasts, and steps by their number would swing the more, the more there
are. ADR 30.
"""

from __future__ import annotations

from dataclasses import dataclass

LOW, HIGH = 0.1, 0.9
_A_DAY = 0.7
"""Logs of hours by which an edge moves in a day on which it is always passed, and should never be."""
_LARGEST_STEP = 0.05
_FARTHEST = 3.0
"""An edge that would be moved farther is not the fault of an edge."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Offsets:
    """What is added to the log hours at 10 and 90 % in one segment.

    seen: outcomes so far. learnt_at: epoch seconds of the last one.
    """

    p10: float = 0.0
    p90: float = 0.0
    seen: int = 0
    learnt_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a forecast as it was told, in hours. actual: infinite when it did not end while it was watched.

    watched: hours for which it was, known when the forecast was made; an edge beyond them proves nothing. known_at:
    epoch seconds of their end.
    """

    p10: float
    p90: float
    actual: float
    watched: float
    known_at: float


def learnt(offsets: Offsets, outcome: Outcome) -> Offsets:
    """The offsets after one more outcome."""
    since = max(outcome.known_at - offsets.learnt_at, 0.0)
    step = min(_A_DAY * since / _DAY, _LARGEST_STEP)
    return Offsets(
        _moved(offsets.p10, LOW, outcome.p10, outcome, step),
        _moved(offsets.p90, HIGH, outcome.p90, outcome, step),
        offsets.seen + 1,
        max(outcome.known_at, offsets.learnt_at),
    )


def watched_hours(p90: float, hours_to_expiry: float) -> float:
    """For how long a forecast is watched, whatever comes: who looked at ends alone would see the early ones first."""
    return min(p90, hours_to_expiry) if hours_to_expiry > 0 else p90


def _moved(offset: float, level: float, edge: float, outcome: Outcome, step: float) -> float:
    """Before it is known on which side of an edge the end lies, the edge stays."""
    if edge > outcome.watched:
        return offset
    return min(max(offset + step * (level - (outcome.actual < edge)), -_FARTHEST), _FARTHEST)
