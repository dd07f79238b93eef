"""What is written behind ``publish`` and ``rollback``, read or refused with what to write instead."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal
from pathlib import Path

from flows.split import BUCKETS
from gateway.cli.menus_history import reference
from gateway.core.menu_desk import ALL, Portion
from gateway.errors import ConfigError

_KEYS = re.compile(r"[0-9]+(\*[0-9]+)*")
_ARM = re.compile(r"[a-z][a-z0-9_]{0,19}")
_THE_OTHER_ARM = "a"


def file(written: str) -> Path:
    """What is to be published, if it is no version. Raises ConfigError for what is no file either."""
    path = Path(written)
    if not path.exists() and path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{written}: give a file or a version, such as main@3")
    return path


def number(menu: str, written: str | None) -> int | None:
    """The version that ``--to`` names: ``2`` or ``main@2``. Raises ConfigError."""
    if written is None:
        return None
    named = reference(written if "@" in written else f"{menu}@{written}")
    if named is None or named[0] != menu:
        raise ConfigError(f"--to: {written} is no version of {menu}; write 2 or {menu}@2")
    return named[1]


def keys(written: str) -> str:
    """The keys of a shortcut. Raises ConfigError that says what to write instead."""
    if _KEYS.fullmatch(written):
        return written
    behind = written.strip("*#").partition("*")[2] if written.startswith("*") else ""
    several = [one.strip() for one in written.split(",")]
    instead = "--retire-shortcut 60"
    if _KEYS.fullmatch(behind):
        instead = f"what stands behind the code, --retire-shortcut {behind}"
    elif all(map(_KEYS.fullmatch, several)):
        instead = f"each by itself, {' '.join(f'--retire-shortcut {one}' for one in several)}"
    raise ConfigError(f"--retire-shortcut: {written!r} are no keys; write {instead}")


def portion(arguments: argparse.Namespace) -> Portion:
    """How much of the subscriptions ``--canary`` and ``--arms`` mean. Raises ConfigError."""
    if arguments.canary is not None:
        return Portion(_buckets("--canary", arguments.canary))
    if arguments.arms is not None:
        name, _, percent = arguments.arms.partition("=")
        if not _ARM.fullmatch(name) or name == _THE_OTHER_ARM:
            raise ConfigError("--arms must be NAME=PERCENT, as in b=50; arm a is what is served now")
        return Portion(_buckets("--arms", percent), name)
    return ALL


def _buckets(option: str, percent: str) -> int:
    wrong = ConfigError(f"{option}: {percent!r} must be a percentage over 0 and below 100, at most two decimals")
    try:
        buckets = Decimal(percent.strip().removesuffix("%")) * BUCKETS / 100
    except ArithmeticError:
        raise wrong from None
    if buckets.is_nan() or not 0 < buckets < BUCKETS or buckets != buckets.to_integral_value():
        raise wrong
    return int(buckets)
