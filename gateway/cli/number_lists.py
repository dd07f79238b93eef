"""Lists of numbers as people keep them: on the command line, or a file with one a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.core.control_desk import Wish, checked
from gateway.errors import BadControl
from store.controls import Kind

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015]+")
_SHOWN = 40


def wishes_of(kind: Kind, given: Sequence[str], file: Path | None) -> Iterable[Wish]:
    """A control for each number, which may have blanks and dashes inside. Empty lines and those after # are skipped.

    Raises BadControl, which shows the line.
    """
    for one in given:
        yield _wish(kind, one, "")
    if file is None:
        return
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadControl(f"{file}: cannot be read: {error}") from None
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            yield _wish(kind, line, f"{file}:{number}: ")


def _wish(kind: Kind, text: str, where: str) -> Wish:
    try:
        return checked(kind, _BETWEEN.sub("", text))
    except BadControl as error:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise BadControl(f"{where}{shown!r}: {error}; nothing was changed") from None
