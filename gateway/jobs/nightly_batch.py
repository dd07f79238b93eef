"""Every night: everybody scored by a process of its own, and what came of it told to the metrics."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from gateway.config.scoring_sections import BatchConfig
from gateway.core.context import Context
from gateway.core.night_folder import day_of, days, newest, read
from gateway.errors import BatchFailed

_LOG = logging.getLogger(__name__)
_LOOK = 60.0
_AGAIN = timedelta(hours=1)
_SUMMARY = "summary.json"


class NightlyBatch:
    """What runs of its own: it begins once the hour is over and today's is not whole.

    So a batch that was broken off, by a stop or a failure, is gone on with; after a failure an hour later.
    folder: where a folder for each day goes. run: does one, in another process; raises BatchFailed.
    """

    def __init__(
        self, context: Context, config: BatchConfig, folder: Path, run: Callable[[Path], Awaitable[None]]
    ) -> None:
        self._context = context
        self._config = config
        self._folder = folder
        self._run = run
        self._failed_at: datetime | None = None
        self._told: Path | None = None

    @property
    def jobs(self) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
        """For ``Jobs``."""
        return ((_LOOK, "nightly-batch", self.look),) if self._config.at else ()

    async def look(self) -> None:
        """Score everybody, if it is time and was not done; tell of the newest that is whole."""
        now = self._context.clock()
        local = now.astimezone(self._context.zone)
        today = self._folder / f"{local:%F}"
        due = local.time() >= time.fromisoformat(self._config.at) and not (today / _SUMMARY).exists()
        held = self._failed_at is not None and abs(now - self._failed_at) < _AGAIN
        if due and not held:
            await self._score(today, now)
        self._forget(local.date())
        self._tell()

    async def _score(self, today: Path, now: datetime) -> None:
        try:
            await self._run(today)
        except BatchFailed as error:
            self._failed_at = now
            self._context.metrics.failures.labels("nightly-batch").inc()
            _LOG.error("the nightly batch was broken off, and goes on in an hour", extra={"why": str(error)})
        else:
            _LOG.info("everybody was scored", extra={"folder": today.name})

    def _forget(self, today: date) -> None:
        for one in days(self._folder):
            day = day_of(one)
            if day is not None and (today - day).days > self._config.keep_days:
                shutil.rmtree(one, ignore_errors=True)

    def _tell(self) -> None:
        summary = newest(self._folder)
        if summary is None or summary == self._told:
            return
        self._told = summary
        found: dict[str, Any] = read(summary)
        metrics = self._context.metrics
        metrics.batch_time.set(found["at"])
        for what in ("people", "damaged", "with_bundle"):
            metrics.batch_people.labels(what).set(found[what])
        metrics.model_drift.clear()
        for kind, moved in found["drift"].items():
            if moved is None:
                _LOG.warning("drift is unknown: the model keeps no histograms of its training", extra={"kind": kind})
                continue
            for name, psi in moved.items():
                metrics.model_drift.labels(kind, found["models"][kind], name).set(psi)
