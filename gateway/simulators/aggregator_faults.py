"""What can be made to go wrong at the simulated aggregator (``PUT /faults``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.simulators.fault_values import Reader, read_faults, seconds, switch, text, whole

_ENDINGS = ("", "close", "reset", "silence")
_MOST = 1_000_000


@dataclass(slots=True)
class AggregatorFaults:
    """One set of faults.

    count: how many next requests they befall; 0 = every one. code: the aggregator's own, of a refusal in its own form.
    status, body, content_type, retry_after: the answer instead of its own. taken: whether the text is taken all the
    same. delay: seconds before the answer. ending: ``close`` or ``reset`` the connection, or ``silence``, instead of an
    answer. receipts: whether what became of a text is told; state: in the aggregator's word, empty = delivered.
    """

    count: int = 0
    code: int = 0
    status: int = 0
    body: str = ""
    content_type: str = "text/html"
    retry_after: str = ""
    taken: bool = False
    delay: float = 0.0
    ending: str = ""
    receipts: bool = True
    state: str = ""

    @property
    def answers(self) -> bool:
        """Whether the answer is another than the aggregator's own yes."""
        return bool(self.code or self.status or self.ending)


def parse_faults(document: Mapping[str, Any]) -> AggregatorFaults:
    """Faults from the body of ``PUT /faults``; ``{}`` is none. Raises BadFault naming the key."""
    return AggregatorFaults(**read_faults(document, _READ, noun="fault"))


def _count(value: Any) -> int:
    return whole(value, _MOST)


def _status(value: Any) -> int:
    try:
        return whole(value, 0) if value == 0 else whole(value, 599, 200)
    except ValueError:
        raise ValueError("from 200 to 599, or 0 for its own") from None


def _ending(value: Any) -> str:
    if value not in _ENDINGS:
        raise ValueError("close, reset, silence or empty")
    return str(value)


_READ: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(("count", "code"), _count),
    **dict.fromkeys(("body", "content_type", "retry_after", "state"), text),
    **dict.fromkeys(("taken", "receipts"), switch),
    "delay": lambda value: seconds(value, _MOST),
    "ending": _ending,
    "status": _status,
}
