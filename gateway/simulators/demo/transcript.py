"""What the demonstration prints: the phone on the left, what happened behind it on the right."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from itertools import zip_longest
from time import monotonic
from typing import TextIO

WIDTH = 100
_CLOCK, _PHONE, _BEHIND, _GAP = 6, 42, 48, "  "
_NUMBER = re.compile(r"(?<![0-9A-Za-z.:-])\+?[1-9][0-9]{4,10}([0-9]{4})(?![0-9A-Za-z.:-])")
_PLAIN, _DIM, _BOLD, _GREEN, _RED = "", "\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[31m"
_RESET = "\x1b[0m"


def short(msisdn: str) -> str:
    """An MSISDN as it may be shown: its last four digits."""
    return f"…{msisdn[-4:]}"


def mask(text: str) -> str:
    """``text`` with every MSISDN in it cut to its last four digits."""
    return _NUMBER.sub(r"…\1", text)


def hang(text: str, width: int, mark: str = "") -> list[str]:
    """``text`` in lines of at most ``width``, the first behind ``mark``, the others under the first's text."""
    lead = f"{mark} " if mark else ""
    lines = textwrap.wrap(
        mask(text), width, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False
    )
    return lines or [mark]


def rows(milliseconds: int, phone: Sequence[str] = (), behind: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """Clock, phone and behind of each line, padded to their columns; the clock stands in the first line only."""
    clocks = [f"{milliseconds:>{_CLOCK}}"]
    return [
        (f"{clock:{_CLOCK}}", f"{left:{_PHONE}}", right)
        for clock, left, right in zip_longest(clocks, phone, behind, fillvalue="")
    ]


class Transcript:
    """Prints line by line. colour: escape codes, for a terminal only. clock: seconds, from anywhere."""

    def __init__(self, out: TextIO, *, colour: bool = False, clock: Callable[[], float] = monotonic) -> None:
        self._out = out
        self._colour = colour
        self._clock = clock
        self._began = clock()

    def scene(self, title: str) -> None:
        """Head a scene; its milliseconds count from here."""
        self._began = self._clock()
        self._line("")
        self._line(self._in(_BOLD, f"── {title} ".ljust(WIDTH, "─")))
        heads = (f"{'ms':>{_CLOCK}}", f"{'phone':{_PHONE}}", "behind")
        self._line(self._in(_DIM, _GAP.join(heads)))

    def texted(self, text: str) -> None:
        """The subscriber sends a text."""
        self._rows(phone=hang(text, _PHONE, "→"))

    def received(self, text: str) -> None:
        """The phone gets a text."""
        self._rows(phone=hang(text, _PHONE, "←"))

    def shown(self, screen: str) -> None:
        """The phone shows a USSD screen."""
        lines = screen.split("\n")
        marked = hang(lines[0], _PHONE, "▌")
        self._rows(phone=[*marked, *(row for line in lines[1:] for row in hang(line, _PHONE, "▌"))])

    def behind(self, text: str) -> None:
        """Something happens that the subscriber does not see."""
        self._rows(behind=hang(text, _BEHIND))

    def checked(self, text: str) -> None:
        """Something that had to be so is so."""
        self._rows(behind=hang(text, _BEHIND, "✓"), style=_GREEN)

    def failed(self, text: str) -> None:
        """Something that had to be so is not."""
        for line in hang(f"FAILED: {text}", WIDTH, "✗"):
            self._line(self._in(_RED, line))

    def say(self, text: str) -> None:
        """A line across both columns."""
        for line in hang(text, WIDTH):
            self._line(line)

    def quote(self, text: str) -> None:
        """A line from elsewhere, whole, however long."""
        self._line(self._in(_DIM, f"  {mask(text)}"))

    def _rows(self, phone: Sequence[str] = (), behind: Sequence[str] = (), style: str = _PLAIN) -> None:
        passed = int((self._clock() - self._began) * 1000)
        for clock, left, right in rows(passed, phone, behind):
            self._line(_GAP.join((self._in(_DIM, clock), left, self._in(style, right))).rstrip())

    def _in(self, style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if self._colour and style and text.strip() else text

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()
