"""What can be made to go wrong at the simulated aggregator (``PUT /faults``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

_ENDINGS = ("", "close", "reset", "silence")
_MOST = 1_000_000
_LONGEST_SHOWN = 60
"""Characters of a value that is none."""
_WANTED: Mapping[type, str] = {
    bool: "true or false",
    str: "a text in quotes",
    int: f"a whole number from 0 to {_MOST}",
    float: f"seconds from 0 to {_MOST}",
}


class BadFault(ValueError):
    """A fault that does not exist or cannot be set so; one line."""


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
    usual = AggregatorFaults()
    known = {one.name: type(getattr(usual, one.name)) for one in fields(usual)}
    for name, value in document.items():
        if name not in known:
            raise BadFault(f"unknown fault {name[:40]!r}; known are {', '.join(sorted(known))}")
        kind = known[name]
        wanted = (int, float) if kind is float else kind
        fits = isinstance(value, wanted) and (kind is bool or not isinstance(value, bool))
        if not fits or (not isinstance(value, str) and not 0 <= value <= _MOST):
            raise BadFault(f"{name} must be {_WANTED[kind]}, not {_shown(value)}")
    faults = AggregatorFaults(**document)
    if faults.ending not in _ENDINGS:
        raise BadFault(f"ending must be close, reset, silence or empty, not {_shown(faults.ending)}")
    if faults.status and not 200 <= faults.status <= 599:
        raise BadFault(f"status must be from 200 to 599, or 0 for its own, not {faults.status}")
    return faults


def _shown(value: object) -> str:
    return json.dumps(value)[:_LONGEST_SHOWN]
