"""From an operator's file to a checked menu, or to every reason why not, one line each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from locales.strict_yaml import StrictYamlError, compose_strict
from menus.checks import check_names
from menus.errors import MenuError
from menus.machine import build
from menus.pages import Menu
from menus.parsing import parse_menu
from menus.reading import Problems, Reader, as_written
from menus.structure import check_fit, check_links, check_ways
from menus.values import Vocabulary

LIBRARY: Final = Path(__file__).parent / "library"
_DEEPEST = 50
_VERSION_DIGITS = 12


def load_menu(text: str, file: str, vocabulary: Vocabulary) -> Menu:
    """The menu of ``text``. Raises MenuError with a line for each problem, ``file:line: what to change``.

    Its structure goes through the machine, which takes seconds for hundreds of pages: off the event loop.
    """
    _refuse_controls(text, file)
    try:
        root = compose_strict(text.removeprefix("\ufeff"), _DEEPEST)
    except StrictYamlError as error:
        raise MenuError([f"{file}:{error.line or 1}: {error.problem}"]) from error
    problems = Problems(file)
    if root is None:
        problems.add(1, "the menu: is empty")
        problems.stop()
    assert root is not None
    digest = hashlib.sha256(json.dumps(as_written(root), ensure_ascii=False).encode()).hexdigest()
    menu = parse_menu(Reader(problems, vocabulary.languages), root, file, digest[:_VERSION_DIGITS])
    check_names(menu, vocabulary, problems)
    check_links(menu, problems)
    problems.stop()
    check_ways(menu, problems)
    check_fit(menu, vocabulary, problems)
    problems.stop()
    build(menu)
    return menu


def load_starter(vocabulary: Vocabulary) -> Menu:
    """The menu that comes with the package."""
    return _load_file(LIBRARY / "main.yaml", vocabulary)


def load_folder(path: Path, vocabulary: Vocabulary) -> Mapping[str, Menu]:
    """Every ``*.yaml`` of a folder by menu id. Raises MenuError with the problems of all files."""
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise MenuError([f"{path}: no such folder, or no .yaml file in it"])
    menus: dict[str, Menu] = {}
    problems: list[str] = []
    for file in files:
        try:
            menu = _load_file(file, vocabulary)
        except MenuError as error:
            problems += error.problems
            continue
        if menu.id in menus:
            problems.append(f"{file.name}:1: menu '{menu.id}' is also in {menus[menu.id].file}")
        menus[menu.id] = menu
    if problems:
        raise MenuError(problems)
    return menus


def _load_file(path: Path, vocabulary: Vocabulary) -> Menu:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MenuError([f"{path.name}:1: cannot be read: {error.strerror}"]) from error
    try:
        return load_menu(raw.decode(), path.name, vocabulary)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MenuError([f"{path.name}:{line}: is not UTF-8; save it as UTF-8"]) from error


def _refuse_controls(text: str, file: str) -> None:
    for sign, name in (("\t", "a tab; use blanks"), ("\0", "a NUL")):
        at = text.find(sign)
        if at >= 0:
            line = text.count("\n", 0, at) + 1
            raise MenuError([f"{file}:{line}: has {name}"])
