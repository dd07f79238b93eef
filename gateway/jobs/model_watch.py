"""Looking for changed model files: a new model is in service within seconds, without a restart.

All of them are replaced together or none is: what does not fit is told once, and what was in service stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from gateway.core.context import Context
from gateway.core.models import Models
from gateway.errors import ConfigError

_LOG = logging.getLogger(__name__)
_PAUSE = 5.0
_Marks = Sequence[tuple[int, int, int] | None]


class ModelWatch:
    """Looks every few seconds. files: the configured ones.

    load: reads all of them, in a thread; serve: puts them in service. Both raise ConfigError for what does not fit.
    """

    def __init__(
        self,
        context: Context,
        files: Sequence[Path],
        load: Callable[[], Models],
        serve: Callable[[Models], Awaitable[None]],
        pause: float | None = None,
    ) -> None:
        self._context = context
        self._files = files
        self._load = load
        self._serve = serve
        self._pause = _PAUSE if pause is None else pause
        self._known: _Marks = self._marks()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Tell what is in service, and begin to look where there is something to look at."""
        self._tell(self._context.models)
        if self._files:
            self._task = asyncio.create_task(self._run(), name="model-watch")

    async def stop(self) -> None:
        """Give up looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> bool:
        """Put changed files into service; whether that was done."""
        marks = self._marks()
        if marks == self._known:
            return False
        self._known = marks
        try:
            models = await asyncio.to_thread(self._load)
            await self._serve(models)
        except ConfigError as error:
            self._context.metrics.models_refused.inc()
            _LOG.error("changed models do not fit; those in service stay", extra={"why": str(error)})
            return False
        self._tell(models)
        _LOG.info("changed models are in service", extra={"models": [f"{kind} {role}" for kind, role, _ in models]})
        return True

    def _marks(self) -> _Marks:
        return [_mark(file) for file in self._files]

    def _tell(self, models: Models) -> None:
        info = self._context.metrics.model_info
        info.clear()
        for kind, role, served in models:
            info.labels(kind, served.artefact.version, role).set(1)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.look()
            except Exception:
                self._context.metrics.failures.labels("models").inc()
                _LOG.exception("looking for changed models failed, and is done again")


def _mark(file: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None while there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
