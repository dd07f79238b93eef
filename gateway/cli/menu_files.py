"""Which menus a command of ``chasqui menus`` is about, and the progress of long work on them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from flows.menu_vocabulary import starter_vocabulary
from gateway.cli.configured import load_config
from gateway.errors import ConfigError, GatewayError
from menus import loader
from menus.errors import MenuError
from menus.pages import Menu
from menus.sources import Source, a_folder, read_folder, read_source
from menus.table import CompiledMenu, compile_menu
from menus.values import Vocabulary

Work = TypeVar("Work")
_CLEAR_LINE = "\r\x1b[K"


def vocabulary(arguments: argparse.Namespace) -> Vocabulary:
    """What menus of this version may name, with numbers as the configured market writes them. Raises ConfigError."""
    return starter_vocabulary(load_config(arguments).market.upper())


def read_menu(path: Path, known: Vocabulary) -> Menu:
    """The checked menu of a file. Raises MenuError."""
    return loader.load_source(read_source(path), known)


def read_compiled(path: Path, known: Vocabulary) -> CompiledMenu:
    """The same, ready to be walked."""
    return compile_menu(read_menu(path, known))


def the_menu(path: Path | None, arguments: argparse.Namespace, known: Vocabulary) -> Menu:
    """The menu of a file; left out, the only one of the configuration, or the starter.

    Raises MenuError, ConfigError.
    """
    if path is not None:
        return read_menu(path, known)
    found, unreadable = sources((), arguments)
    if unreadable:
        raise MenuError(unreadable)
    if len(found) > 1:
        raise ConfigError(f"which menu? name one of {', '.join(source.file for source in found)}")
    return loader.load_source(found[0], known)


def looked_at(paths: Sequence[Path], arguments: argparse.Namespace) -> Sequence[Path]:
    """``paths``; without them the configured folder, or nothing where that is the starter."""
    if paths:
        return paths
    config = load_config(arguments)
    return (config.folder / config.menus.path,) if config.menus.path else ()


def sources(paths: Sequence[Path], arguments: argparse.Namespace) -> tuple[Sequence[Source], Sequence[str]]:
    """Every menu that ``paths`` name, files or folders, and a line for each that cannot be read.

    Without paths those of the configuration, or the starter. Raises MenuError for a folder without menus, ConfigError.
    """
    looked = looked_at(paths, arguments)
    if not looked:
        return (loader.starter_source(),), ()
    if not paths:
        return _configured(looked[0])
    found: list[Source] = []
    unreadable: list[str] = []
    for path in looked:
        try:
            inside, problems = read_folder(path) if path.is_dir() else ((read_source(path),), ())
        except MenuError as error:
            unreadable += error.problems
            continue
        found += inside
        unreadable += problems
    return found, unreadable


def _configured(folder: Path) -> tuple[Sequence[Source], Sequence[str]]:
    """The configured menus; what is no folder of menus is told as the gateway tells it at its start."""
    try:
        return read_folder(folder)
    except MenuError as error:
        raise ConfigError(f"menus.path: {error.problems[0]}") from None


def with_progress(works: Sequence[Work], name: str) -> Iterator[Work]:
    """``works`` one by one, with a line on standard error that says how far they are when somebody looks."""
    seen = sys.stderr.isatty()
    try:
        for at, work in enumerate(works, 1):
            if seen:
                print(f"{_CLEAR_LINE}{name} {at} of {len(works)} …", end="", file=sys.stderr, flush=True)
            yield work
    finally:
        if seen:
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)


def counted(number: int, name: str) -> str:
    """``1 page``, ``2 pages``."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def require_language(menu: Menu, language: str | None) -> None:
    """Refuse a ``--lang`` that the menu has no texts in. Raises ConfigError."""
    if language and language not in menu.languages:
        raise ConfigError(f"--lang: the menu has no {language}; there is: {', '.join(menu.languages)}")


def read_text(path: Path) -> str:
    """A file's text. Raises MenuError, whose one line names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except IsADirectoryError:
        raise MenuError([a_folder(path)]) from None
    except OSError as error:
        raise MenuError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise MenuError([f"{path}: is not UTF-8; save it as UTF-8"]) from None


def put_out(text: str, path: Path | None) -> None:
    """Print a text, or write it to a file. Raises GatewayError."""
    if path is None:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GatewayError(f"{path}: cannot be written: {error.strerror}") from None


def complain(lines: Iterable[str]) -> None:
    """Each on a line of its own on standard error, behind what was printed before."""
    sys.stdout.flush()
    for line in lines:
        print(line, file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """Each on a line of its own."""
    for line in lines:
        print(line)
