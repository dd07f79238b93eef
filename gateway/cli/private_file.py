"""Files that nobody but their owner can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gateway.errors import GatewayError
from scoring.whole_file import replacing


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, also where it was open to others before. Raises GatewayError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)
            file.write(content)
    except OSError as error:
        raise GatewayError(f"{path}: cannot be written: {error.strerror}") from None


@contextmanager
def private(path: Path) -> Iterator[TextIO]:
    """A file that its owner alone can read, written piece by piece, whole or not at all. Raises FileUnwritable."""
    with replacing(path) as part:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yield file
