"""Logs as JSON lines, in which nobody's number stands, nor what a library would quote of a peer."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from aiohttp.http import HttpProcessingError

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}
_ID = (
    r"0x[0-9A-Fa-f]+|(?<![0-9A-Za-z])(?:"
    r"(?:ord|off|con)-[0-9A-Za-z]+"
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # UUID
    r"|[0-9a-f]{32,}"  # digests
    r")(?![0-9A-Za-z])"
)
_MSISDN = (
    r"(?:(?<=%[0-9A-Fa-f]{2})|(?<![0-9.%])(?<!%[0-9A-Fa-f])(?<![0-9]:))\+?[1-9][0-9]{8,14}(?![0-9A-Za-z-])(?![.:][0-9])"
)
_ID_OR_NUMBER = re.compile(f"(?P<id>{_ID})|{_MSISDN}")
_WINDOW = 10.0
"""Seconds in which a library may say so many lines; see `AtMost`."""


def mask(text: str) -> str:
    """``text`` with everything that looks like an MSISDN struck out: the last line of defence."""
    return _ID_OR_NUMBER.sub(_struck, text)


def _struck(found: re.Match[str]) -> str:
    return found["id"] or "[number]"


def _masked(value: object) -> object:
    return mask(value) if isinstance(value, str) else value


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        entry.update({key: _masked(value) for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(entry, default=str, ensure_ascii=False)


class AtMost(logging.Filter):
    """Lets so many lines through in ten seconds; the first after them says how many were left out.

    For what a peer can make a library say again and again.
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self._since, self._said, self._left_out = float("-inf"), 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not 0 <= record.created - self._since < _WINDOW:
            self._since, self._said = record.created, 0
        if self._said >= self._lines:
            self._left_out += 1
            return False
        self._said += 1
        if self._left_out:
            record.left_out, self._left_out = self._left_out, 0
        return True


class NoRawRequests(logging.Filter):
    """Of a request that is no HTTP only that it came: a bad line or header may hold anybody's number."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.msg, record.args = "a request that is no HTTP was refused", None
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def log_to_stderr(level: str) -> None:
    """Send the process's logs to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # it tells every value that is written, PINs among them
    _hold_back("asyncio", AtMost(20))
    _hold_back("gateway.smpp.session", AtMost(20))
    _hold_back("gateway.smpp.outbind", AtMost(20))
    _hold_back("aiohttp.server", NoRawRequests(), AtMost(20))


def _hold_back(name: str, *filters: logging.Filter) -> None:
    """These filters and no others, however often the log is set up."""
    logging.getLogger(name).filters[:] = filters
