"""From nodes to a menu: its shape alone. Whether what it names is there, ``checks`` says."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from menus.page_parsing import parse_pages
from menus.pages import Keys, Link, Menu
from menus.reading import Reader, did_you_mean, line_of, name_file

_NAVIGATES = re.compile(r"[0-9]{1,2}")
_DIALLED = re.compile(r"[0-9]{1,3}(\*[0-9]{1,3}){0,9}")
_MOST_MISTAKES, _USUAL_MISTAKES = 9, 3
_PUSHED = ("offer", "alert")
_SAID = ("back", "home", "more", "wrong", "goodbye")


def parse_menu(reader: Reader, root: yaml.Node, file: str, version: str, parts: Mapping[str, yaml.Node]) -> Menu:
    """The menu that ``root`` describes, as far as it can be read. parts: the files that it includes."""
    required = ("menu", "start", "unavailable", "navigation", "texts", "pages")
    found = reader.fields(root, "the menu", required, ("include", "mistakes", "shortcuts", "pushed"))
    reader.problems.stop()
    labels = dict(reader.fields(found["navigation"], "navigation", ("back", "home", "more"), ("keys",)))
    keys = _keys(reader, labels.pop("keys", None))
    texts = reader.fields(found["texts"], "texts", ("wrong", "goodbye"))
    pages = parse_pages(reader, found["pages"], keys)
    for name, part in parts.items():
        shared = reader.fields(name_file(part, name), f"the included {name}", ("pages",))
        for page in parse_pages(reader, shared["pages"], keys).values() if "pages" in shared else ():
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
        languages=(*reader.languages, *reader.variants),
        keys=keys,
        mistakes=_mistakes(reader, found.get("mistakes")),
        shortcuts=_shortcuts(reader, found.get("shortcuts")),
        pushed=_pushed(reader, found.get("pushed")),
        file=file,
        **said,
    )


def _keys(reader: Reader, node: yaml.Node | None) -> Keys:
    """What is typed for back, home and more; the usual ones where the menu says nothing."""
    if node is None:
        return Keys()
    where = "navigation: keys"
    found = reader.fields(node, where, (), ("back", "home", "more"))
    typed = {name: reader.scalar(value, f"{where}: {name}") for name, value in found.items()}
    for name, key in typed.items():
        if not _NAVIGATES.fullmatch(key):
            reader.problems.add(line_of(found[name]), f"{where}: {name} must be one or two digits")
    keys = Keys(**{name: key for name, key in typed.items() if name in ("back", "home", "more")})
    if len(keys.all) < 3:
        reader.problems.add(line_of(node), f"{where}: back, home and more must differ")
    return keys


def _mistakes(reader: Reader, node: yaml.Node | None) -> int:
    return _USUAL_MISTAKES if node is None else reader.number(node, "mistakes", 1, _MOST_MISTAKES)


def _pushed(reader: Reader, node: yaml.Node | None) -> Mapping[str, Link]:
    """The pages that sessions opened by the network begin on."""
    if node is None:
        return {}
    found = reader.fields(node, "pushed", (), _PUSHED)
    return {name: reader.link(page, f"pushed: {name}") for name, page in found.items() if name in _PUSHED}


def _shortcuts(reader: Reader, node: yaml.Node | None) -> Mapping[str, Link]:
    """What is dialled behind the code, and the page that it is printed for."""
    if node is None:
        return {}
    found = reader.entries(node, "shortcuts")
    for dialled, page in found.items():
        if not _DIALLED.fullmatch(dialled):
            reader.problems.add(line_of(page), f"shortcuts: '{dialled}' must be digits with * between, such as 1*2")
    return {dialled: reader.link(page, f"shortcut {dialled}") for dialled, page in found.items()}
