"""What ``[triggers]`` must hold beyond its types."""

from __future__ import annotations

from collections.abc import Iterable

from flows.events import BundleChange
from flows.values import Unit
from gateway.config.tree import TriggersConfig
from gateway.errors import ConfigError

_BUNDLES = (BundleChange.DEPLETING, BundleChange.DEPLETED)
_KINDS = (*(kind.value for kind in _BUNDLES), "balance.low")
_BALANCE_TYPES = ("*monetary", "*data", "*voice", "*sms")
_LEAST_WAITING, _MOST_WAITING = 1_000, 10_000_000
_PERIODS = ("day", "week", "month")


def check_triggers(triggers: TriggersConfig) -> None:
    """Raises ConfigError."""
    if not _LEAST_WAITING <= triggers.waiting <= _MOST_WAITING:
        raise ConfigError(
            f"triggers.waiting must be at least {_LEAST_WAITING}, a whole batch, and at most {_MOST_WAITING}"
        )
    for rule in triggers.cgrates:
        where = f"triggers.cgrates {rule.id!r}"
        _kind(where, rule.kind, ("", *_KINDS))
        _one_of(f"{where}: balance_type", rule.balance_type, ("", *_BALANCE_TYPES))
        _threshold(where, rule.threshold)
        if rule.initial < 0 or rule.unit < 0:
            raise ConfigError(f"{where}: initial and unit must be 0 or more")
    _once("triggers.cgrates", [rule.id for rule in triggers.cgrates])
    for status in triggers.nchf:
        where = f"triggers.nchf {status.counter!r} {status.status!r}"
        _kind(where, status.kind, (*_KINDS, "none"))
        _one_of(f"{where}: unit", status.unit, tuple(unit.value for unit in Unit))
        _one_of(f"{where}: period", status.period, _PERIODS)
        _threshold(where, status.threshold)
        if status.kind == BundleChange.DEPLETING and not (status.initial > 0 and status.threshold >= 0):
            raise ConfigError(f"{where}: bundle.depleting needs initial and threshold, from which what is left follows")
    _once("triggers.nchf", [f"{status.counter} {status.status}" for status in triggers.nchf])
    for named in triggers.tmf688:
        where = f"triggers.tmf688 {named.event_type!r}"
        _kind(where, named.kind, ("", *_KINDS, BundleChange.EXPIRED.value))
        _threshold(where, named.threshold)
    _once("triggers.tmf688", [named.event_type for named in triggers.tmf688])


def _kind(where: str, kind: str, known: tuple[str, ...]) -> None:
    _one_of(f"{where}: kind", kind, known)


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{key} is {value!r}; it must be one of: {', '.join(filter(None, known))}")


def _threshold(where: str, threshold: float) -> None:
    if threshold != -1 and not 0 <= threshold <= 1:
        raise ConfigError(f"{where}: threshold is the share that is left, from 0 to 1")


def _once(key: str, names: Iterable[str]) -> None:
    seen = set[str]()
    for name in names:
        if not name.strip():
            raise ConfigError(f"{key}: an entry has no name")
        if name in seen:
            raise ConfigError(f"{key}: two entries are for {name!r}")
        seen.add(name)
