"""A menu as it was written: its file and those that it includes, read whole or refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from locales.strict_yaml import StrictYamlError, compose_strict
from menus.errors import MenuError
from menus.reading import line_of

MOST_BYTES = 1_000_000
MOST_INCLUDES = 50
DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Source:
    """One menu. file: its main file; texts: of that file and of every file that it includes, by name."""

    file: str
    texts: Mapping[str, str]

    @property
    def text(self) -> str:
        """Of the main file."""
        return self.texts[self.file]


def read_source(path: Path) -> Source:
    """A menu's file and its includes, which stand beside it. Raises MenuError with file and line."""
    text = _read(path)
    texts = {path.name: text}
    root = compose(text, path.name)
    for name, line in included(root, path.name):
        beside = path.parent / name
        if not _is_there(beside):
            raise MenuError([f"{path.name}:{line}: include: there is no file {name} beside it"])
        texts[name] = _read(beside)
    return Source(path.name, texts)


def read_folder(path: Path) -> tuple[Sequence[Source], Sequence[str]]:
    """Every menu of a folder, and a line for each file that cannot be read. Raises MenuError where there are none.

    Files that are only included, or could only be, are no menus.
    """
    if path.is_file():
        raise MenuError([f"{path.resolve()} is a file; name the folder that it is in"])
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise MenuError([f"{path}: no such folder, or no .yaml file in it"])
    sources: list[Source] = []
    problems: list[str] = []
    for file in files:
        try:
            sources.append(read_source(file))
        except MenuError as error:
            problems += error.problems
    parts = {name for source in sources for name in source.texts if name != source.file}
    menus = [source for source in sources if source.file not in parts and not is_part(source)]
    if not menus and not problems:
        raise MenuError([f"{path}: no menu in this folder, only files that menus include"])
    return menus, problems


def is_part(source: Source) -> bool:
    """Whether a file holds pages alone: it can be included and is no menu."""
    root = compose(source.text, source.file)
    keys = [key.value for key, _ in root.value] if isinstance(root, yaml.MappingNode) else []
    return keys == ["pages"]


def compose(text: str, file: str) -> yaml.Node | None:
    """The tree of a file's text. Raises MenuError."""
    _refuse_controls(text, file)
    try:
        return compose_strict(text.removeprefix("\ufeff"), DEEPEST)
    except StrictYamlError as error:
        raise MenuError([f"{file}:{error.line or 1}: {error.problem}"]) from error


def included(root: yaml.Node | None, file: str) -> Sequence[tuple[str, int]]:
    """The names under ``include`` and their lines. Raises MenuError for what is no name of a file beside this one."""
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    names = next((value for key, value in entries if key.value == "include"), None)
    if names is None:
        return ()
    if not isinstance(names, yaml.SequenceNode):
        raise MenuError([f"{file}:{line_of(names)}: include: must be a list of files"])
    if len(names.value) > MOST_INCLUDES:
        raise MenuError([f"{file}:{line_of(names)}: include: has more than {MOST_INCLUDES} files"])
    found: dict[str, int] = {}
    for node in names.value:
        name = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not name.endswith(".yaml") or Path(name).name != name:
            raise MenuError([f"{file}:{line_of(node)}: include: write the name of a .yaml file in the same folder"])
        if name == file or name in found:
            raise MenuError([f"{file}:{line_of(node)}: include: {name} is included already"])
        found[name] = line_of(node)
    return tuple(found.items())


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def a_folder(path: Path) -> str:
    """What is said of a folder where a file is expected."""
    return f"{path} is a folder; name the menu's file, such as {path / 'main.yaml'}"


def _read(path: Path) -> str:
    """A file's text. One that is being written meanwhile is refused: half a menu must not be published.

    So is what is no file: opening a pipe waits for whoever writes into it.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise MenuError([f"{path.name}:1: cannot be read: is no regular file"])
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            raw = file.read(MOST_BYTES + 1)
            after = path.stat()
    except IsADirectoryError as error:
        raise MenuError([a_folder(path)]) from error
    except OSError as error:
        raise MenuError([f"{path}: cannot be read: {error.strerror}"]) from error
    except ValueError:
        raise MenuError([f"{path.name}:1: cannot be read: no file can have this name"]) from None
    if len(raw) > MOST_BYTES:
        raise MenuError([f"{path.name}:1: is larger than 1 MB"])
    if (before.st_ino, before.st_size, before.st_mtime_ns) != (after.st_ino, after.st_size, after.st_mtime_ns):
        raise MenuError([f"{path.name}:1: changed while it was read; try again once it is saved"])
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MenuError([f"{path.name}:{line}: is not UTF-8; save it as UTF-8"]) from error


def _refuse_controls(text: str, file: str) -> None:
    for sign, name in (("\t", "a tab; use blanks"), ("\0", "a NUL")):
        at = text.find(sign)
        if at >= 0:
            line = text.count("\n", 0, at) + 1
            raise MenuError([f"{file}:{line}: has {name}"])
