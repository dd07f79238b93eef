"""``chasqui score … profiles``: groups of people who live alike with their phone, and the bundle for each."""

from __future__ import annotations

import argparse
import csv
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from gateway.app import utc_now
from gateway.cli.score_commands import ScoreCommands, seed
from gateway.errors import ConfigError
from scoring import artefact, profile_bundles, profile_card, profile_panel, profiles
from scoring.artefact import Artefact, Provenance
from scoring.behaviour import DAYS
from scoring.behaviour_columns import COLUMNS
from scoring.errors import ScoringError
from scoring.profile_clusters import MOST
from scoring.profile_panel import AHEAD, Panel
from scoring.profile_training import Wishes, errors_of, train
from scoring.profiles import ProfileModel
from scoring.whole_file import check_writable, replacing

_OTHERS = tuple(source for source in COLUMNS if source != "sessions")
_ZONE = "zone"


def add_to(score: ScoreCommands) -> None:
    """Add the commands."""
    made = score.train.add_parser("profiles", help="groups of people who live alike", description=_train.__doc__)
    _add_files(made)
    made.add_argument("--zone", default="UTC", help="whose days they are, such as America/Bogota (default: UTC)")
    made.add_argument("--bundles", type=Path, metavar="YAML", help="what bundles are put together from")
    made.add_argument("--groups", type=int, metavar="K", help="how many (default: as many as there are)")
    made.add_argument("--deep", action="store_true", help="also try a recurrent network (extra deep)")
    made.add_argument("--epochs", type=int, default=60, help="of the recurrent network (default: 60)")
    made.add_argument("--seed", type=seed, default=0, help="of everything that is drawn (default: %(default)s)")
    made.add_argument("--out", type=Path, required=True, metavar="MODEL")
    made.set_defaults(run=_train)
    asked = score.predict.add_parser("profiles", help="whose profile is which", description=_predict.__doc__)
    judged = score.evaluate.add_parser(
        "profiles", help="how profiles do on other people", description=_evaluate.__doc__
    )
    for parser in (asked, judged):
        parser.add_argument("--model", type=Path, required=True)
        _add_files(parser)
    asked.add_argument("--out", type=Path, required=True, metavar="CSV")
    asked.set_defaults(run=_predict)
    judged.add_argument("--json", action="store_true")
    judged.set_defaults(run=_evaluate)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--usage", type=Path, required=True, metavar="FILE", help="sessions: msisdn, start, bytes")
    for source in _OTHERS:
        parser.add_argument(f"--{source}", type=Path, metavar="FILE", help=f"as chasqui usage load --kind {source}")


def _train(arguments: argparse.Namespace) -> int:
    """Make a model of profiles from files of behaviour as chasqui usage load takes them, and print its card."""
    check_writable(arguments.out)
    zone, paths = _zone(arguments.zone), _paths(arguments)
    if arguments.groups is not None and not 2 <= arguments.groups <= MOST:
        raise ConfigError(f"--groups must be between 2 and {MOST}")
    if not 1 <= arguments.epochs <= 10_000:
        raise ConfigError("--epochs must be between 1 and 10000")
    kit = profile_bundles.load(arguments.bundles) if arguments.bundles else profile_bundles.load()
    panel = profile_panel.read(paths, zone)
    wishes = Wishes(arguments.groups, deep=arguments.deep, seed=arguments.seed, epochs=arguments.epochs)
    model, report = train(panel, kit, wishes)
    card = profile_card.card(model, report)
    made = Artefact(
        kind=profiles.KIND,
        schema=profiles.SCHEMA,
        features=model.columns,
        arrays=model.arrays(),
        provenance=Provenance(
            data_sha256=artefact.data_sha256([paths[name] for name in sorted(paths)]),
            rows=report.people,
            made_at=utc_now().isoformat(timespec="seconds"),
            libraries=_libraries(deep=arguments.deep),
            seed=arguments.seed,
        ),
        metrics=profile_card.metrics(model, report),
        settings={**model.settings(), _ZONE: zone},
        card=card,
    )
    saved = artefact.save(made, arguments.out)
    print(card)
    print(f"{arguments.out}: version {saved[:12]}")
    return 0


def _predict(arguments: argparse.Namespace) -> int:
    """Write each person's profile, from the last 28 days of the files: msisdn, profile, name, sure, bundle.

    Somebody of whom fewer than 14 days are known has no profile: -1, and empty columns.
    """
    check_writable(arguments.out)
    model, panel = _opened(arguments)
    assigned = model.assign(panel)
    with replacing(arguments.out) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("msisdn", "profile", "name", "sure", "bundle"))
        for who, number, sure in zip(panel.people, assigned.profile, assigned.sure, strict=True):
            if number < 0:
                writer.writerow((who, -1, "", "", ""))
                continue
            profile = model.profiles[number]
            bundle = "+".join(f"{name}:{best['size']:g}" for name, best in profile.bundle.items())
            writer.writerow((who, number, profile.name, f"{sure:.4f}", bundle))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    """How a model does on these people: next week's use guessed from it and from the week before, and the size of each
    profile beside that of training, with the population stability index of the two (above 0.25 they are other people).
    """
    model, panel = _opened(arguments)
    known = np.flatnonzero(panel.known(AHEAD) >= profiles.LEAST_KNOWN)
    if panel.days < AHEAD + DAYS or not len(known):
        raise ScoringError(f"{panel.days} days of {len(known)} people of whom enough is known; 35 days are needed")
    panel = panel.of(known)
    shares = _shares(model, panel)
    found = {
        "people": float(len(known)),
        **errors_of(model, panel),
        "psi": _stability_index(shares, [one.share for one in model.profiles]),
    }
    if arguments.json:
        print(
            json.dumps(
                {**found, "shares": {one.name: share for one, share in zip(model.profiles, shares, strict=True)}}
            )
        )
        return 0
    for name, value in found.items():
        print(f"{name:<14} {value:.6g}")
    for one, share in zip(model.profiles, shares, strict=True):
        print(f"{share:>7.1%} {one.name} (trained with: {one.share:.1%})")
    return 0


def _opened(arguments: argparse.Namespace) -> tuple[ProfileModel, Panel]:
    found = artefact.load(arguments.model, profiles.KIND, profiles.SCHEMA)
    with artefact.told_by(arguments.model):
        model = profiles.of_artefact(found)
    paths = _paths(arguments)
    given = [name for source in COLUMNS if source in paths for name in COLUMNS[source]]
    if tuple(given) != model.columns:
        needed = ", ".join("--usage" if one == "sessions" else f"--{one}" for one in _sources(model.columns))
        raise ConfigError(f"{arguments.model}: was trained with other files; it needs {needed}")
    return model, profile_panel.read(paths, _zone(str(found.settings.get(_ZONE, "UTC"))))


def _sources(columns: Sequence[str]) -> list[str]:
    return [source for source, names in COLUMNS.items() if set(names) <= set(columns)]


def _paths(arguments: argparse.Namespace) -> dict[str, Path]:
    others = {source: getattr(arguments, source) for source in _OTHERS}
    return {"sessions": arguments.usage, **{source: path for source, path in others.items() if path is not None}}


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"--zone: {name!r} is no time zone such as America/Bogota") from None


def _shares(model: ProfileModel, panel: Panel) -> list[float]:
    numbers = model.assign(panel, AHEAD).profile
    return [float((numbers == at).mean()) for at in range(len(model.profiles))]


def _stability_index(now: Sequence[float], then: Sequence[float]) -> float:
    """The population stability index; shares below a thousandth count as one."""
    a, b = (np.maximum(np.array(one), 1e-3) for one in (now, then))
    return float(((a - b) * np.log(a / b)).sum())


def _libraries(*, deep: bool) -> Mapping[str, str]:
    names = ("numpy", "scikit-learn", "duckdb", *(("torch", "onnx", "onnxruntime") if deep else ()))
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
