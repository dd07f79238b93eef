"""What the SMSC simulator remembers: the texts on phones, what became of each submit, totals, and a journal.

The last ``keep`` of everything are kept, so that a run may be long; the totals count all.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gateway.errors import GatewayError
from gateway.simulators.smsc_chance import Ending
from gateway.smpp.incoming import read_user_data
from gateway.smpp.pdu import Message
from gateway.smpp.text import decode

_LONGEST_LINE: Final = 1024 * 1024
_BEGIN: Final = b'{"id": "'
_NO_JOURNAL: Final = "its last line is none that this simulator wrote; give another file"


class JournalUnusable(GatewayError):
    """The journal cannot be written, or does not end as this simulator would have ended it."""

    code = "journal"


@dataclass(slots=True)
class Counts:
    """Totals since the start. repeated: accepted though the same octets had been accepted for the same phone before;
    undelivered: receipts that wait for an ESME.
    """

    submits: int = 0
    accepted: int = 0
    repeated: int = 0
    throttled: int = 0
    refused: int = 0
    unanswered: int = 0
    drops: int = 0
    receipts: int = 0
    receipts_lost: int = 0
    receipts_given_up: int = 0
    duplicates: int = 0
    texts_in: int = 0
    queries: int = 0
    cancelled: int = 0
    undelivered: int = 0


@dataclass(slots=True)
class Known:
    """A submit that was accepted. due: when it reaches its end, as a time of the event loop."""

    source: str
    destination: str
    ending: Ending
    due: float
    done_at: datetime
    cancelled: bool = False

    def open(self, now: float) -> bool:
        """Whether it is still under way."""
        return not self.cancelled and now < self.due


class Journal:
    """One JSON line for each accepted submit, written before its answer; it survives the end of the process."""

    def __init__(self, path: Path) -> None:
        """Raises JournalUnusable."""
        try:
            self.last_id = _last_id(path)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise JournalUnusable(f"--journal {path}: cannot be written: {why}") from None
        except ValueError as error:
            raise JournalUnusable(f"--journal {path}: {error}") from None

    def write(self, entry: dict[str, Any]) -> None:
        """In one piece, to the operating system."""
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Write no more."""
        self._file.close()


class Book:
    """keep: how many of the last texts and submits are remembered; None = all."""

    def __init__(self, keep: int | None = None) -> None:
        self.counts = Counts()
        self.messages: list[dict[str, Any]] = []
        self.forgotten = 0
        self._keep = keep
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()

    @property
    def total(self) -> int:
        """How many texts there were."""
        return self.forgotten + len(self.messages)

    def since(self, after: int) -> list[dict[str, Any]]:
        """The texts after number ``after`` that are remembered."""
        return self.messages[max(0, after - self.forgotten) :]

    def list(self, message: dict[str, Any]) -> None:
        """A text reached its phone."""
        self.messages.append({"n": self.total + 1, **message, "at": datetime.now(UTC).isoformat()})
        if self._keep is not None and len(self.messages) >= 2 * self._keep:
            over = len(self.messages) - self._keep
            del self.messages[:over]
            self.forgotten += over

    def accept(self, message: Message, message_id: str, known: Known) -> None:
        """A submit was accepted."""
        self.counts.accepted += 1
        octets = hash((message.source, message.destination, message.user_data))
        self.counts.repeated += octets in self._seen
        self._seen[octets] = None
        self._known[message_id] = known
        for kept in (self._seen, self._known):
            if self._keep is not None and len(kept) > self._keep:
                kept.popitem(last=False)

    def find(self, message_id: str) -> Known | None:
        """The submit with this id, if it is remembered."""
        return self._known.get(message_id)

    def between(self, source: str, destination: str) -> Iterable[Known]:
        """All remembered submits from this number to this phone."""
        return [one for one in self._known.values() if (one.source, one.destination) == (source, destination)]

    def totals(self) -> dict[str, int]:
        """The counts as JSON."""
        return {**asdict(self.counts), "texts": self.total}


def entry(bind: str, message: Message, message_id: str) -> dict[str, Any]:
    """A line of the journal: what was accepted, the text or the part of it, and which part of how many.

    bind: the system_id that submitted it.
    """
    data = read_user_data(message)
    place = data.concatenation
    return {
        "id": message_id,
        "from": message.source,
        "to": message.destination,
        "text": decode(data.body, message.data_coding, data.tables),
        "part": place.number if place else 1,
        "parts": place.total if place else 1,
        "reference": place.reference if place else 0,
        "bind": bind,
        "at": datetime.now(UTC).isoformat(),
    }


def _last_id(path: Path) -> int:
    """The number of the last id in a journal that an earlier run wrote; a line that was cut off is taken out.

    A file that is none is left as it is. Raises OSError, ValueError.
    """
    if not path.exists() or not path.stat().st_size:
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _LONGEST_LINE))
        whole, _, cut_off = file.read().rpartition(b"\n")
        if not (whole or cut_off.startswith(_BEGIN[: len(cut_off)])):
            raise ValueError(_NO_JOURNAL)
        last_id = _id(whole.rpartition(b"\n")[2]) if whole else 0
        if cut_off:
            file.truncate(size - len(cut_off))
    return last_id


def _id(line: bytes) -> int:
    try:
        return int(json.loads(line)["id"], 16)
    except (ValueError, LookupError, TypeError):
        raise ValueError(_NO_JOURNAL) from None
