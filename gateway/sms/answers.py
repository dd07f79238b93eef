"""What an HTTP answer means where the aggregator's own words say nothing else.

A 4xx was not taken. Of a 2xx that cannot be read, and of a 5xx, nobody knows: such a text is never sent again blindly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.core.ports import Refusal, SubmitRefused, SubmitUnknown
from gateway.sms.wire import Answer, Verdict

SHUT_SECONDS = 60.0
"""For how long an account is left alone that is not let in."""
THROTTLED_SECONDS = 1.0
_LONGEST_PAUSE = 300.0
_SHUT = frozenset({401, 402, 403, 404, 405, 407, 410, *range(300, 400)})
"""Wrong credentials, no credit, wrong URL: the next text would fare no better."""


def refused(account: str, answer: Answer, reason: str, refusal: Refusal, *, pause: float = 0.0) -> Verdict:
    """A no. pause: at least for what the answer asks, where it is about speed."""
    if refusal == "throttled":
        pause = max(pause, THROTTLED_SECONDS if answer.retry_after is None else answer.retry_after)
    return Verdict(SubmitRefused(account, answer.status, reason, refusal), min(pause, _LONGEST_PAUSE))


def undocumented(account: str, answer: Answer, foretold: tuple[str, ...] = ()) -> Verdict:
    """The meaning of the status alone. foretold: names under which receipts may still come."""
    status, reason = answer.status, f"HTTP {answer.status}"
    if status == 429:
        return refused(account, answer, reason, "throttled")
    if status in _SHUT:
        return refused(account, answer, reason, "elsewhere", pause=SHUT_SECONDS)
    if 400 <= status < 500:
        return refused(account, answer, reason, "temporary" if status in (408, 425) else "elsewhere")
    detail = "an answer that cannot be read" if 200 <= status < 300 else reason
    return Verdict(SubmitUnknown(account, detail, False, foretold, len(foretold)))


def json_object(body: bytes | None) -> Mapping[str, object] | None:
    """The object that a body is, or None."""
    try:
        found = json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def whole_number(value: object) -> int | None:
    """A number as vendors write it, as one or as a text; or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10 else None


def name_of(value: object) -> str:
    """The id that an aggregator gave to a text, or nothing."""
    if isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable() and value != "None":
        return value
    return ""


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a server asks to wait (RFC 9110 §10.2.3), at most five minutes; None where it does not say."""
    if not header:
        return None
    if header.isascii() and header.isdecimal():
        return min(_LONGEST_PAUSE, float(header[:6]))
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(_LONGEST_PAUSE, max(0.0, (until - now).total_seconds()))
