"""From the files that ``[scoring]`` names to models that can be asked: a loader for each kind, all of them here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from gateway.app.forecasting import learning, serve_depletion
from gateway.app.ranking import ranking_jobs, serve_acceptance
from gateway.config.scoring_sections import KINDS
from gateway.config.tree import Config
from gateway.core.context import Context
from gateway.core.models import Models, Role, Served
from gateway.core.shadow import Sampling, Shadow
from gateway.core.shadow_kinds import ASKS
from gateway.errors import ConfigError
from gateway.jobs.model_figures import ModelFigures
from gateway.jobs.model_watch import ModelWatch
from gateway.jobs.nightly_batch import NightlyBatch
from scoring import acceptance_model, depletion_model
from scoring.errors import ModelRefused

_LOG = logging.getLogger(__name__)
_NOT_USED = "a model is not used: it did not beat its best baseline; scoring.unproven = true uses it all the same"
Loader = Callable[[Path], Served]
"""Raises ModelRefused for a file that is no model of the kind, is damaged, or was made for other features."""


def load_depletion(path: Path) -> Served:
    """Raises ModelRefused."""
    kept, model = depletion_model.load(path)
    return Served(kept, model, night=model.for_many(), rows=model.features, proven=model.beats)


def load_acceptance(path: Path) -> Served:
    """What it begins with; what is learned since is in the store. Raises ModelRefused."""
    kept, beliefs, exploration = acceptance_model.load(path)
    return Served(kept, acceptance_model.Begins(beliefs, exploration))


LOADERS: Mapping[str, Loader] = {"depletion": load_depletion, "acceptance": load_acceptance}
"""By kind, that is the key in ``[scoring]``."""


def files_of(config: Config) -> dict[tuple[str, Role], Path]:
    """The files that the configuration names, by kind and role."""
    scoring, found = config.scoring, dict[tuple[str, Role], Path]()
    for kind in KINDS:
        if path := getattr(scoring, kind):
            found[kind, "champion"] = config.folder / path
        if path := getattr(scoring.challengers, kind):
            found[kind, "challenger"] = config.folder / path
    return found


def models_of(config: Config, loaders: Mapping[str, Loader] | None = None) -> Models:
    """The configured models. Raises ConfigError that names the key, when one of them does not fit.

    loaders: others than ``LOADERS``.
    """
    champions, challengers = dict[str, Served](), dict[str, Served]()
    for (kind, role), path in files_of(config).items():
        of_role = champions if role == "champion" else challengers
        served = _loaded(kind, role, path, LOADERS if loaders is None else loaders)
        if role == "champion" and not (served.proven or config.scoring.unproven):
            _LOG.warning(_NOT_USED, extra={"kind": kind, "version": served.artefact.version})
            continue
        of_role[kind] = served
    return Models(champions, challengers)


async def serve_models(config: Config, context: Context, stack: AsyncExitStack) -> None:
    """Put models in service, and changed files from now on, and note what models say; ends with ``stack``.

    Raises ConfigError.
    """

    async def serve(models: Models) -> None:
        context.models = models
        await serve_depletion(context)
        await serve_acceptance(config, context)

    watch = ModelWatch(context, list(files_of(config).values()), partial(models_of, config), serve)
    await serve(context.models)
    watch.start()
    stack.push_async_callback(watch.stop)
    sampling = Sampling(config.scoring.shadow, config.scoring.shadow_per_second)
    context.shadow = Shadow(lambda: context.models, context.writer, context.metrics, ASKS, sampling)
    context.shadow.start()
    stack.push_async_callback(context.shadow.stop)


def model_jobs(
    config: Config, context: Context, batch: Callable[[Config, Path], Awaitable[None]]
) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """What the clock starts about models: how often, under which name, what. batch: scores everybody into a folder."""
    folder = config.folder / config.scoring.batch.folder
    nightly = NightlyBatch(context, config.scoring.batch, folder, partial(batch, config))
    return (*ModelFigures(context).jobs, *nightly.jobs, *learning(context), *ranking_jobs(config, context))


def _loaded(kind: str, role: Role, path: Path, loaders: Mapping[str, Loader]) -> Served:
    key = f"scoring.{kind}" if role == "champion" else f"scoring.challengers.{kind}"
    if kind not in loaders:
        raise ConfigError(f"{key}: this version of Chasqui serves no models of kind {kind!r}; leave it empty")
    try:
        return loaders[kind](path)
    except ModelRefused as error:
        raise ConfigError(f"{key}: {error}") from None
