"""Who is contacted and charged at all: what the configuration says, and what an operator has stopped since.

Everything that goes out asks here right before it goes, so that a stop counts for what was decided before it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from flows.values import Msisdn, Purpose
from store.controls import Control

EVERYTHING, MARKETING, CAMPAIGN = "everything", "marketing", "campaign:"
_NEVER = datetime.max.replace(tzinfo=UTC)
_UNASKED = (Purpose.ALERT, Purpose.MARKETING)


class Reach:
    """dry_run: nobody is. only: if not empty, nobody else. quiet: nothing is withheld or stopped: nobody need ask."""

    def __init__(self, *, dry_run: bool = False, only: Iterable[Msisdn] = ()) -> None:
        self._configured = (dry_run, frozenset(only))
        self._dry_run, self._only = self._configured
        self._blackout: frozenset[Msisdn] = frozenset()
        self._stopped: frozenset[str] = frozenset()
        self._controls: Sequence[Control] = ()
        self._in_force: Sequence[Control] = ()
        self._same = (_NEVER, _NEVER)
        self._when_changed: list[Callable[[], object]] = []
        self.quiet = not (dry_run or only)

    @property
    def in_force(self) -> Sequence[Control]:
        """What an operator has set and counts now."""
        return self._in_force

    @property
    def stopped(self) -> frozenset[str]:
        """``everything``, ``marketing``, ``campaign:NAME``."""
        return self._stopped

    def on_change(self, call: Callable[[], object]) -> None:
        """Call this each time that something else counts."""
        self._when_changed.append(call)

    def know(self, controls: Sequence[Control], now: datetime) -> None:
        """These are all there are."""
        self._controls = controls
        self._same = (_NEVER, _NEVER)
        self.look(now)

    def look(self, now: datetime) -> None:
        """What begins or ends by the clock counts from now on."""
        since, until = self._same
        if since <= now < until:  # they may be many
            return
        edges = [edge for one in self._controls for edge in (one.starts_at, one.ends_at) if edge and edge > now]
        self._same = (now, min(edges, default=_NEVER))
        in_force = tuple(one for one in self._controls if one.in_force(now))
        if in_force == self._in_force:
            return
        self._in_force = in_force
        dry_run, only = self._configured
        self._dry_run = dry_run or bool(self._values("dry_run"))
        self._only = only | self._numbers("test")
        self._blackout = self._numbers("blackout")
        self._stopped = frozenset(self._values("stop"))
        self.quiet = not (self._dry_run or self._only or self._blackout or self._stopped)
        for call in self._when_changed:
            call()

    def withheld(self, msisdn: Msisdn, purpose: Purpose | None = None) -> str:
        """Why this person is not contacted for this purpose, or not charged (None); empty if they are.

        Who is blacked out gets nothing that they did not ask for; their own questions and purchases are answered.
        """
        if self._dry_run:
            return "dry_run"
        if self._only and msisdn not in self._only:
            return "not_a_test_number"
        if purpose in _UNASKED and msisdn in self._blackout:
            return "blackout"
        return ""

    def stops(self, purpose: Purpose | None = None, campaign: str = "") -> bool:
        """Whether this may not go out for now. purpose: None for what is no text: a charge."""
        if not self._stopped:
            return False
        marketing = purpose is Purpose.MARKETING and MARKETING in self._stopped
        return EVERYTHING in self._stopped or marketing or f"{CAMPAIGN}{campaign}" in self._stopped

    def _values(self, kind: str) -> list[str]:
        return [one.value for one in self._in_force if one.kind == kind]

    def _numbers(self, kind: str) -> frozenset[Msisdn]:
        return frozenset(map(Msisdn, self._values(kind)))
