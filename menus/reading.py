"""One YAML node at a time, typed; every complaint is kept with its line, so that all come in one go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import yaml

from menus.errors import MenuError
from menus.pages import Link, Texts
from menus.template import Template, TemplateError, parse

_IDENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_UNSHOWABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls and halves of characters, but for the line feed. Wide and thin blanks are spelled as blanks later."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Problems:
    """What is wrong with one file so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[str, int, str]] = []

    def add(self, line: int, sentence: str) -> None:
        """Keep one more."""
        self._found.append((getattr(line, "file", "") or self._file, int(line), sentence))

    def stop(self) -> None:
        """Raises MenuError if there are any."""
        if self._found:
            found = sorted(dict.fromkeys(self._found), key=lambda one: (one[0] != self._file, one[0], one[1]))
            raise MenuError([f"{file}:{line}: {' '.join(sentence.split())}" for file, line, sentence in found])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word."""
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


class Line(int):
    """A line that knows its file: pages may come from an included one. file: empty = the menu's own."""

    file: str

    def __new__(cls, number: int, file: str = "") -> Line:
        line = super().__new__(cls, number)
        line.file = file
        return line


def line_of(node: yaml.Node) -> Line:
    """The node's line, from 1."""
    return Line(node.start_mark.line + 1, getattr(node, "file", ""))


def name_file(node: yaml.Node, file: str) -> yaml.Node:
    """Let every node of an included file know whose it is."""
    node.file = file  # type: ignore[attr-defined]
    children = node.value if isinstance(node, yaml.SequenceNode | yaml.MappingNode) else ()
    for child in children:
        for one in child if isinstance(child, tuple) else (child,):
            name_file(one, file)
    return node


def key_lines(node: yaml.Node) -> dict[str, Line]:
    """For each key of a mapping the line that it stands on."""
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): line_of(key) for key, _ in entries}


def is_null(node: yaml.Node) -> bool:
    """Whether the node is null, written or left out."""
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


class Reader:
    """Reads nodes of one menu. What cannot be read is a problem, and reading goes on with something empty."""

    def __init__(self, problems: Problems, languages: Sequence[str]) -> None:
        self.problems, self.languages = problems, languages

    def entries(self, node: yaml.Node, where: str) -> dict[str, yaml.Node]:
        """A mapping with free keys."""
        if not isinstance(node, yaml.MappingNode):
            self.problems.add(line_of(node), f"{where}: must be a mapping")
            return {}
        found = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                found[str(key.value)] = value
            else:
                self.problems.add(line_of(key), f"{where}: a key must be a word")
        return found

    def fields(
        self, node: yaml.Node, where: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> dict[str, yaml.Node]:
        """A mapping with known keys."""
        found, known = self.entries(node, where), (*required, *optional)
        for key in found:
            if key not in known:
                self.problems.add(key_lines(node)[key], f"{where}: unknown key '{key}'{did_you_mean(key, known)}")
        if isinstance(node, yaml.MappingNode):
            for key in required:
                if key not in found:
                    self.problems.add(line_of(node), f"{where}: '{key}' is missing")
        return found

    def listed(self, node: yaml.Node, where: str) -> list[yaml.Node]:
        """A list."""
        if not isinstance(node, yaml.SequenceNode):
            self.problems.add(line_of(node), f"{where}: must be a list")
            return []
        return list(node.value)

    def scalar(self, node: yaml.Node, where: str) -> str:
        """A text as it was written: ``No`` and ``1`` are texts like others."""
        if not isinstance(node, yaml.ScalarNode) or is_null(node):
            self.problems.add(line_of(node), f"{where}: must be a text")
            return ""
        if _UNSHOWABLE.search(node.value):
            self.problems.add(line_of(node), f"{where}: has a character that no phone shows")
        return str(node.value)

    def ident(self, node: yaml.Node, where: str) -> str:
        """An id."""
        word = self.scalar(node, where)
        if word and not _IDENT.fullmatch(word):
            self.problems.add(
                line_of(node), f"{where}: '{word}' must be a-z, 0-9 and _, begin with a letter, at most 40"
            )
        return word

    def boolean(self, node: yaml.Node | None, where: str, *, default: bool) -> bool:
        """true or false."""
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or node.style or node.value not in ("true", "false"):
            self.problems.add(line_of(node), f"{where}: must be true or false")
            return default
        return bool(node.value == "true")

    def link(self, node: yaml.Node, where: str) -> Link:
        """The id of a page."""
        return Link(self.ident(node, where), line_of(node))

    def texts(self, node: yaml.Node, where: str, *, lines: bool = False) -> Texts:
        """A text in each language. lines: whether it may have several."""
        found = self.entries(node, where)
        for language in found.keys() - set(self.languages):
            hint = did_you_mean(language, self.languages)
            self.problems.add(line_of(found[language]), f"{where}: unknown language '{language}'{hint}")
        missing = [language for language in self.languages if language not in found]
        if missing and isinstance(node, yaml.MappingNode):
            self.problems.add(line_of(node), f"{where}: no text in {', '.join(missing)}")
        return {
            language: self._template(found[language], f"{where} in {language}", lines=lines)
            for language in self.languages
            if language in found
        }

    def _template(self, node: yaml.Node, where: str, *, lines: bool) -> Template:
        text = self.scalar(node, where).strip()
        line = line_of(node)
        if "\n" in text and not lines:
            self.problems.add(line, f"{where}: must be on one line")
        if isinstance(node, yaml.ScalarNode) and not text and not is_null(node):
            self.problems.add(line, f"{where}: must not be empty")
        try:
            return parse(text, line)
        except TemplateError as error:
            self.problems.add(line, f"{where}: {error}")
            return Template(((text, ""),), line)


def as_written(node: yaml.Node | None) -> object:
    """The tree as lists and texts in the order of the file: what a version is the digest of."""
    if isinstance(node, yaml.MappingNode):
        return {"map": [[as_written(key), as_written(value)] for key, value in node.value]}
    if isinstance(node, yaml.SequenceNode):
        return [as_written(child) for child in node.value]
    if node is None or is_null(node):
        return None
    return str(node.value)


Nodes = Mapping[str, yaml.Node]
