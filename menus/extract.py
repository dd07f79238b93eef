"""The texts of menu files for translators: where each stands, and the extraction method that Babel calls.

The source language is English. A message's id is the English text as it is written, its comment names menu, page and
place. In ``babel.cfg``: ``[menus: menus/**.yaml]`` (entry point ``babel.extractors``); ``chasqui menus extract`` does
the same without Babel's command.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import yaml

from menus.reading import is_null, line_of
from menus.sources import compose

SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in all its languages. where: ``menu main, page home, option 1``. spoken: its node by language."""

    where: str
    node: yaml.MappingNode
    spoken: Mapping[str, yaml.ScalarNode]

    def said(self, language: str) -> str:
        """What it says in a language; empty for nothing."""
        node = self.spoken.get(language)
        return str(node.value).strip() if node is not None and not is_null(node) else ""

    @property
    def line(self) -> int:
        """Of the source language's text; of the whole where there is none."""
        return int(line_of(self.spoken.get(SOURCE_LANGUAGE, self.node)))


def babel_texts(
    fileobj: BinaryIO, keywords: object, comment_tags: Collection[str], options: Mapping[str, str]
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Line, no function, message and comments of each text. Raises MenuError, UnicodeDecodeError."""
    file = str(getattr(fileobj, "name", "menu"))
    for text in texts_of(fileobj.read().decode(), file):
        said = text.said(SOURCE_LANGUAGE)
        if said:
            yield text.line, None, said, [text.where]


def texts_of(content: str, file: str) -> Iterator[Text]:
    """Every text of a menu's file, or of one that menus include, in the order of the file. Raises MenuError."""
    root = _entries(compose(content, file))
    name = root["menu"].value if isinstance(root.get("menu"), yaml.ScalarNode) else ""
    menu = f"menu {name}, " if name else ""
    for part in ("navigation", "texts"):
        for key, node in _entries(root.get(part)).items():
            if key != "keys":
                yield from _text(f"{menu}{part}: {key}", node)
    for page, node in _entries(root.get("pages")).items():
        yield from _page(f"{menu}page {page}", _entries(node))


def _page(where: str, page: Mapping[str, yaml.Node]) -> Iterator[Text]:
    yield from _text(where, page.get("text"))
    yield from _text(f"{where}, list", _entries(page.get("list")).get("text"))
    yield from _text(f"{where}, a wrong input", _entries(page.get("input")).get("wrong"))
    options = page.get("options")
    for at, option in enumerate(options.value if isinstance(options, yaml.SequenceNode) else (), 1):
        yield from _text(f"{where}, option {at}", _entries(option).get("text"))


def _text(where: str, node: yaml.Node | None) -> Iterator[Text]:
    if isinstance(node, yaml.MappingNode):
        spoken = {key: value for key, value in _entries(node).items() if isinstance(value, yaml.ScalarNode)}
        yield Text(where, node, spoken)


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
