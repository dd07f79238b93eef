"""Parts of long incoming texts, held until their message is whole.

Keyed on (source, destination, reference, total): two senders who pick the same reference do not
mix. A set stays until it is settled, so that a last part that could not be stored may come again,
and for a while after that, so that a repeated part is known for one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.smpp.text import Concatenation, decode

Part = tuple[int, bytes]
"""data_coding and the part's octets, header removed."""


@dataclass(frozen=True, slots=True)
class PartKey:
    """What the parts of one message have in common."""

    source: str
    destination: str
    reference: int
    total: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """Every part is here. Settle ``key`` once the text is durable."""

    key: PartKey
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The part is kept; others are missing."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The part belongs to a message that is settled: nothing is left to do."""


@dataclass(slots=True)
class _Set:
    since: float
    parts: dict[int, Part] = field(default_factory=dict)
    settled: bool = False

    def octets(self) -> int:
        return sum(len(octets) for _, octets in self.parts.values())


class Reassembly:
    """Joins parts. Time comes in as seconds of any monotonic clock.

    timeout: seconds after its first part. max_sets, max_octets: the oldest go first beyond them.
    """

    def __init__(self, timeout: float = 600.0, max_sets: int = 10_000, max_octets: int = 8 * 1024 * 1024) -> None:
        self._timeout = timeout
        self._max_sets = max_sets
        self._max_octets = max_octets
        self._sets: dict[PartKey, _Set] = {}
        self._octets = 0
        self.dropped = 0

    @property
    def octets(self) -> int:
        """Octets held now."""
        return self._octets

    def __len__(self) -> int:
        return len(self._sets)

    def add(
        self, source: str, destination: str, place: Concatenation, part: Part, now: float
    ) -> Whole | Waiting | Repeated:
        """Take one part in."""
        key = PartKey(source, destination, place.reference, place.total, place.wide)
        held = self._sets.get(key)
        if held is not None and held.parts.get(place.number, part) != part:
            self.forget(key)  # the sender has come round to this reference again
            held = None
        if held is None:
            held = self._sets[key] = _Set(now)
        elif held.settled:
            return Repeated()
        if place.number not in held.parts:
            held.parts[place.number] = part
            self._octets += len(part[1])
        self._keep_within_bounds(key)
        return Whole(key, _join(held.parts)) if len(held.parts) == key.total else Waiting()

    def settle(self, key: PartKey) -> None:
        """The whole text of ``key`` is durable."""
        held = self._sets.get(key)
        if held is not None:
            held.settled = True

    def expire(self, now: float) -> list[Whole]:
        """Forget what is older than the time-out; what of unsettled messages did arrive comes back, in order."""
        late: list[Whole] = []
        while self._sets:
            key, held = next(iter(self._sets.items()))  # the oldest: sets are never moved
            if now - held.since < self._timeout:
                break
            if not held.settled:
                late.append(Whole(key, _join(held.parts)))
            self.forget(key)
        return late

    def forget(self, key: PartKey) -> None:
        """Drop a message that is held, with all memory of it."""
        self._octets -= self._sets.pop(key).octets()

    def _keep_within_bounds(self, newest: PartKey) -> None:
        while len(self._sets) > self._max_sets or self._octets > self._max_octets:
            oldest = next(iter(self._sets))
            if oldest == newest:
                return
            self.dropped += not self._sets[oldest].settled
            self.forget(oldest)


def _join(parts: dict[int, Part]) -> str:
    """The text in the order of the part numbers; octets are joined first, for a sender may cut inside a pair."""
    ordered = [parts[number] for number in sorted(parts)]
    codings = {coding for coding, _ in ordered}
    if len(codings) == 1:
        return decode(b"".join(octets for _, octets in ordered), codings.pop())
    return "".join(decode(octets, coding) for coding, octets in ordered)
