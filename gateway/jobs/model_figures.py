"""What came of what models said: found out every few minutes, told to the metrics every hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from gateway.config.scoring_sections import KINDS
from gateway.core.context import Context
from gateway.core.model_figures import coverage_of, reliability_of
from gateway.core.model_outcomes import settle
from store import model_scores
from store.unit import Unit

_SETTLE, _TELL, _FORGET = 300.0, 3600.0, 86_400.0
_LOOKED_AT, _MOST = timedelta(days=30), 20_000
_KEPT = timedelta(days=90)


class ModelFigures:
    """The jobs about what is noted of models."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def jobs(self) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
        """For ``Jobs``."""
        return (
            (_SETTLE, "model-outcomes", self.settle),
            (_TELL, "model-figures", self.tell),
            (_FORGET, "forget-model-scores", self.forget),
        )

    async def settle(self) -> None:
        """Find out what came of what is over."""
        await settle(self._context.reader, self._context.writer, self._context.clock())

    async def tell(self) -> None:
        """Calibration and coverage of the models that decide, as far as they have been seen to."""
        metrics = self._context.metrics
        for gauge in (metrics.model_calibration, metrics.model_reliability, metrics.model_coverage):
            gauge.clear()
        for kind in KINDS:
            await self._tell_of(kind)

    async def _tell_of(self, kind: str) -> None:
        metrics, version = self._context.metrics, self._context.models.version(kind)
        since = self._context.clock() - _LOOKED_AT
        found = await model_scores.known(self._context.reader, kind, since, _MOST)
        scores = [one for one in found if one.champion == version]
        if not scores:
            return
        of_tenths = reliability_of(kind, scores)
        metrics.model_calibration.labels(kind, version).set(of_tenths.error)
        each = zip(of_tenths.count, of_tenths.said, of_tenths.came, strict=True)
        for tenth, (count, said, came) in enumerate(each):
            if count:
                for what, figure in (("count", count), ("said", said), ("came", came)):
                    metrics.model_reliability.labels(kind, version, tenth, what).set(float(figure))
        if kind == "depletion":
            metrics.model_coverage.labels(kind, version).set(coverage_of(scores))

    async def forget(self) -> None:
        """What is older says little of people as they are now."""
        before = self._context.clock() - _KEPT
        await self._context.writer.commit(Unit(ops=(model_scores.forget(before),)))
