"""From nodes to a menu: its shape alone. Whether what it names is there, ``checks`` says."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from menus.numbering import RESERVED
from menus.pages import Argument, FactUse, ItemList, Link, Menu, Option, Order, Page
from menus.reading import Nodes, Reader, did_you_mean, is_null, key_lines, line_of, name_file

_KEY = re.compile(r"[1-9][0-9]?")
_MOST_OPTIONS = 40
_SAID = ("back", "home", "more", "wrong", "goodbye")


def parse_menu(reader: Reader, root: yaml.Node, file: str, version: str, parts: Mapping[str, yaml.Node]) -> Menu:
    """The menu that ``root`` describes, as far as it can be read. parts: the files that it includes."""
    required = ("menu", "start", "unavailable", "navigation", "texts", "pages")
    found = reader.fields(root, "the menu", required, ("include",))
    reader.problems.stop()
    labels = reader.fields(found["navigation"], "navigation", ("back", "home", "more"))
    texts = reader.fields(found["texts"], "texts", ("wrong", "goodbye"))
    pages = _pages(reader, found["pages"])
    for name, part in parts.items():
        shared = reader.fields(name_file(part, name), f"the included {name}", ("pages",))
        for page in _pages(reader, shared["pages"]).values() if "pages" in shared else ():
            if page.id in pages:
                reader.problems.add(page.line, f"page {page.id}: is in another file of this menu already")
            pages.setdefault(page.id, page)
    words = {**labels, **texts}
    said = {name: reader.texts(words[name], name) if name in words else {} for name in _SAID}
    menu_id = reader.ident(found["menu"], "menu")
    start, unavailable = (reader.link(found[key], key) for key in ("start", "unavailable"))
    for link, key in ((start, "start"), (unavailable, "unavailable")):
        if link.page and link.page not in pages:
            reader.problems.add(link.line, f"{key}: '{link.page}' is no page{did_you_mean(link.page, pages)}")
    return Menu(
        id=menu_id,
        version=version,
        start=start.page,
        unavailable=unavailable.page,
        pages=pages,
        languages=tuple(reader.languages),
        file=file,
        **said,
    )


def _pages(reader: Reader, node: yaml.Node) -> dict[str, Page]:
    lines = key_lines(node)
    return {page: _page(reader, page, entry, lines[page]) for page, entry in reader.entries(node, "pages").items()}


def _page(reader: Reader, page: str, node: yaml.Node, line: int) -> Page:
    where = f"page {page}"
    found = reader.fields(node, where, ("text",), ("facts", "list", "options", "ends", "back", "home"))
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
        options=tuple(_option(reader, where, str(at), option) for at, option in enumerate(options, 1)),
        ends=reader.boolean(found.get("ends"), f"{where}: ends", default=False),
        back=reader.boolean(found.get("back"), f"{where}: back", default=True),
        home=reader.boolean(found.get("home"), f"{where}: home", default=True),
        line=line,
    )


def _facts(reader: Reader, where: str, found: Nodes) -> tuple[FactUse, ...]:
    if "facts" not in found:
        return ()
    uses = []
    for name, node in reader.entries(found["facts"], f"{where}: facts").items():
        says, empty = f"{where}: fact {name}", None
        if not is_null(node):
            fields = reader.fields(node, says, ("empty",))
            empty = reader.link(fields["empty"], f"{says}: empty") if "empty" in fields else None
        uses.append(FactUse(name, empty, line_of(node)))
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


def _option(reader: Reader, where: str, number: str, node: yaml.Node) -> Option:
    where = f"{where}: option {number}"
    found = reader.fields(node, where, ("text",), ("key", "goto", "command", "args", "outcomes"))
    leads: Link | Order = Link("", line_of(node))
    if ("goto" in found) == ("command" in found):
        reader.problems.add(line_of(node), f"{where}: needs either 'goto' or 'command'")
    elif "command" in found:
        leads = _order(reader, where, found)
    else:
        leads = reader.link(found["goto"], f"{where}: goto")
        for key in ("args", "outcomes"):
            if key in found:
                reader.problems.add(line_of(found[key]), f"{where}: '{key}' belongs to a command")
    return Option(
        id=number,
        text=reader.texts(found["text"], f"{where}: text") if "text" in found else {},
        leads=leads,
        key=_key(reader, where, found["key"]) if "key" in found else None,
        line=line_of(node),
    )


def _key(reader: Reader, where: str, node: yaml.Node) -> str | None:
    key = reader.scalar(node, f"{where}: key")
    if key in RESERVED:
        reader.problems.add(line_of(node), f"{where}: key {key} is taken by the navigation")
    elif key and not _KEY.fullmatch(key):
        reader.problems.add(line_of(node), f"{where}: key '{key}' must be a number from 1 to 99")
    else:
        return key or None
    return None


def _order(reader: Reader, where: str, found: Nodes) -> Order:
    node = found["command"]
    args = reader.entries(found["args"], f"{where}: args") if "args" in found else {}
    outcomes = reader.entries(found["outcomes"], f"{where}: outcomes") if "outcomes" in found else {}
    return Order(
        command=reader.ident(node, f"{where}: command"),
        args={name: _argument(reader, f"{where}: argument {name}", value) for name, value in args.items()},
        outcomes={name: reader.link(value, f"{where}: outcome {name}") for name, value in outcomes.items()},
        line=line_of(node),
    )


def _argument(reader: Reader, where: str, node: yaml.Node) -> Argument:
    if not isinstance(node, yaml.MappingNode):
        return Argument(reader.scalar(node, where), chosen=False, line=line_of(node))
    found = reader.fields(node, where, ("from",))
    value = reader.ident(found["from"], f"{where}: from") if "from" in found else ""
    return Argument(value, chosen=True, line=line_of(node))
