"""``chasqui score train|evaluate depletion`` and ``chasqui score forecast``: when bundles will be used up."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gateway.cli.score_commands import ScoreCommands, seed
from scoring import artefact, depletion_artefact, depletion_model, depletion_training, usage_files
from scoring.bundle_moments import usage_at
from scoring.depletion_measures import Seen, measured
from scoring.depletion_model import DepletionModel
from scoring.errors import TooLittleToLearn
from scoring.usage_files import Triggers, UsageFiles
from scoring.values import Forecasts
from scoring.whole_file import check_writable, replacing

_AT_ONCE = 50_000
_EDGES = ("p10", "p50", "p90")
_COLUMNS = ("trigger_id", "p10_hours", "p50_hours", "p90_hours", "p_depletes_before_expiry")


def add_to(score: ScoreCommands) -> None:
    """Add the commands."""
    train = score.train.add_parser("depletion", help="when bundles are used up", description=_train.__doc__)
    _add_files(train)
    train.add_argument("--out", type=Path, required=True, metavar="MODEL")
    train.add_argument("--seed", type=seed, default=0, help="of everything that is drawn (default: %(default)s)")
    train.set_defaults(run=_train)
    forecast = score.root.add_parser("forecast", help="when bundles are used up", description=_forecast.__doc__)
    forecast.add_argument("--model", type=Path, required=True)
    _add_files(forecast)
    forecast.add_argument(
        "--triggers", type=Path, required=True, metavar="T", help="trigger_id, msisdn, bundle_id, at, remaining_bytes"
    )
    forecast.add_argument("--out", type=Path, required=True, metavar="F", help=f"CSV: {', '.join(_COLUMNS)}")
    forecast.set_defaults(run=_forecast)
    evaluate = score.evaluate.add_parser("depletion", help="when bundles are used up", description=_evaluate.__doc__)
    evaluate.add_argument("--model", type=Path, required=True)
    _add_files(evaluate)
    evaluate.add_argument(
        "--triggers", type=Path, metavar="T", help="measure at these moments (default: at 50, 25, 10 %%)"
    )
    evaluate.add_argument("--json", action="store_true", help="all figures as JSON")
    evaluate.set_defaults(run=_evaluate)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--usage", type=Path, required=True, metavar="U", help="CSV or Parquet: msisdn, start, bytes")
    parser.add_argument(
        "--bundles",
        type=Path,
        required=True,
        metavar="B",
        help="msisdn, bundle_id, activated_at, expires_at (empty: never), size_bytes, and if wanted segment",
    )


def _train(arguments: argparse.Namespace) -> int:
    """Learn when bundles are used up, and measure it on other people in later weeks, beside five baselines.

    Whether it beats them stands in the model's card and in its last line here.
    """
    check_writable(arguments.out)
    known = _read(arguments)
    digests = artefact.data_sha256((arguments.usage, arguments.bundles))
    made = depletion_training.trained(known.sessions, known.bundles, known.names, arguments.seed, _say)
    assert made.measured is not None
    parts = depletion_training.split(known.sessions, known.names)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    version = artefact.save(depletion_artefact.artefact_of(made, digests, at, arguments.seed, parts), arguments.out)
    print(f"{arguments.out}: version {version[:12]}, {made.rows} moments learnt from")
    print(depletion_artefact.verdict(made.measured))
    return 0


def _forecast(arguments: argparse.Namespace) -> int:
    """Forecast the end of bundles from what was known at each trigger's time; nothing later counts."""
    check_writable(arguments.out)
    _, model = depletion_model.load(arguments.model)
    known = _read(arguments)
    triggers = usage_files.read_triggers(arguments.triggers, known)
    if triggers.new:
        _say(f"{triggers.new} triggers of people whose use is not told of: forecast as for people alike")
    if triggers.early:
        _say(f"{triggers.early} triggers from before their bundle was activated: forecast as if it just had been")
    if triggers.full:
        _say(f"{triggers.full} triggers with more left than their bundle's size: forecast with that")
    _write(arguments.out, triggers, _forecasts(model, known, triggers))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    """Measure a model beside every baseline: pinball loss, coverage of the 80 % interval, MAE, and its warnings.

    On the files that it was trained on, on those people and weeks alone that training has not seen.
    """
    kept, model = depletion_model.load(arguments.model)
    spread = depletion_artefact.spread_of(kept)
    known = _read(arguments)
    seen, of = _seen(arguments, known, kept.provenance.data_sha256)
    if not len(seen.moments.at):
        raise TooLittleToLearn("no moment of a bundle running low has enough time after it to be judged by")
    found = measured(model, spread, seen)
    if arguments.json:
        print(json.dumps(depletion_artefact.document(found, of), indent=2))
        return 0
    print(f"{found.moments} moments of {found.people} people: {of}\n\n{depletion_artefact.table(found)}")
    return 0


def _seen(arguments: argparse.Namespace, known: UsageFiles, trained_on: tuple[str, ...]) -> tuple[Seen, str]:
    parts = depletion_training.split(known.sessions, known.names)
    if arguments.triggers is not None:
        triggers = usage_files.read_triggers(arguments.triggers, known)
        until = known.sessions.until
        moments = triggers.moments.only((triggers.moments.at < until) & (triggers.moments.remaining > 0))
        return depletion_training.seen_at(known.sessions, known.bundles, moments, until), "the triggers"
    if artefact.data_sha256((arguments.usage, arguments.bundles)) == trained_on:
        return depletion_training.later(known.sessions, known.bundles, parts), "people and weeks not trained on"
    return (
        depletion_training.moments_seen(known.sessions, known.bundles, followed=parts.followed),
        "files not trained on",
    )


def _forecasts(model: DepletionModel, known: UsageFiles, triggers: Triggers) -> Forecasts:
    """In parts, since the hours of everybody who is asked for are held at once."""
    found = []
    for start in range(0, len(triggers.ids), _AT_ONCE):
        moments = triggers.moments.only(np.arange(start, min(start + _AT_ONCE, len(triggers.ids))))
        usage = usage_at(known.sessions, known.bundles, moments)
        found.append(model.forecast(usage, [known.bundles.segment[place] for place in moments.bundle.tolist()]))
        if len(triggers.ids) > _AT_ONCE:
            _say(f"{start + len(moments.at)} of {len(triggers.ids)} triggers")
    names = (*_EDGES, "p_before_expiry", "pace")
    return Forecasts(*(np.concatenate([np.zeros(0), *(getattr(one, name) for one in found)]) for name in names))


def _write(path: Path, triggers: Triggers, made: Forecasts) -> None:
    """All or nothing."""
    columns = [getattr(made, edge).tolist() for edge in _EDGES]
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name, p10, p50, p90, chance in zip(triggers.ids, *columns, made.p_before_expiry.tolist(), strict=True):
            writer.writerow((name, f"{p10:.4f}", f"{p50:.4f}", f"{p90:.4f}", f"{chance:.6f}"))


def _read(arguments: argparse.Namespace) -> UsageFiles:
    known = usage_files.read(arguments.usage, arguments.bundles)
    _say(f"{len(known.names)} people, {len(known.sessions.start)} sessions, {len(known.bundles.size)} bundles")
    if known.repeated:
        _say(f"{known.repeated} sessions stand there more than once and count once")
    return known


def _say(text: str) -> None:
    print(f"chasqui: {text}", file=sys.stderr, flush=True)
