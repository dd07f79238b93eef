"""What this process has sent to the AIR lately, so that an offer is not taken for the wrong order's.

An offer says what it is and since when, never which order it came from. It proves an order only where it is known
that no other order for it was sent for this subscriber, and that is known for as long as nothing was forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.values import Msisdn, OrderKey

_KEPT = timedelta(hours=1)
_MOST = 100_000


class Sent:
    """One order or refund. at: when it was first sent; doubt: why only a person can settle it."""

    __slots__ = ("at", "doubt", "key", "place")

    def __init__(self, key: OrderKey, place: tuple[Msisdn, int], at: datetime) -> None:
        self.key, self.place, self.at = key, place, at
        self.doubt = ""


class Sends:
    """All of the last hour, at most 100,000. started: since when nothing was forgotten."""

    def __init__(self, started: datetime, most: int = _MOST) -> None:
        self._whole_since = started
        self._most = most
        self._by_key: dict[OrderKey, Sent] = {}
        self._by_place: dict[tuple[Msisdn, int], set[OrderKey]] = {}

    def note(self, key: OrderKey, payer: Msisdn, offer: int, at: datetime) -> tuple[Sent, bool]:
        """What is known of this key, and whether it is new. offer: that the purchase leaves, 0 for none."""
        if known := self._by_key.get(key):
            return known, False
        self._make_room(at)
        sent = self._by_key[key] = Sent(key, (payer, offer), at)
        self._by_place.setdefault(sent.place, set()).add(key)
        return sent, True

    def get(self, key: OrderKey) -> Sent | None:
        """What is known of this key."""
        return self._by_key.get(key)

    def forget(self, key: OrderKey) -> None:
        """It surely did nothing."""
        if sent := self._by_key.pop(key, None):
            keys = self._by_place[sent.place]
            keys.discard(key)
            if not keys:
                del self._by_place[sent.place]

    def was_alone(self, sent: Sent, since: datetime) -> bool:
        """Whether no other order can have left its offer with this subscriber since then."""
        return self._whole_since < since and self._by_place[sent.place] == {sent.key}

    def _make_room(self, now: datetime) -> None:
        while self._by_key:
            oldest = next(iter(self._by_key.values()))
            if oldest.at >= now - _KEPT and len(self._by_key) < self._most:
                return
            self._whole_since = max(self._whole_since, oldest.at)
            self.forget(oldest.key)
