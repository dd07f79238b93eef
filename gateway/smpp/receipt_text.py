"""The text of a delivery receipt: SMPP 3.4 Appendix B, and what SMSCs make of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from gateway.smpp.text import decode

_CLASSIC: Final = re.compile(
    rb"id:([^\s\"']+) sub:\S* dlvrd:\S* submit date:\d* done date:(\d+) stat:([A-Z]+) err:(\w+)(?: [Tt]ext:|$)"
)
"""Appendix B to the letter; anything else is looked through field by field."""
_QUOTED: Final = re.compile(rb"(?:^|(?<=[\s;,|&]))text\s*[:=]", re.IGNORECASE)
_LABEL: Final = re.compile(r"(?:^|(?<=[\s;,|&]))([a-z_]+(?:\s+date)?)\s*[:=]", re.IGNORECASE)
_NAMES: Final = {"status": "stat", "error": "err", "msgid": "id", "messageid": "id"}
_AROUND: Final = " \t\r\n\0;,|&\"'"
_PRINTABLE: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_NO_DIGIT: Final = re.compile(r"[^0-9]")


def read_fields(octets: bytes, data_coding: int) -> Mapping[str, str]:
    """``id``, ``donedate``, ``stat``, ``err`` and whatever else it names; of two alike the first.

    What stands after ``text:`` is a piece of the message, in which anything may be written.
    """
    classic = _CLASSIC.match(octets)
    if classic:
        message_id, done, stat, err = (group.decode("latin-1") for group in classic.groups())
        return {"id": message_id, "donedate": done, "stat": stat, "err": err}
    text = _read(octets, data_coding)
    labels = list(_LABEL.finditer(text))
    ends = [label.start() for label in labels[1:]] + [len(text)]
    found: dict[str, str] = {}
    for label, end in zip(labels, ends, strict=False):  # no labels, one end
        name = re.sub(r"[\s_]", "", label[1].lower())
        if name == "text":
            break
        found.setdefault(_NAMES.get(name, name), text[label.end() : end].strip(_AROUND))
    return found


def _read(octets: bytes, data_coding: int) -> str:
    """SMSCs write ASCII whatever data_coding says: often that of the message that it is about."""
    quoted = _QUOTED.search(octets)
    head = octets[: quoted.start()] if quoted else octets
    if not head.translate(None, _PRINTABLE):
        return head.decode("ascii")
    if head.startswith(b"\0"):
        return octets.decode("utf-16-be", "replace")
    return decode(head, data_coding)


@lru_cache(maxsize=256)
def parse_date(text: str) -> datetime | None:
    """``YYMMDDhhmm``, with or without seconds, century or signs between, taken as UTC: the format has no time zone."""
    digits = _NO_DIGIT.sub("", text)
    layouts = {10: (digits,), 12: (digits, digits[2:]), 14: (digits[2:],), 15: (digits[:12],)}.get(len(digits), ())
    return next((found for layout in layouts if (found := _date(layout))), None)


def _date(digits: str) -> datetime | None:
    year, month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, int(digits[10:] or 0), tzinfo=UTC)
    except ValueError:
        return None
