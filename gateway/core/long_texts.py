"""Long texts from subscribers, held until every part is there. In memory alone; no clock, no store.

Parts belong together by source, destination, reference and total, whichever bind they came by: an SMSC with several
binds for one number spreads what it delivers over them. A text is remembered for a while after it was taken in, so
that a part that comes again is known for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from gateway.core.ports import MobilePart
from store.ids import new_id


class PartKey(NamedTuple):
    """What the parts of one text have in common."""

    source: str
    destination: str
    reference: int
    wide: bool
    total: int


def key_of(part: MobilePart) -> PartKey:
    """The key of a part's text."""
    return PartKey(part.source, part.destination, part.reference, part.wide, part.total)


def digest_of(part: MobilePart) -> bytes:
    """What tells a part that comes again from another one under the same number."""
    coding = bytes((part.data_coding & 0xFF, part.locking & 0xFF, part.single & 0xFF))
    return blake2b(coding + part.octets, digest_size=8).digest()


@dataclass(slots=True, eq=False)
class LongText:
    """One text. since: of its first part, or when it was taken in; digests: of the parts that came, by number.

    closed: it is in the inbox or on its way there, and nothing is added to it.
    """

    id: str
    key: PartKey
    since: datetime
    parts: dict[int, MobilePart] = field(default_factory=dict)
    digests: dict[int, bytes] = field(default_factory=dict)
    closed: bool = False

    @property
    def whole(self) -> bool:
        """Whether every part is there."""
        return len(self.parts) == self.key.total

    @property
    def in_order(self) -> Sequence[MobilePart]:
        """The parts that are there, by number."""
        return [self.parts[number] for number in sorted(self.parts)]


class LongTexts:
    """Those that wait for parts, and those that were taken in lately.

    timeout: from a text's first part to when it is late, and as long again as it is remembered.
    most_texts, most_octets: of those that wait, beyond which nothing is added; as many are remembered.
    """

    def __init__(
        self, timeout: timedelta = timedelta(minutes=10), most_texts: int = 10_000, most_octets: int = 8 * 1024 * 1024
    ) -> None:
        self._timeout = timeout
        self._most_texts = most_texts
        self._most_octets = most_octets
        self._by_key: dict[PartKey, LongText] = {}
        self._waiting: dict[str, LongText] = {}
        self._known: dict[str, LongText] = {}
        self.octets = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def remembers(self) -> bool:
        """Whether there is anything that time would change."""
        return bool(self._waiting or self._known)

    @property
    def full(self) -> bool:
        """Whether nothing more can be held."""
        return len(self._waiting) >= self._most_texts or self.octets >= self._most_octets

    def has_room_for(self, part: MobilePart) -> bool:
        """Whether a part that is new can be held; one that makes its text whole always can."""
        text = self._by_key.get(key_of(part)) if self.full else None
        return not self.full or (text is not None and not text.closed and len(text.parts) + 1 == part.total)

    def find(self, part: MobilePart) -> LongText | None:
        """The text that has this very part."""
        text = self._by_key.get(key_of(part))
        return text if text is not None and text.digests.get(part.number) == digest_of(part) else None

    def add(self, part: MobilePart, at: datetime) -> LongText:
        """Put a part that is new to its text; other words under the same number begin another text."""
        text = self._by_key.get(key_of(part))
        if text is None or text.closed or part.number in text.digests:
            text = self.begin(new_id(at), key_of(part), at)
        self.put(text, part)
        return text

    def begin(self, text_id: str, key: PartKey, at: datetime) -> LongText:
        """A text of which nothing is there yet; one with the same key waits on, and nothing is added to it."""
        text = self._waiting[text_id] = self._by_key[key] = LongText(text_id, key, at)
        return text

    def put(self, text: LongText, part: MobilePart) -> None:
        """Put a part to a text."""
        text.parts[part.number] = part
        text.digests[part.number] = digest_of(part)
        self.octets += len(part.octets)

    def take_back(self, text: LongText, number: int) -> None:
        """The part did not become durable: it will come again."""
        self.octets -= len(text.parts.pop(number).octets)
        del text.digests[number]
        if not text.parts:
            del self._waiting[text.id]
            self._forget_key(text)

    def settle(self, text: LongText, at: datetime) -> None:
        """The text is in the inbox: only what its parts were is remembered."""
        del self._waiting[text.id]
        self.octets -= sum(len(part.octets) for part in text.parts.values())
        text.parts.clear()
        text.since = at
        self._remember(text)

    def recall(self, text: LongText) -> None:
        """Remember a text that was taken in before a restart; those that began later are recalled or begun later."""
        self._by_key[text.key] = text
        self._remember(text)

    def late(self, at: datetime) -> Sequence[LongText]:
        """Those that nothing more is waited for; of a crowd also the oldest, so that there is room."""
        crowd = len(self._waiting) // 16 + 1 if self.full else 0
        late: list[LongText] = []
        for text in self._waiting.values():  # in the order of their first parts
            if len(late) >= crowd and abs(at - text.since) < self._timeout:  # the clock may have been set back
                break
            late.append(text)
        return late

    def forget_old(self, at: datetime) -> datetime | None:
        """Forget what was taken in longer ago than the time-out; before which time that is, None if there was none."""
        before, found = at - self._timeout, False
        while self._known and (oldest := next(iter(self._known.values()))).since < before:
            self._forget(oldest)
            found = True
        return before if found else None

    def _remember(self, text: LongText) -> None:
        text.closed = True
        self._known[text.id] = text
        if len(self._known) > self._most_texts:
            self._forget(next(iter(self._known.values())))

    def _forget(self, text: LongText) -> None:
        del self._known[text.id]
        self._forget_key(text)

    def _forget_key(self, text: LongText) -> None:
        if self._by_key.get(text.key) is text:
            del self._by_key[text.key]
