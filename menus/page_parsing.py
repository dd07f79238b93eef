"""From nodes to pages: their shape alone."""

from __future__ import annotations

import re
from typing import get_args

import yaml

from menus.input_parsing import parse_input
from menus.lead_parsing import LEADS, parse_leads
from menus.pages import FactUse, ItemList, Keys, Link, Option, Page, Profile
from menus.reading import Nodes, Reader, is_null, key_lines, line_of
from menus.values import Charset

_KEY = re.compile(r"[1-9][0-9]?")
_MOST_OPTIONS = 40
_CHARSETS: tuple[Charset, ...] = get_args(Charset)
_MAY_HAVE = ("facts", "list", "options", "input", "when", "else", "profile", "ends", "back", "home")


def parse_pages(reader: Reader, node: yaml.Node, keys: Keys) -> dict[str, Page]:
    """Every page by its id. keys: what navigates, and so is no option's."""
    lines = key_lines(node)
    found = reader.entries(node, "pages")
    return {page: _page(reader, page, entry, lines[page], keys) for page, entry in found.items()}


def _page(reader: Reader, page: str, node: yaml.Node, line: int, keys: Keys) -> Page:
    where = f"page {page}"
    found = reader.fields(node, where, ("text",), _MAY_HAVE)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", page):
        reader.problems.add(line, f"{where}: an id is a-z, 0-9 and _, begins with a letter, at most 40")
    options = reader.listed(found["options"], f"{where}: options") if "options" in found else []
    if len(options) > _MOST_OPTIONS:
        reader.problems.add(line, f"{where}: has more than {_MOST_OPTIONS} options")
    return Page(
        id=page,
        text=reader.texts(found["text"], f"{where}: text", lines=True) if "text" in found else {},
        facts=_facts(reader, where, found),
        items=_items(reader, where, found),
        options=tuple(_option(reader, where, str(at), option, keys) for at, option in enumerate(options, 1)),
        input=parse_input(reader, where, found["input"]) if "input" in found else None,
        when=reader.guard(found["when"], f"{where}: when") if "when" in found else None,
        otherwise=_otherwise(reader, where, found, line),
        profile=_profile(reader, where, found.get("profile")),
        ends=reader.boolean(found.get("ends"), f"{where}: ends", default=False),
        back=reader.boolean(found.get("back"), f"{where}: back", default=True),
        home=reader.boolean(found.get("home"), f"{where}: home", default=True),
        line=line,
    )


def _otherwise(reader: Reader, where: str, found: Nodes, line: int) -> Link | None:
    if ("when" in found) != ("else" in found):
        reader.problems.add(line, f"{where}: 'when' and 'else' go together: who may not see it needs another page")
    return reader.link(found["else"], f"{where}: else") if "else" in found else None


def _facts(reader: Reader, where: str, found: Nodes) -> tuple[FactUse, ...]:
    if "facts" not in found:
        return ()
    uses = []
    for name, node in reader.entries(found["facts"], f"{where}: facts").items():
        says = f"{where}: fact {name}"
        fields = {} if is_null(node) else reader.fields(node, says, (), ("empty", "late"))
        empty, late = (
            reader.link(fields[one], f"{says}: {one}") if one in fields else None for one in ("empty", "late")
        )
        uses.append(FactUse(name, empty, late, line_of(node)))
    return tuple(uses)


def _items(reader: Reader, where: str, found: Nodes) -> ItemList | None:
    if "list" not in found:
        return None
    node, where = found["list"], f"{where}: list"
    fields = reader.fields(node, where, ("of", "text"), ("as", "goto"))
    if ("as" in fields) != ("goto" in fields):
        reader.problems.add(line_of(node), f"{where}: 'as' and 'goto' go together; without both it is only shown")
    return ItemList(
        of=reader.ident(fields["of"], f"{where}: of") if "of" in fields else "",
        text=reader.texts(fields["text"], f"{where}: text") if "text" in fields else {},
        choice=reader.ident(fields["as"], f"{where}: as") if "as" in fields else "",
        goto=reader.link(fields["goto"], f"{where}: goto") if "goto" in fields else None,
        line=line_of(node),
    )


def _option(reader: Reader, where: str, number: str, node: yaml.Node, keys: Keys) -> Option:
    where = f"{where}: option {number}"
    found = reader.fields(node, where, ("text",), ("key", "when", *LEADS))
    return Option(
        id=number,
        text=reader.texts(found["text"], f"{where}: text") if "text" in found else {},
        leads=parse_leads(reader, where, node, found),
        key=_key(reader, where, found["key"], keys) if "key" in found else None,
        when=reader.guard(found["when"], f"{where}: when") if "when" in found else None,
        line=line_of(node),
    )


def _key(reader: Reader, where: str, node: yaml.Node, keys: Keys) -> str | None:
    key = reader.scalar(node, f"{where}: key")
    if key in keys.all:
        reader.problems.add(line_of(node), f"{where}: key {key} is taken by the navigation")
    elif key and not _KEY.fullmatch(key):
        reader.problems.add(line_of(node), f"{where}: key '{key}' must be a number from 1 to 99")
    else:
        return key or None
    return None


def _profile(reader: Reader, where: str, node: yaml.Node | None) -> Profile:
    if node is None:
        return Profile()
    where = f"{where}: profile"
    found = reader.fields(node, where, (), ("charset", "size"))
    charset: Charset | None = None
    if "charset" in found:
        word = reader.scalar(found["charset"], f"{where}: charset")
        charset = next((known for known in _CHARSETS if known == word), None)
        if word and charset is None:
            reader.problems.add(line_of(found["charset"]), f"{where}: charset must be gsm7 or ucs2")
    size = reader.number(found["size"], f"{where}: size", 40, 182) if "size" in found else None
    return Profile(charset, size)
