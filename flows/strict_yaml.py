"""YAML as data and nothing more: no aliases, no repeated keys, not too big, not too deep."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_BYTES = 1_000_000
_DEEPEST = 20


class StrictYamlError(ValueError):
    """What is wrong with the text, on one line."""


def load_strict(text: str) -> object:
    """The value that ``text`` describes. Raises StrictYamlError."""
    if len(text.encode()) > _MOST_BYTES:
        raise StrictYamlError("larger than 1 MB")
    try:
        _check_events(text)
        loader = _LOADER(text)
        try:
            return _construct(loader)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise StrictYamlError(f"{_line(error.problem_mark)}{error.problem or 'not YAML'}") from error
    except yaml.YAMLError as error:
        raise StrictYamlError(" ".join(str(error).split())) from error


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise StrictYamlError(f"{_line(event.start_mark)}aliases are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise StrictYamlError(f"{_line(event.start_mark)}nested deeper than {_DEEPEST}")


def _construct(loader: Any) -> object:
    root = loader.get_single_node()
    if root is None:
        return None
    _refuse_repeated_keys(root)
    try:
        value: object = loader.construct_document(root)
    except ValueError as error:  # a date such as 2026-02-30, a number of many thousand digits
        raise StrictYamlError(str(error)) from error
    return value


def _refuse_repeated_keys(node: Any) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_repeated_keys(child)
    elif isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise StrictYamlError(f"{_line(key.start_mark)}{key.value} is given twice")
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
            _refuse_repeated_keys(child)
