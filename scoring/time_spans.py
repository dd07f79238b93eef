"""How long a file of times may reach."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scoring.errors import FileMalformed

LONGEST_SECONDS = 3 * 366 * 86_400.0


def check_span(path: Path, column: str, first: float, last: float) -> None:
    """Refuse what one time that is wrong by decades would make of everybody's hours or days: a table of decades.

    first, last: of the file, epoch seconds UTC. Raises FileMalformed.
    """
    if last - first > LONGEST_SECONDS:
        begins, ends = (datetime.fromtimestamp(one, UTC).date() for one in (first, last))
        raise FileMalformed(
            f"{path}: column {column}: from {begins} to {ends}, more than three years; is a time wrong?"
        )
