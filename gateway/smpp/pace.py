"""How fast segments may leave: a rate in any one second, and what a busy SMSC makes of it.

Two signs of a busy SMSC are heeded, each on its own bind alone. A refusal as throttled (or queue full) stops the queue
for a second, and for twice as long each time that the one segment which is tried after the pause is refused again; the
first that is accepted ends it. ``congestion_state`` (SMPP 5.0 §4.8.4.18) of 80 or more lowers the rate.
"""

from __future__ import annotations

from collections import deque
from typing import Final

_SECOND: Final = 1.02
"""A little over one, so that what leaves within the limit also arrives within it."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 16.0
CONGESTED: Final = 80
"""The congestion_state from which the rate is lowered: to a half at 80, a quarter at 90, a twentieth at 98 and more."""
_RANGE: Final = 40
_LEAST_SHARE: Final = 0.05


class SlidingRate:
    """At most ``per_second`` segments in any one second; 0 sets no limit. Times are monotonic seconds."""

    def __init__(self, per_second: int) -> None:
        self._limit = self._allowed = per_second
        self._taken: deque[float] = deque(maxlen=per_second or None)

    @property
    def slowed(self) -> bool:
        """Whether fewer are allowed than were asked for."""
        return self._allowed < self._limit

    def take(self, now: float, segments: int = 1) -> float:
        """Take a token for each segment (0.0), or the seconds after which they may be there.

        More than go in one second are taken out of the seconds that follow.
        """
        if not self._limit:
            return 0.0
        allowed = self._allowed
        first = allowed - min(segments, allowed) + 1  # the newest token that must be a second old
        if len(self._taken) >= first and (wait := self._taken[-first] + _SECOND - now) > 0:
            return wait
        self._taken.extend(now + at // allowed * _SECOND for at in range(segments))
        return 0.0

    def congested(self, state: int) -> None:
        """Go at the pace of this congestion_state, 0 to 100, until another is told."""
        share = 1.0 if state < CONGESTED else max(_LEAST_SHARE, (100 - state) / _RANGE)
        self._allowed = max(1, int(self._limit * share))


def slots(at_once: int, per_second: int) -> int:
    """Texts that may be handed over and not settled: what keeps window and rate busy while others are claimed.

    More would only make what is urgent wait behind what is not. per_second: 0 for no limit.
    """
    ahead = 3 * at_once
    return at_once + (min(ahead, per_second // 10) if per_second else ahead)


class Brake:
    """Whether an SMSC that refused something as throttled may be tried again."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._until = 0.0

    @property
    def on(self) -> bool:
        """Whether something was throttled since anything was last accepted: then one segment at a time is tried."""
        return self._pause > 0

    def wait(self, now: float) -> float:
        """Seconds for which nothing is to be tried."""
        return max(0.0, self._until - now)

    def throttled(self, now: float) -> None:
        """The SMSC refused a segment; those that were under way with it count as the same refusal."""
        if now >= self._until:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
            self._until = now + self._pause

    def release(self) -> None:
        """The SMSC accepted one."""
        self._pause = self._until = 0.0
