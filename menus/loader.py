"""From an operator's file to a checked menu, or to every reason why not, one line each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from menus.checks import check_names
from menus.errors import MenuError
from menus.fitting import check_fit
from menus.lint import check_style
from menus.machine import build
from menus.pages import Menu
from menus.parsing import parse_menu
from menus.reading import Problems, Reader, as_written, variants_in
from menus.sources import Source, compose, included, read_folder, read_source
from menus.structure import check_links, check_ways
from menus.values import Vocabulary

LIBRARY: Final = Path(__file__).parent / "library"
_VERSION_DIGITS = 12


def load_menu(text: str, file: str, vocabulary: Vocabulary) -> Menu:
    """The menu of a single file's text; see ``load_source``."""
    return load_source(Source(file, {file: text}), vocabulary)


def load_source(source: Source, vocabulary: Vocabulary) -> Menu:
    """The menu that was written. Raises MenuError with a line for each problem, ``file:line: what to change``.

    Its structure goes through the machine, which takes seconds for hundreds of pages: off the event loop.
    """
    problems = Problems(source.file)
    root = _root(source.text, source.file, problems)
    parts = {name: _part(source, name, line, problems) for name, line in included(root, source.file)}
    reader = Reader(problems, vocabulary, variants_in((root, *parts.values()), vocabulary.languages))
    menu = parse_menu(reader, root, source.file, _version(root, parts), parts)
    check_names(menu, vocabulary, problems)
    check_links(menu, problems)
    problems.stop()
    check_ways(menu, problems)
    check_fit(menu, vocabulary, problems)
    check_style(menu, vocabulary, problems)
    problems.stop()
    build(menu)
    return menu


def _root(text: str, file: str, problems: Problems) -> yaml.Node:
    root = compose(text, file)
    if root is None:
        problems.add(1, "the menu: is empty")
        problems.stop()
    assert root is not None
    return root


def _part(source: Source, name: str, line: int, problems: Problems) -> yaml.Node:
    if name not in source.texts:
        problems.add(line, f"include: there is no file {name}")
        problems.stop()
    return _root(source.texts[name], name, Problems(name))


def _version(root: yaml.Node, parts: Mapping[str, yaml.Node]) -> str:
    """The digest of all that is written, whatever its layout."""
    trees = [as_written(root), *(as_written(part) for part in parts.values())]
    return hashlib.sha256(json.dumps(trees, ensure_ascii=False).encode()).hexdigest()[:_VERSION_DIGITS]


def load_starter(vocabulary: Vocabulary) -> Menu:
    """The menu that comes with the package."""
    return load_source(starter_source(), vocabulary)


def starter_source() -> Source:
    """As it is written in the package."""
    return read_source(LIBRARY / "main.yaml")


def load_folder(path: Path, vocabulary: Vocabulary) -> Sequence[tuple[Source, Menu]]:
    """Every menu of a folder as it is written and checked. Raises MenuError with the problems of all files."""
    found: dict[str, tuple[Source, Menu]] = {}
    sources, unreadable = read_folder(path)
    problems: list[str] = []
    for source in sources:
        try:
            menu = load_source(source, vocabulary)
        except MenuError as error:
            problems += error.problems
            continue
        known, _ = found.setdefault(menu.id, (source, menu))
        if known is not source:
            problems.append(f"{source.file}:1: menu '{menu.id}' is also in {known.file}")
    if problems or unreadable:
        raise MenuError([*problems, *unreadable])
    return list(found.values())
