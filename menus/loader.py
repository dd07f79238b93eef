"""Menus from YAML, as ``menu.schema.json`` describes them. Everything that is wrong is told at once, with its line."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import yaml

from menus.checks import check
from menus.errors import MenuError
from menus.menu import Argument, Call, Goto, Labels, Listing, Menu, Option, Page
from menus.nodes import Problems, Table, Unreadable, compose, line_of, plain
from menus.values import Text, Vocabulary


def load_menu(text: str, file: str, vocabulary: Vocabulary) -> Menu:
    """The menu in ``text``. Raises MenuError."""
    problems = Problems(file)
    try:
        root = compose(text, problems)
    except Unreadable:
        raise MenuError(problems.sentences()) from None
    menu = _Reading(problems, vocabulary, file).menu(root)
    if not problems:
        check(menu, vocabulary, problems)
    if problems:
        raise MenuError(problems.sentences())
    return menu


def load_folder(path: Path, vocabulary: Vocabulary) -> Mapping[str, Menu]:
    """Every menu in a folder's ``*.yaml``, by id. Raises MenuError."""
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise MenuError([f"{path}: there is no *.yaml here"])
    menus: dict[str, Menu] = {}
    problems: list[str] = []
    for file in files:
        try:
            menu = load_menu(file.read_text(encoding="utf-8"), file.name, vocabulary)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{file.name}:1: cannot be read: {error}")
        except MenuError as error:
            problems += error.problems
        else:
            if menu.id in menus:
                problems.append(f"{file.name}:1: the menu {menu.id!r} is also in {menus[menu.id].file}")
            menus[menu.id] = menu
    if problems:
        raise MenuError(problems)
    return menus


def load_starter(vocabulary: Vocabulary) -> Mapping[str, Menu]:
    """The menus that come with the package."""
    with importlib.resources.as_file(importlib.resources.files("menus") / "library") as folder:
        return load_folder(folder, vocabulary)


class _Reading:
    """One file on its way to a menu."""

    def __init__(self, problems: Problems, vocabulary: Vocabulary, file: str) -> None:
        self._problems = problems
        self._languages = vocabulary.languages
        self._file = file

    def menu(self, root: yaml.Node) -> Menu:
        """The whole file."""
        top = Table(root, "menu", self._problems)
        menu_id, start, unavailable = top.text("menu"), top.text("start"), top.text("unavailable")
        labels = top.table("labels", "labels")
        pages = top.table("pages", "pages")
        top.done()
        digest = sha256(json.dumps(plain(root), sort_keys=True).encode("utf-8", "surrogatepass"))
        return Menu(
            id=menu_id,
            version=digest.hexdigest()[:12],
            start=start,
            unavailable=unavailable,
            pages={} if pages is None else {name: self._page(name, node) for name, node in pages.names()},
            labels=self._labels(labels),
            languages=self._languages,
            file=self._file,
        )

    def _labels(self, table: Table | None) -> Labels:
        if table is None:
            return Labels(*[Text()] * 5)
        labels = Labels(*(self._text(table, name) for name in ("back", "home", "more", "wrong", "good_bye")))
        table.done()
        return labels

    def _text(self, table: Table, name: str) -> Text:
        """A text in every language."""
        node = table.node(name)
        if node is None:
            return Text()
        texts = Table(node, f"{table.where}: {name}", self._problems)
        found = {}
        for language in self._languages:
            found[language] = texts.text(language)
        texts.done()
        return Text(found)

    def _page(self, name: str, node: yaml.Node) -> Page:
        table = Table(node, f"page {name}", self._problems)
        page = Page(
            id=name,
            text=self._text(table, "text"),
            facts=self._facts(table),
            options=tuple(
                self._option(item, f"page {name}: option {number}")
                for number, item in enumerate(table.items("options"), start=1)
            ),
            listing=self._listing(table, name),
            ends=table.flag("ends", default=False),
            back=table.flag("back", default=True),
            home=table.flag("home", default=True),
            line=table.line,
        )
        table.done()
        return page

    def _facts(self, table: Table) -> dict[str, str]:
        facts = table.table("facts", needed=False)
        if facts is None:
            return {}
        found = {}
        for name, node in facts.names():
            if isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null"):
                found[name] = ""
                continue
            about = Table(node, f"{table.where}: fact {name}", self._problems)
            found[name] = about.text("empty")
            about.done()
        return found

    def _option(self, node: yaml.Node, where: str) -> Option:
        table = Table(node, where, self._problems)
        text, key = self._text(table, "text"), table.text("key", "")
        if table.has("goto") == table.has("command"):
            table.wrong("needs either 'goto' or 'command'")
        leads = self._call(table) if table.has("command") else Goto(table.text("goto", ""))
        table.done()
        return Option(text, leads, key, line_of(node))

    def _call(self, table: Table) -> Call:
        args, outcomes = table.table("args", needed=False), table.table("outcomes")
        return Call(
            command=table.text("command"),
            args={} if args is None else {name: self._argument(args, name, node) for name, node in args.names()},
            outcomes={} if outcomes is None else {name: outcomes.text(name) for name, _ in outcomes.names()},
        )

    def _argument(self, args: Table, name: str, node: yaml.Node) -> Argument:
        if isinstance(node, yaml.ScalarNode):
            return Argument(str(node.value))
        chosen = Table(node, f"{args.where}: {name}", self._problems)
        argument = Argument(chosen.text("chosen"), chosen=True)
        chosen.done()
        return argument

    def _listing(self, table: Table, name: str) -> Listing | None:
        found = table.table("list", f"page {name}: list", needed=False)
        if found is None:
            return None
        listing = Listing(found.text("of"), found.text("as"), self._text(found, "text"), found.text("goto"))
        found.done()
        return listing
