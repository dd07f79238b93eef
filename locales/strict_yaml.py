"""YAML as data and nothing more: no anchors, no aliases, no tags, no repeated keys, not too big, not too deep."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_BYTES = 1_000_000


class StrictYamlError(ValueError):
    """What is wrong with the text, on one line. line: where, from 1; 0 when it is the whole."""

    def __init__(self, problem: str, line: int = 0) -> None:
        self.problem, self.line = problem, line
        super().__init__(f"line {line}: {problem}" if line else problem)


def compose_strict(text: str, deepest: int = 20) -> yaml.Node | None:
    """The tree of nodes that ``text`` describes, with their lines. Raises StrictYamlError."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise StrictYamlError("is not UTF-8", text.count("\n", 0, error.start) + 1) from error
    if size > _MOST_BYTES:
        raise StrictYamlError("larger than 1 MB")
    try:
        _check_events(text, deepest)
        root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise StrictYamlError(error.problem or "not YAML", _line(error.problem_mark)) from error
    except yaml.YAMLError as error:
        raise StrictYamlError(" ".join(str(error).split())) from error
    if root is not None:
        _refuse_repeated_keys(root)
    return root


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 0


def _check_events(text: str, deepest: int) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise StrictYamlError("aliases are not allowed", _line(event.start_mark))
        if getattr(event, "anchor", None):
            raise StrictYamlError("anchors are not allowed", _line(event.start_mark))
        if getattr(event, "tag", None):
            raise StrictYamlError("tags are not allowed", _line(event.start_mark))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > deepest:
            raise StrictYamlError(f"nested deeper than {deepest}", _line(event.start_mark))


def _refuse_repeated_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_repeated_keys(child)
    elif isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise StrictYamlError(f"{key.value} is given twice", _line(key.start_mark))
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
            _refuse_repeated_keys(child)
