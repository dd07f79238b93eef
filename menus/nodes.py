"""YAML with line numbers, read strictly: what is said twice, by reference or too deep is refused.

Scalars stay the text that was written, so that ``on`` is a word and ``007`` keeps its zeros.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

MOST_BYTES = 1024 * 1024
_DEEPEST = 50
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problems:
    """What is wrong with a file, one sentence each, with its place."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, sentence: str) -> None:
        """Note a problem. line: from 1; 0 for the file as a whole."""
        self._found.append((line, sentence))

    def __bool__(self) -> bool:
        return bool(self._found)

    def sentences(self) -> list[str]:
        """All of them, in the order of the file."""
        return [f"{self._file}:{line or 1}: {sentence}" for line, sentence in sorted(self._found)]


class Unreadable(Exception):
    """Not a file that can be read at all; what is wrong is in the problems."""


def compose(text: str, problems: Problems) -> yaml.Node:
    """The root of ``text``. Raises Unreadable."""
    if len(text) > MOST_BYTES:
        problems.add(0, f"is larger than {MOST_BYTES} bytes")
        raise Unreadable
    try:
        _refuse(yaml.parse(text, Loader=_LOADER), problems)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(mark.line + 1 if mark else 0, f"is not YAML: {error.problem or error.context}")
        raise Unreadable from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.add(0, f"is not YAML: {str(error).splitlines()[0]}")
        raise Unreadable from None
    if root is None:
        problems.add(0, "is empty")
        raise Unreadable
    return root


def _refuse(events: Iterable[yaml.Event], problems: Problems) -> None:
    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problems.add(line, "anchors and aliases are not allowed: write it out")
            raise Unreadable
        if getattr(event, "tag", None) and not getattr(event, "implicit", True):
            problems.add(line, "tags are not allowed")
            raise Unreadable
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                problems.add(line, f"is nested deeper than {_DEEPEST} levels")
                raise Unreadable
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def line_of(node: yaml.Node) -> int:
    """The line on which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def plain(node: yaml.Node) -> Any:
    """The node without its places: mappings, lists and texts."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    return node.value


class Table:
    """A mapping that is read key by key; ``done`` complains of what nobody asked for. where: how sentences begin."""

    def __init__(self, node: yaml.Node, where: str, problems: Problems) -> None:
        self.line = line_of(node)
        self.where = where
        self._problems = problems
        self._fields: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            self.wrong("must be a mapping")
            return
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in self._fields:
                self._problems.add(line_of(key), f"{where}: {name!r} is given twice")
            self._fields[name], self._lines[name] = value, line_of(key)

    def wrong(self, sentence: str, line: int = 0) -> None:
        """Complain of this mapping."""
        self._problems.add(line or self.line, f"{self.where}: {sentence}")

    def line_of(self, name: str) -> int:
        """Where a key stands, else where the mapping begins."""
        return self._lines.get(name, self.line)

    def names(self) -> Iterator[tuple[str, yaml.Node]]:
        """Every key with its value, for mappings whose keys are the author's own."""
        self._asked.update(self._fields)
        yield from self._fields.items()

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._fields

    def node(self, name: str, *, needed: bool = True) -> yaml.Node | None:
        """The value under a key; a missing one is complained of if it is needed."""
        self._asked.add(name)
        found = self._fields.get(name)
        if found is None and needed:
            self.wrong(f"{name!r} is missing")
        return found

    def text(self, name: str, default: str | None = None) -> str:
        """A text; a missing one reads as ``default``, or is complained of if there is none."""
        node = self.node(name, needed=default is None)
        if node is None:
            return default or ""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(f"{name!r} must be a text", self.line_of(name))
            return default or ""
        return str(node.value)

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        text = self.text(name, "true" if default else "false")
        if text not in ("true", "false"):
            self.wrong(f"{name!r} must be true or false", self.line_of(name))
        return text == "true"

    def table(self, name: str, where: str = "", *, needed: bool = True) -> Table | None:
        """A mapping under a key."""
        node = self.node(name, needed=needed)
        return None if node is None else Table(node, where or f"{self.where}: {name}", self._problems)

    def items(self, name: str) -> list[yaml.Node]:
        """A list under a key, empty where there is none."""
        node = self.node(name, needed=False)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(f"{name!r} must be a list", self.line_of(name))
            return []
        return list(node.value)

    def done(self) -> None:
        """Complain of keys that nobody asked for."""
        for name in self._fields.keys() - self._asked:
            self.wrong(f"unknown key {name!r}{nearest(name, self._asked)}", self.line_of(name))


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that is most like this one."""
    found = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""
