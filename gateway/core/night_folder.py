"""The folder of one nightly batch: which files it holds, how they come to be whole or not at all, who works on it.

``run.json`` says what is done: as of when, in how many shards, with which models. ``people-0003``, ``bundles-0003``,
``gone-0003`` are what a shard is worked out from, copied from the store once: a batch that goes on later goes on from
the same. ``scores-0003.parquet`` is the shard, and ``scores-0003.json`` what was counted on the way.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from gateway.errors import BatchFailed, BatchRefused

SOURCES = ("people", "bundles", "gone")
_RUN, _SUMMARY, _COPIED = "run.json", "summary.json", "copied.json"


class NightFolder:
    """One folder. shards: in how many parts the batch is done."""

    def __init__(self, path: Path, shards: int) -> None:
        self.path = path
        self.shards = shards

    def source(self, name: str, shard: int) -> Path:
        """What a shard is worked out from. name: of ``SOURCES``."""
        return self.path / f"{name}-{shard:04d}"

    def scores(self, shard: int) -> Path:
        """The shard."""
        return self.path / f"scores-{shard:04d}.parquet"

    def counted(self, shard: int) -> Path:
        """What was counted on the way."""
        return self.path / f"scores-{shard:04d}.json"

    @property
    def run(self) -> Path:
        """What is done."""
        return self.path / _RUN

    @property
    def copied(self) -> Path:
        """That everything was copied, and what of it was no state."""
        return self.path / _COPIED

    @property
    def summary(self) -> Path:
        """What came of the whole."""
        return self.path / _SUMMARY

    def missing(self) -> list[int]:
        """Shards that are not whole."""
        return [shard for shard in range(self.shards) if not self.scores(shard).exists()]

    def agree(self, document: dict[str, Any], but: Sequence[str] = ()) -> dict[str, Any]:
        """What is done here: this, or what was begun, if that is the same, ``but`` for these.

        Raises BatchRefused, BatchFailed.
        """
        self._made()
        if not self.run.exists():
            whole(self.run, lambda part: part.write_text(json.dumps(document, indent=1), encoding="utf-8"))
        begun: dict[str, Any] = read(self.run)
        differs = [name for name in document if name not in but and document[name] != begun.get(name)]
        if differs:
            told = "; ".join(f"{name} was {begun.get(name)}, now {document[name]}" for name in differs)
            raise BatchRefused(f"{self.path}: was begun otherwise ({told}); name another --out, or remove it")
        return begun

    @contextmanager
    def held(self, shard: int | None) -> Iterator[None]:
        """Work on one shard, or None for all, alone. Raises BatchRefused while somebody else does, BatchFailed."""
        self._made()
        with _lock(self.path / "lock", shared=shard is not None):
            if shard is None:
                yield
            else:
                with _lock(self.path / f"lock-{shard:04d}", shared=False):
                    yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do what is about all shards: wait until nobody else does."""
        with (self.path / "lock-all").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _made(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BatchFailed(f"{self.path}: cannot be written: {error.strerror}") from None


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file that is there once it is whole and durable. Raises BatchFailed when it cannot be."""
    part = path.with_name(f"{path.name}.part")
    with on_disk(part):
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)


@contextmanager
def on_disk(*parts: Path) -> Iterator[None]:
    """Leave nothing half of these files, whatever goes wrong; name what the disk says. Raises BatchFailed."""
    try:
        yield
    except BaseException as error:
        for part in parts:
            part.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        reason = "there is no space left" if error.errno == errno.ENOSPC else error.strerror or str(error)
        folder = parts[0].parent
        raise BatchFailed(f"{folder}: cannot be written: {reason}; what is whole is kept, start it again") from None


def days(folder: Path) -> list[Path]:
    """Folders of days in a folder of nights, oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(one for one in found if one.is_dir() and day_of(one) is not None)


def day_of(night: Path) -> date | None:
    """The day of a folder of a night; None for what is no such folder."""
    try:
        return date.fromisoformat(night.name)
    except ValueError:
        return None


def newest(folder: Path) -> Path | None:
    """The summary of the newest night that is whole; None for none."""
    return next((one / _SUMMARY for one in reversed(days(folder)) if (one / _SUMMARY).exists()), None)


def read(path: Path) -> Any:
    """A document of the folder. Raises BatchRefused."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BatchRefused(f"{path}: cannot be read: {error}; remove the folder to begin anew") from None


@contextmanager
def _lock(path: Path, *, shared: bool) -> Iterator[None]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BatchRefused(
                f"{path.parent}: another batch is at work here; wait for it, or name another --out"
            ) from None
        yield
