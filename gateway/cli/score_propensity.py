"""``chasqui score … propensity``: how likely each person is to leave, to port, to accept; from files to files."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.score_commands import ScoreCommands
from scoring import artefact, propensity
from scoring.encoding import classes
from scoring.errors import TrainingRefused
from scoring.protected import Protection
from scoring.text_table import check_unique, read_texts
from scoring.whole_file import check_writable, replacing

if TYPE_CHECKING:
    from scoring.propensity_study import Asked

_FOLDS, _SEEDS = 5, 3


def add_to(score: ScoreCommands) -> None:
    """Add the commands."""
    train = score.train.add_parser(
        "propensity", help="who is likely to leave, port or accept", description=_train.__doc__
    )
    _data(train, target_needed=True)
    train.add_argument("--out", type=Path, required=True, metavar="MODEL")
    train.set_defaults(run=_train)
    predict = score.predict.add_parser("propensity", help="a probability for every row", description=_predict.__doc__)
    predict.add_argument("--model", type=Path, required=True)
    predict.add_argument("--csv", type=Path, required=True, metavar="FILE")
    predict.add_argument("--out", type=Path, required=True, metavar="FILE", help="gets id, probability")
    predict.add_argument("--id", metavar="COLUMN", help="what each row is called, if not as in training")
    predict.set_defaults(run=_predict)
    evaluate = score.evaluate.add_parser(
        "propensity", help="AUC, Brier score, calibration, lift", description=_evaluate.__doc__
    )
    evaluate.add_argument("--model", type=Path, help="left out: the recipe is cross-validated on the file instead")
    _data(evaluate, target_needed=False)
    evaluate.add_argument("--folds", type=int, default=_FOLDS, metavar="K", help="without a model")
    evaluate.add_argument("--seeds", type=int, default=_SEEDS, metavar="N", help="without a model: the mean of so many")
    evaluate.add_argument("--json", action="store_true")
    evaluate.set_defaults(run=_evaluate)


def _data(parser: argparse.ArgumentParser, *, target_needed: bool) -> None:
    parser.add_argument("--csv", type=Path, required=True, metavar="FILE", help="CSV or Parquet, one row a person")
    parser.add_argument("--target", required=target_needed, metavar="COLUMN", help="what is to be foretold")
    parser.add_argument("--positive", metavar="VALUE", help="the value of it that is meant; yes, 1, sí … are known")
    parser.add_argument("--id", default="", metavar="COLUMN", help="what each row is called; not learnt from")
    for name, told in (
        ("--leave-out", "one more that is not learnt from"),
        ("--keep", "learn from it though it is called like a protected attribute"),
    ):
        parser.add_argument(name, action="append", default=[], metavar="COLUMN", help=told)


def _train(arguments: argparse.Namespace) -> int:
    """Make a model of who is likely to do something, measured by cross-validation beside the base rate and plain
    logistic regression. Columns that are called like protected attributes (sex, age, religion …), or that name a
    person, are left out and told.
    """
    from scoring import propensity_study as study  # noqa: PLC0415 - scikit-learn, a second to import

    check_writable(arguments.out)
    made = study.trained(_asked(arguments), datetime.now(UTC).isoformat(timespec="seconds"), _progress)
    name = artefact.save(made, arguments.out)
    print(made.card)
    print(f"{arguments.out}: version {name[:12]}")
    return 0


def _predict(arguments: argparse.Namespace) -> int:
    """Write the probability of every row, in the file's order. A row's id is the column that training named, or its
    number. A category that training saw rarely or never counts as 'other'; how many did is told.
    """
    model, made = propensity.load(arguments.model)
    ident = str(made.settings.get("id", "")) if arguments.id is None else arguments.id
    table = read_texts(arguments.csv, made.features, full=[ident] if ident else [])
    names: Sequence[object] = range(1, table.rows + 1)
    if ident:
        check_unique(table, ident)
        names = table.columns[ident].tolist()
    predicted = model.predict(table)
    with replacing(arguments.out) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "probability"])
        writer.writerows(zip(names, (f"{one:.6f}" for one in predicted.probability), strict=True))
    _tell_others(predicted.others)
    print(f"{arguments.out}: {table.rows} rows")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    """AUC, Brier score, expected calibration error (ten bins) and lift among the likeliest tenth: of a model on a file
    that it has not seen; or, without a model, of the recipe by stratified cross-validation. The base rate and plain
    logistic regression stand beside.
    """
    return _cross_validate(arguments) if arguments.model is None else _evaluate_model(arguments)


def _evaluate_model(arguments: argparse.Namespace) -> int:
    from scoring import propensity_study as study  # noqa: PLC0415

    model, made = propensity.load(arguments.model)
    target = arguments.target or str(made.settings["target"])
    table = read_texts(arguments.csv, made.features, full=[target])
    wanted = classes(table, target, arguments.positive or str(made.settings["positive"]))
    if artefact.data_sha256([arguments.csv])[0] in made.provenance.data_sha256:
        print("the model was trained on this very file: these figures flatter it", file=sys.stderr)
    found = study.evaluated(model, table, wanted, float(made.metrics["base_rate"]))
    _tell_others(model.predict(table).others)
    _tell(arguments, found, {"rows": table.rows})
    return 0


def _cross_validate(arguments: argparse.Namespace) -> int:
    from scoring import propensity_study as study  # noqa: PLC0415
    from scoring.propensity_evaluation import best_of  # noqa: PLC0415

    if not arguments.target:
        raise TrainingRefused("--target names the column that is to be foretold; with --model it is known")
    if arguments.folds < 2 or arguments.seeds < 1:
        raise TrainingRefused("--folds must be 2 at least, --seeds 1")
    found = study.matter(_asked(arguments))
    report = study.validated(found, arguments.seeds, arguments.folds, _progress)
    chosen = best_of(report)
    figures = {"model": report[chosen], **{str(one): report[one] for one in report if one is not chosen}}
    if not arguments.json:
        print(study.told_left_out(found.left_out))
        print(f"model: {chosen}; {arguments.folds} folds, mean of {arguments.seeds} seeds")
    _tell(arguments, figures, {"rows": found.rows.table.rows, "left_out": dict(found.left_out)})
    return 0


def _asked(arguments: argparse.Namespace) -> Asked:
    from scoring.propensity_study import Asked as Wanted  # noqa: PLC0415

    return Wanted(
        path=arguments.csv,
        target=arguments.target,
        positive=arguments.positive,
        ident=arguments.id,
        leave_out=frozenset(arguments.leave_out),
        protection=Protection(kept=frozenset(arguments.keep)),
    )


def _tell(arguments: argparse.Namespace, found: Mapping[str, Mapping[str, float]], more: Mapping[str, object]) -> None:
    from scoring.propensity_study import figures  # noqa: PLC0415

    if arguments.json:
        baselines = {name: dict(one) for name, one in found.items() if name != "model"}
        print(json.dumps({**found["model"], **more, "baselines": baselines}, ensure_ascii=False, indent=2))
    else:
        print(figures(found))


def _tell_others(others: Mapping[str, int]) -> None:
    if others:
        told = ", ".join(f"{name} {count}" for name, count in others.items())
        print(f"rows whose category training saw rarely or never, counted as 'other': {told}", file=sys.stderr)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\rfits: {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
