"""From ``chasqui.toml`` and the environment to the tree. Every complaint is one line that names the key."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from gateway.config.checks import check
from gateway.config.tree import Config
from gateway.errors import ConfigError

_PREFIX = "CHASQUI_"
_NOT_OURS = frozenset({"CHASQUI_REQUIRE_PEERS"})  # read by the tests
_NUMBER = re.compile(r"\[[0-9]+\]")
_LONGEST_SHOWN = 60
"""Characters of a value that is none."""
_TELLING = 3
"""Letters of which a key must begin, for another to be meant that begins so."""
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})

Node = TypeVar("Node")


def load(path: Path | None, environment: Mapping[str, str]) -> Config:
    """The configuration in ``path`` (None: defaults), overridden by the environment. Raises ConfigError."""
    values = {} if path is None else _read(path)
    where = str(path) if path else "environment"
    for name, text in sorted(environment.items()):
        if name.startswith(_PREFIX) and name not in _NOT_OURS:
            _override(values, name, text)
    config = _build(Config, values, where, "")
    folder = path.resolve().parent if path else Path.cwd()
    return check(dataclasses.replace(config, folder=folder))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _override(values: dict[str, Any], name: str, text: str) -> None:
    """Put an environment variable where its key is; what it means is decided by the key's type."""
    steps = name.removeprefix(_PREFIX).lower().split("__")
    node: Any = values
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        if isinstance(node, list):
            if not _is_number(step) or int(step) > len(node):
                raise ConfigError(f"environment variable {name}: {step!r} is not the number of an entry")
            if int(step) == len(node):
                node.append({})
            node, held = node[int(step)], None
            continue
        if not isinstance(node, dict):
            raise ConfigError(f"environment variable {name}: unknown key")
        if not following:
            node[step] = _FromEnvironment(name, text)
            return
        held = node.setdefault(step, [] if _is_number(following) else {})
        node = held
    raise ConfigError(f"environment variable {name}: names no key")


def _is_number(step: str) -> bool:
    return step.isascii() and step.isdecimal()


@dataclasses.dataclass(frozen=True)
class _FromEnvironment:
    name: str
    text: str


def _build(node: type[Node], values: Mapping[str, Any], where: str, path: str) -> Node:
    hints = typing.get_type_hints(node)
    fields = {field.name: field for field in dataclasses.fields(node)}  # type: ignore[arg-type]
    if node is Config:
        del fields["folder"]  # it is where the file stands
    for key, value in values.items():
        if key not in fields:
            raise _unknown(value, where, path, key, list(fields))
    built = {key: _value(hints[key], value, where, f"{path}{key}") for key, value in values.items()}
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in built:
            raise ConfigError(f"{where}: {path}{name} is missing")
    return node(**built)


def _unknown(value: object, where: str, path: str, key: str, known: list[str]) -> ConfigError:
    near = _nearest(key, known)
    hint = f"; did you mean {path}{near}?" if near else ""
    if isinstance(value, _FromEnvironment):
        return ConfigError(f"environment variable {value.name}: unknown key {path}{key}{hint}")
    return ConfigError(f"{where}: unknown key {path}{key}{hint}")


def _nearest(key: str, known: list[str]) -> str:
    """What was probably meant: a key that begins with what was written, else one that looks like it; or nothing."""
    longer = [name for name in known if len(key) >= _TELLING and name.startswith(key)]
    return next(iter(longer or difflib.get_close_matches(key, known, 1)), "")


def _value(hint: Any, value: Any, where: str, key: str) -> Any:
    if isinstance(value, _FromEnvironment):
        where, value = f"environment variable {value.name}", _parse(hint, value, key)
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise ConfigError(f"{where}: {key} must be a list{_written(item, key)}")
        return tuple(_value(item, entry, where, f"{key}[{number}]") for number, entry in enumerate(value))
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: {key} must be a table")
        return _build(typing.cast("type[Any]", hint), value, where, f"{key}.")
    return _scalar(hint, value, where, key)


def _scalar(hint: Any, value: Any, where: str, key: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, types.GenericAlias) or type(value) is not hint:
        raise ConfigError(f"{where}: {key} must be {_ARTICLES.get(hint, hint)}{_instead(hint, value)}")
    return value


def _written(item: Any, key: str) -> str:
    """How the entries of a list of tables begin."""
    return f": begin each entry with [[{_NUMBER.sub('', key)}]]" if dataclasses.is_dataclass(item) else ""


def _instead(hint: Any, value: object) -> str:
    """What it was; where a text is wanted that may be a secret."""
    return "" if hint is str else f", not {json.dumps(value, default=str)[:_LONGEST_SHOWN]}"


_ARTICLES: dict[object, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _parse(hint: Any, found: _FromEnvironment, key: str) -> Any:
    text = found.text
    if typing.get_origin(hint) is tuple:
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        item = typing.get_args(hint)[0]
        return entries if item is str else [_parse(item, _FromEnvironment(found.name, one), key) for one in entries]
    if hint is bool and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise ConfigError(
                f"environment variable {found.name}: {key} must be {_ARTICLES[hint]}{_instead(hint, text)}"
            ) from None
    return text
