"""How far long work is, on a terminal alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType

_CLEAR_LINE = "\r\x1b[K"
_BAR = 30
_EVERY_SECONDS = 0.5


class Progress:
    """A line on standard error while the body runs: what is being done, and a bar where it is known how much there is.

    Called with what is being done, and with what tells how far it is in percent (below 0: not known) or None. A thread
    of its own looks, as the work itself is one call.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._gauge: Callable[[], float] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True) if sys.stderr.isatty() else None

    def __call__(self, stage: str, gauge: Callable[[], float] | None) -> None:
        self._stage, self._gauge = stage, gauge

    def __enter__(self) -> Progress:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)

    def _run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            print(f"{_CLEAR_LINE}{line(self._stage, self._gauge)}", end="", file=sys.stderr, flush=True)


def line(stage: str, gauge: Callable[[], float] | None) -> str:
    """``[####      ] adding recharges up``; without the bar where nobody knows."""
    done = gauge() if gauge is not None else -1.0
    bar = f"[{'#' * min(_BAR, int(done * _BAR / 100)):<{_BAR}}] " if done >= 0 else ""
    return f"{bar}{stage} …"
