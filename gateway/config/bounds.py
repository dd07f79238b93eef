"""What holds for many keys: no NUL, names that say something, times that end, URLs with a host."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from gateway.config.tree import Config
from gateway.errors import ConfigError

_DAY = 86_400


def check_everywhere(config: Config) -> None:
    """What no text, number or name may be, wherever it stands. Raises ConfigError."""
    for key, value in _leaves(config, ""):
        if isinstance(value, str) and "\0" in value:
            raise ConfigError(f"{key} has a NUL character")
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{key} must be a number that ends")
        if key.endswith(("].name", "].host")) and value == "":
            raise ConfigError(f"{key} is empty")
        if key.endswith("].name") and not str(value).isprintable():
            raise ConfigError(f"{key} has a character that is not printable: names stand in logs and metrics")


def positive(key: str, value: float) -> None:
    """Raises ConfigError."""
    if not 0 < value < math.inf:
        raise ConfigError(f"{key} must be more than 0")


def seconds(key: str, value: float, *, zero: bool = False) -> None:
    """A time of at most a day. zero: whether it may be none. Raises ConfigError."""
    if not (0 <= value <= _DAY if zero else 0 < value <= _DAY):
        least = "0 or more" if zero else "more than 0"
        raise ConfigError(f"{key} must be {least} and at most {_DAY} seconds")


def url(key: str, value: str, such_as: str) -> None:
    """An address over HTTP. Raises ConfigError."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise ConfigError(f"{key} must be a URL such as {such_as}")


def _leaves(node: object, key: str) -> Iterator[tuple[str, object]]:
    """Every text and number with its key."""
    if dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from _leaves(getattr(node, field.name), f"{key}.{field.name}" if key else field.name)
    elif isinstance(node, tuple):
        for number, entry in enumerate(node):
            yield from _leaves(entry, f"{key}[{number}]")
    elif not isinstance(node, Path):
        yield key, node
