"""Files that nobody but their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gateway.errors import GatewayError


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
