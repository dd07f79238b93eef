"""What a menu must hold beyond its shape. Each complaint names the page and says in a sentence what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from menus.machine import detours, leads
from menus.menu import BACK, HOME, MORE, Call, Goto, Listing, Menu, Option, Page
from menus.nodes import Problems, nearest
from menus.templates import BadPlaceholder, holes
from menus.values import FactSpec, Text, Vocabulary

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[0-9]{1,3}")


def check(menu: Menu, vocabulary: Vocabulary, problems: Problems) -> None:
    """Complain of everything that would leave a subscriber stranded or an operator surprised."""
    for name in (menu.id, *menu.pages):
        if not _NAME.fullmatch(name):
            line = menu.pages[name].line if name in menu.pages else 0
            problems.add(line, f"{name!r} is no name: small letters, digits and _ only, a letter first")
    for key, target in (("start", menu.start), ("unavailable", menu.unavailable)):
        if target not in menu.pages:
            problems.add(0, f"{key} names {target!r}, which is no page{nearest(target, menu.pages)}")
    for page in menu.pages.values():
        _Page(menu, page, vocabulary, problems).check()
    if not problems:
        _check_ways(menu, problems)


class _Page:
    """One page against the vocabulary and the other pages."""

    def __init__(self, menu: Menu, page: Page, vocabulary: Vocabulary, problems: Problems) -> None:
        self._menu = menu
        self._page = page
        self._vocabulary = vocabulary
        self._problems = problems

    def check(self) -> None:
        """Everything about this page alone."""
        page = self._page
        for name, empty in page.facts.items():
            if name not in self._vocabulary.facts:
                self._wrong(f"unknown fact {name!r}{nearest(name, self._vocabulary.facts)}")
            if empty:
                self._target(empty, f"fact {name}: empty")
        self._text(page.text, "text")
        for number, option in enumerate(page.options, start=1):
            self._option(option, f"option {number}")
        self._keys()
        if page.listing is not None:
            self._listing(page.listing)
        if page.ends and (page.options or page.listing):
            self._wrong("ends the session, so nobody can choose from it")
        if page.id == self._menu.unavailable and page.facts:
            self._wrong("is shown when facts are missing, so it must not need any itself")

    def _wrong(self, sentence: str, line: int = 0) -> None:
        self._problems.add(line or self._page.line, f"page {self._page.id}: {sentence}")

    def _target(self, page: str, where: str, line: int = 0) -> None:
        if page not in self._menu.pages:
            self._wrong(f"{where} leads to {page!r}, which is no page{nearest(page, self._menu.pages)}", line)

    def _option(self, option: Option, where: str) -> None:
        self._text(option.text, f"{where}: text", option.line)
        match option.leads:
            case Goto(page):
                self._target(page, where, option.line)
            case Call() as call:
                self._call(call, where, option.line)

    def _call(self, call: Call, where: str, line: int) -> None:
        spec = self._vocabulary.commands.get(call.command)
        if spec is None:
            hint = nearest(call.command, self._vocabulary.commands)
            self._wrong(f"{where}: unknown command {call.command!r}{hint}", line)
            return
        for name in sorted(call.args.keys() ^ spec.args):
            what = "unknown" if name in call.args else "missing"
            self._wrong(f"{where}: {call.command}: {what} argument {name!r}", line)
        for name in sorted(call.outcomes.keys() ^ spec.outcomes):
            what = "unknown" if name in call.outcomes else "missing"
            self._wrong(f"{where}: {call.command}: {what} outcome {name!r}", line)
        for name, page in call.outcomes.items():
            self._target(page, f"{where}: outcome {name}", line)
        known = {one.listing.chosen for one in self._menu.pages.values() if one.listing is not None}
        for argument in call.args.values():
            if argument.chosen and argument.value not in known:
                self._wrong(f"{where}: nothing is chosen as {argument.value!r}{nearest(argument.value, known)}", line)

    def _keys(self) -> None:
        page, seen = self._page, set[str]()
        for number, option in enumerate(page.options, start=1):
            key = option.key or str(number)
            if page.listing is not None and option.key:
                self._wrong(f"option {number}: beside a list an option takes the next number, not key {key!r}")
            elif not _KEY.fullmatch(key) or key in (BACK, HOME, MORE):
                self._wrong(f"option {number}: {key!r} cannot be a key: one to three digits, not 0, 00 or 98")
            elif key in seen:
                self._wrong(f"option {number}: the key {key!r} is taken by another option")
            seen.add(key)

    def _listing(self, listing: Listing) -> None:
        spec = self._vocabulary.facts.get(listing.fact)
        if listing.fact not in self._page.facts:
            self._wrong(f"list: {listing.fact!r} is not among the page's facts")
        if spec is not None and spec.kind != "list":
            self._wrong(f"list: {listing.fact!r} is not a list")
        elif spec is not None:
            for language, text in listing.text.by_language.items():
                self._holes(text, f"list: text: {language}", {"": spec}, 0)
        if not _NAME.fullmatch(listing.chosen):
            self._wrong(f"list: {listing.chosen!r} is no name")
        self._target(listing.page, "list")

    def _text(self, text: Text, where: str, line: int = 0) -> None:
        known = {name: spec for name, spec in self._vocabulary.facts.items() if name in self._page.facts}
        for language, words in text.by_language.items():
            self._holes(words, f"{where}: {language}", known, line)

    def _holes(self, text: str, where: str, known: dict[str, FactSpec], line: int) -> None:
        try:
            found = holes(text)
        except BadPlaceholder as error:
            self._wrong(f"{where}: {error} is no placeholder; write {{{{ for a brace", line)
            return
        allowed = set(_placeholders(known))
        for name, field in found:
            if (name, field) not in allowed:
                shown = f"{name}.{field}" if field else name
                names = sorted(f"{one}.{part}" if part else one for one, part in allowed)
                more = f"there is: {', '.join(names)}" if names else "this page has no facts"
                self._wrong(f"{where}: unknown placeholder {{{shown}}}; {more}", line)


def _placeholders(known: dict[str, FactSpec]) -> Iterator[tuple[str, str]]:
    """What may stand in braces: a text's name, an item's fields, and inside a list (named "") the fields alone."""
    for name, spec in known.items():
        if spec.kind == "text":
            yield name, ""
        elif name:
            if spec.kind == "item":
                yield from ((name, field) for field in spec.fields)
        else:
            yield from ((field, "") for field in spec.fields)


def _check_ways(menu: Menu, problems: Problems) -> None:
    """Every page can be reached, and from every page there is a way on."""
    reached = set(_reach(menu, [menu.start, menu.unavailable]))
    for page in menu.pages.values():
        if page.id not in reached:
            problems.add(page.line, f"page {page.id}: no way leads here")
        on = page.ends or page.options or page.listing or page.back or page.home
        if not on or (page.id == menu.start and not (page.ends or page.options or page.listing)):
            problems.add(page.line, f"page {page.id}: there is no way out, and it does not end the session")


def _reach(menu: Menu, names: Iterable[str]) -> Iterator[str]:
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        page = menu.pages[name]
        waiting += [target for _, target in leads(page)]
        waiting += detours(menu, page)
