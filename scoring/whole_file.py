"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoring.errors import FileUnwritable


def check_writable(path: Path) -> None:
    """What can be seen before the work that would be lost. Raises FileUnwritable.

    Only a file may be replaced: a device or pipe in whose place a file is put is gone for everybody.
    """
    if path.is_dir():
        raise FileUnwritable(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise FileUnwritable(f"{path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise FileUnwritable(f"{path}: is no file that could be replaced; name a file")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what the file shall be: it takes the file's place when the body ends, and goes when it fails.

    Raises FileUnwritable, also for an OSError of the body.
    """
    check_writable(path)
    real = path.resolve()  # a link stays one
    part = real.with_name(f"{real.name}.part")
    try:
        yield part
        part.replace(real)
    except OSError as error:
        raise FileUnwritable(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:  # where nothing can be written, nothing was, and why is told already
        return
