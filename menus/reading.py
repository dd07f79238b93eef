"""One YAML node at a time, typed; every complaint is kept with its line, so that all come in one go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import yaml

from menus.charset import transliterate
from menus.errors import MenuError
from menus.guards import Guard, GuardError, parse_guard
from menus.pages import Link, Texts
from menus.template import Template, TemplateError, parse
from menus.values import Vocabulary

_IDENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_UNSHOWABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls, marks that turn the direction of writing, and halves of characters, but for the line feed.

Wide and thin blanks are spelled as blanks later.
"""
_VARIANT = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
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

    def __init__(self, problems: Problems, vocabulary: Vocabulary, variants: Sequence[str] = ()) -> None:
        """variants: regional languages that the menu has some texts in; the others fall back on their base."""
        self.problems, self.vocabulary = problems, vocabulary
        self.languages = vocabulary.languages
        self.variants = variants

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

    def number(self, node: yaml.Node, where: str, least: int, most: int) -> int:
        """A whole number within bounds; ``least`` where it is none."""
        text = self.scalar(node, where)
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        if text:
            self.problems.add(line_of(node), f"{where}: must be a whole number from {least} to {most}")
        return least

    def link(self, node: yaml.Node, where: str) -> Link:
        """The id of a page."""
        return Link(self.ident(node, where), line_of(node))

    def texts(self, node: yaml.Node, where: str, *, lines: bool = False) -> Texts:
        """A text in each language. lines: whether it may have several."""
        found = self.entries(node, where)
        for language in found.keys() - {*self.languages, *self.variants}:
            hint = did_you_mean(language, self.languages)
            self.problems.add(line_of(found[language]), f"{where}: unknown language '{language}'{hint}")
        missing = [language for language in self.languages if language not in found]
        if missing and isinstance(node, yaml.MappingNode):
            self.problems.add(line_of(node), f"{where}: no text in {', '.join(missing)}")
        texts = {
            language: self._template(found[language], f"{where} in {language}", lines=lines)
            for language in (*self.languages, *self.variants)
            if language in found
        }
        for variant in self.variants:
            base = variant.partition("_")[0]
            if variant not in texts and base in texts:
                texts[variant] = texts[base]
        return texts

    def guard(self, node: yaml.Node, where: str) -> Guard | None:
        """A condition."""
        text, line = self.scalar(node, where), line_of(node)
        if not text:
            return None
        try:
            return parse_guard(text, self.vocabulary.guards, line)
        except GuardError as error:
            self.problems.add(line, f"{where}: {error}")
        except KeyError as error:
            hint = did_you_mean(error.args[0], self.vocabulary.guards)
            self.problems.add(line, f"{where}: '{error.args[0]}' is nothing that a condition can ask{hint}")
        return None

    def _template(self, node: yaml.Node, where: str, *, lines: bool) -> Template:
        text = self.scalar(node, where).strip()
        line = line_of(node)
        if "\n" in text and not lines:
            self.problems.add(line, f"{where}: must be on one line")
        if isinstance(node, yaml.ScalarNode) and not transliterate(text).strip() and not is_null(node):
            self.problems.add(line, f"{where}: must not be empty")
        try:
            return parse(text, line)
        except TemplateError as error:
            self.problems.add(line, f"{where}: {error}")
            return Template(((text, ""),), line)


def variants_in(nodes: Iterable[yaml.Node], languages: Sequence[str]) -> tuple[str, ...]:
    """The regional languages of these trees: keys such as ``es_CO`` where ``es`` is a language."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            found |= {str(key.value) for key, _ in node.value if _is_variant(key, languages)}
            waiting += (value for _, value in node.value)
    return tuple(sorted(found))


def _is_variant(key: yaml.Node, languages: Sequence[str]) -> bool:
    if not isinstance(key, yaml.ScalarNode) or key.value in languages or not _VARIANT.fullmatch(key.value):
        return False
    return key.value.partition("_")[0] in languages


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
