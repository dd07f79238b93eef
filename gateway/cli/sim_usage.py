"""``chasqui sim usage``: files of made-up people, to train on and to be judged by."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.cli.configured import Commands
from gateway.errors import ConfigError
from scoring.simulated.market import WORLDS, Person, people
from scoring.whole_file import replacing

_BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
_COLUMNS = {
    "u.csv": ("msisdn", "start", "bytes"),
    "b.csv": ("msisdn", "bundle_id", "activated_at", "expires_at", "size_bytes"),
    "t.csv": ("trigger_id", "msisdn", "bundle_id", "at", "remaining_bytes"),
    "truth.csv": ("trigger_id", "hours_to_depletion", "depletes_before_expiry"),
    "people.csv": ("msisdn", "segment", "bytes_a_day"),
}
_MOST = 10_000_000
_TELLS_EVERY = 200


def add_to(group: Commands) -> None:
    """Add the command."""
    usage = group.add_parser(
        "usage", help="made-up people's data use and bundles, as files", description=_usage.__doc__
    )
    usage.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if it is not there")
    usage.add_argument("--subscribers", type=int, default=2_000, metavar="N", help="default: %(default)s")
    usage.add_argument("--weeks", type=int, default=8, metavar="W", help="default: %(default)s")
    usage.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed, the same files (default: %(default)s)"
    )
    usage.add_argument(
        "--world", choices=sorted(WORLDS), default="habits", help="how people are made (default: %(default)s)"
    )
    usage.set_defaults(run=_usage)


def _usage(arguments: argparse.Namespace) -> int:
    """Write u.csv (sessions), b.csv (bundles), t.csv (moments at 50, 25 and 10 % left), truth.csv (what became of each,
    also after the last week) and people.csv, as chasqui score takes them.
    """
    number, weeks = arguments.subscribers, arguments.weeks
    if not (1 <= number <= _MOST and 1 <= weeks <= 520):
        raise ConfigError(f"--subscribers must be from 1 to {_MOST}, --weeks from 1 to 520")
    if arguments.seed < 0:
        raise ConfigError("--seed must not be negative")
    folder: Path = arguments.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            writers = {name: _writer(folder / name, stack) for name in _COLUMNS}
            for index, person in enumerate(people(arguments.world, number, weeks, arguments.seed)):
                for name, rows in _rows(f"+5730{index:08d}", person).items():
                    writers[name].writerows(rows)
                if (index + 1) % _TELLS_EVERY == 0:
                    print(f"chasqui: {index + 1} of {number} people", file=sys.stderr, flush=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from None
    return 0


def _writer(path: Path, stack: ExitStack) -> Any:
    part = stack.enter_context(replacing(path))
    writer = csv.writer(stack.enter_context(part.open("w", newline="", encoding="utf-8")), lineterminator="\n")
    writer.writerow(_COLUMNS[path.name])
    return writer


def _rows(msisdn: str, person: Person) -> dict[str, Iterator[Sequence[object]]]:
    def named(bundle: int) -> str:
        return f"{msisdn[1:]}-{bundle}"

    def trigger(index: int) -> str:
        return f"t-{msisdn[1:]}-{index}"

    lived, told = person.life, list(enumerate(person.told))
    return {
        "u.csv": (
            (msisdn, _time(hour), f"{used:.0f}")
            for hour, used in zip(lived.hours.tolist(), lived.used.tolist(), strict=True)
        ),
        "b.csv": (
            (msisdn, named(place), _time(one.activated), _time(one.expires), f"{one.size:.0f}")
            for place, one in enumerate(person.bundles)
        ),
        "t.csv": (
            (trigger(index), msisdn, named(one.bundle), _time(one.at), f"{one.remaining:.0f}") for index, one in told
        ),
        "truth.csv": (
            (
                trigger(index),
                "" if one.hours != one.hours else f"{one.hours:.4f}",
                int(one.at + one.hours <= person.bundles[one.bundle].expires),
            )
            for index, one in told
        ),
        "people.csv": iter([(msisdn, lived.segment, f"{person.daily:.0f}")]),
    }


def _time(hours: float) -> str:
    return (_BEGINS + timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
