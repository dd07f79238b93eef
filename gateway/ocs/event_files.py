"""Events in CSV, one a line: the fields of our CloudEvents, flat; pure. Empty cells are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ocs.cloudevents import Event, NotAnEvent, event

_BUNDLE = (
    *("product", "unit", "initial", "remaining", "activated_at", "expires_at", "renews", "shared", "as_of"),
    *("zone", "window", "service", "bonus", "throttled_after", "priority"),
)
_DATA = (
    *("threshold", "by_pace", "roaming", "imsi", "direction", "signal", "donor", "probability"),
    *("language", "time_zone", "segment", "circle", "handset"),
)
COLUMNS: Mapping[str, str] = {
    **{name: f"/{name}" for name in ("type", "time", "subject", "source", "id")},
    "bundle_id": "/data/bundle/id",
    "bundle_roaming": "/data/bundle/roaming",
    **{name: f"/data/bundle/{name}" for name in _BUNDLE},
    **{name: f"/data/{name}" for name in _DATA},
    "balance_amount": "/data/balance/amount",
    "balance_currency": "/data/balance/currency",
    "start": "/data/sessions/0/start",
    "bytes": "/data/sessions/0/bytes",
}
"""Where each column's field stands in the event."""
_NEEDED = ("type", "time", "subject")
_BY_POINTER = {pointer: column for column, pointer in COLUMNS.items()}
_OF_GROUP = {"/data/bundle": "bundle_id", "/data/balance": "balance_amount", "/data/sessions": "start"}
_WHOLE = frozenset({"initial", "remaining", "priority", "balance_amount", "bytes"})
_SHARES = frozenset({"threshold", "probability"})
_FLAGS = frozenset({"renews", "shared", "bonus", "throttled_after", "bundle_roaming", "roaming", "by_pace"})
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_FRACTION = re.compile(r"[0-9]{0,3}(\.[0-9]{1,17})?")


class BadLine(Exception):
    """A line that is no event. problems: a sentence by column; an empty name is the line's own."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{column}: {what}" for column, what in problems.items()))
        self.problems = dict(problems)


def check_header(columns: Sequence[str]) -> None:
    """Raises BadLine: a column that is not known would be lost without a word."""
    problems = {name: "is no column; see docs/reference/triggers.md" for name in columns if name not in COLUMNS}
    problems.update({name: "is a column that must be there" for name in _NEEDED if name not in columns})
    problems.update({name: "is there twice" for name in columns if columns.count(name) > 1})
    if problems:
        raise BadLine(problems)


def read(cells: Mapping[str, str], source: str, line: int) -> Event:
    """The event of one line. source: of the file, for lines that name neither source nor id. Raises BadLine."""
    told = {name: text.strip() for name, text in cells.items() if text.strip()}
    root: dict[str, Any] = {"specversion": "1.0", "source": source, "id": f"line-{line}"}
    if "id" in told:
        root["source"] = "file"  # as the operator names events, whichever file they stand in
    for name, text in told.items():
        _put(root, COLUMNS[name].split("/")[1:], _value(name, text))
    if "sessions" in (data := root.get("data", {})):
        data["sessions"] = [data["sessions"]["0"]]
    try:
        return event(root)
    except NotAnEvent as error:
        raise BadLine({_column(pointer): what for pointer, what in error.problems.items()}) from None


def _value(name: str, text: str) -> object:
    """What a cell holds; what it should not hold is left as it is, and found wrong by the event."""
    if name == "subject":
        return text if text.startswith("+") else f"+{text}"  # spreadsheets eat the sign
    if name in _WHOLE and _DIGITS.fullmatch(text):
        return int(text)
    if name in _SHARES and _FRACTION.fullmatch(text):
        return float(text)
    if name in _FLAGS and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _put(root: dict[str, Any], steps: Sequence[str], value: object) -> None:
    node = root
    for step in steps[:-1]:
        node = node.setdefault(step, {})
    node[steps[-1]] = value


def _column(pointer: str) -> str:
    return _BY_POINTER.get(pointer) or _OF_GROUP.get(pointer, "")
