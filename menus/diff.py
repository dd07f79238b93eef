"""What differs between two menus, in words: a sentence for each thing that a person sees or that leads elsewhere.

Layout, comments and the order of pages are no differences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from menus.diff_options import options_differ
from menus.diff_words import Words, asked, ways_differ
from menus.pages import FactUse, Input, ItemList, Link, Menu, Page, Profile

_NAVIGATION = ("back", "home", "more")
_SAID = ("wrong", "goodbye")


def differences(old: Menu, new: Menu) -> Sequence[str]:
    """Every difference; none for menus that are the same to whoever uses them."""
    words = Words(old, new, _renames(old, new))
    found = [*_menu(old, new, words), *_pages(old, new, words)]
    if not found and old.version != new.version and replace(old, version=new.version) != new:
        return ["the order of lines or facts, or a number that is fixed now, differs; no text, no way and no number"]
    return found


def _menu(old: Menu, new: Menu, words: Words) -> Iterator[str]:
    if old.id != new.id:
        yield f"the menu is called {new.id}, not {old.id}"
    for language in _only(new.languages, old.languages):
        yield f"language {language} is new"
    for language in _only(old.languages, new.languages):
        yield f"language {language} is gone"
    if words.page(old.start) != new.start:
        yield f"the start is page {new.start}, not {old.start}"
    if words.page(old.unavailable) != new.unavailable:
        yield f"missing facts lead to page {new.unavailable}, not {old.unavailable}"
    for name in (*_NAVIGATION, *_SAID):
        yield from words.texts(f"'{name}'", getattr(old, name), getattr(new, name))
    for name in _NAVIGATION:
        before, now = getattr(old.keys, name), getattr(new.keys, name)
        if before != now:
            yield f"{name} is typed as {now}, not {before}"
    if old.mistakes != new.mistakes:
        yield f"{new.mistakes} mistakes in a row end the session, not {old.mistakes}"
    yield from _shortcuts(old, new, words)
    yield from _pushed(old, new, words)


def _pushed(old: Menu, new: Menu, words: Words) -> Iterator[str]:
    for name, link in old.pushed.items():
        now = new.pushed.get(name)
        if now is None:
            yield f"a pushed {name} has no page any more; it had {link.page}"
        elif words.page(link.page) != now.page:
            yield f"a pushed {name} opens page {now.page}, not {link.page}"
    for name in _only(new.pushed, old.pushed):
        yield f"a pushed {name} is new and opens page {new.pushed[name].page}"


def _shortcuts(old: Menu, new: Menu, words: Words) -> Iterator[str]:
    for dialled, link in old.shortcuts.items():
        now = new.shortcuts.get(dialled)
        if now is None:
            yield f"shortcut {dialled} is gone; it led to page {link.page}"
        elif words.page(link.page) != now.page:
            yield f"shortcut {dialled} leads to page {now.page}, not {link.page}"
    for dialled in _only(new.shortcuts, old.shortcuts):
        yield f"shortcut {dialled} is new and leads to page {new.shortcuts[dialled].page}"


def _pages(old: Menu, new: Menu, words: Words) -> Iterator[str]:
    for page in old.pages:
        if words.page(page) not in new.pages:
            yield f"page {page} is gone"
        elif words.page(page) != page:
            yield f"page {page} is now called {words.page(page)}"
    for page in _only(new.pages, [words.page(page) for page in old.pages]):
        yield f"page {page} is new: {words.shown(new.pages[page].text)}"
    for before in old.pages.values():
        now = new.pages.get(words.page(before.id))
        if now is not None:
            yield from _page(before, now, words)


def _page(old: Page, new: Page, words: Words) -> Iterator[str]:
    where = f"page {new.id}"
    yield from words.texts(f"{where}: text", old.text, new.text)
    yield from _facts(where, old.facts, new.facts, words)
    yield from _list(where, old.items, new.items, words)
    yield from _input(where, old.input, new.input, words)
    yield from options_differ(old, new, words)
    before, now = asked(old.when), asked(new.when)
    if before != now:
        yield f"{where}: is shown {now}, not {before}"
    if old.otherwise and new.otherwise and words.page(old.otherwise.page) != new.otherwise.page:
        yield f"{where}: else leads to page {new.otherwise.page}, not {old.otherwise.page}"
    if old.profile != new.profile:
        yield f"{where}: screens are {_profile(new.profile)}, not {_profile(old.profile)}"
    if old.ends != new.ends:
        yield f"{where}: {'ends' if new.ends else 'no longer ends'} the session"
    for name in ("back", "home"):
        if getattr(old, name) != getattr(new, name):
            yield f"{where}: {'shows' if getattr(new, name) else 'no longer shows'} the line '{name}'"


def _facts(where: str, old: Sequence[FactUse], new: Sequence[FactUse], words: Words) -> Iterator[str]:
    before, now = ({use.name: use for use in uses} for uses in (old, new))
    for name in _only(before, now):
        yield f"{where}: no longer asks for fact {name}"
    for name in _only(now, before):
        yield f"{where}: asks for fact {name}"
    for name in before.keys() & now.keys():
        yield from _detour(f"{where}: without {name}", before[name].empty, now[name].empty, words)
        yield from _detour(f"{where}: with {name} late", before[name].late, now[name].late, words)


def _detour(where: str, was: Link | None, is_now: Link | None, words: Words) -> Iterator[str]:
    yield from words.links(where, was.page if was else "", is_now.page if is_now else "")


def _list(where: str, old: ItemList | None, new: ItemList | None, words: Words) -> Iterator[str]:
    if old is None or new is None:
        if new:
            yield f"{where}: a list of {new.of} is new"
        if old:
            yield f"{where}: the list of {old.of} is gone"
        return
    if old.of != new.of:
        yield f"{where}: the list is of {new.of}, not {old.of}"
    yield from words.texts(f"{where}: list", old.text, new.text)
    goto, now = old.goto.page if old.goto else "", new.goto.page if new.goto else ""
    yield from words.links(f"{where}: list", goto, now)
    if goto and now and old.choice != new.choice:
        yield f"{where}: what is chosen is kept as {new.choice}, not {old.choice}"


def _input(where: str, old: Input | None, new: Input | None, words: Words) -> Iterator[str]:
    if old is None or new is None:
        if new:
            yield f"{where}: asks to type {new.rule.kind}, kept as {new.choice}"
        if old:
            yield f"{where}: no longer asks to type {old.rule.kind}"
        return
    if old.choice != new.choice:
        yield f"{where}: what is typed is kept as {new.choice}, not {old.choice}"
    for name in ("kind", "least", "most", "pattern", "region"):
        before, now = getattr(old.rule, name), getattr(new.rule, name)
        if before != now:
            yield f"{where}: input: {name} is {_or_none(now)}, not {_or_none(before)}"
    yield from words.texts(f"{where}: what a bad input is told", old.wrong or {}, new.wrong or {})
    yield from ways_differ(f"{where}: input", old.leads, new.leads, words)


def _or_none(value: object) -> str:
    return "none" if value in (None, "") else str(value)


def _profile(profile: Profile) -> str:
    own = [str(value) for value in (profile.charset, profile.size) if value is not None]
    return " of ".join(own) or "as the network has them"


def _only(these: Mapping[str, object] | Sequence[str], those: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Those of ``these`` that are not among ``those``, in their order."""
    return [one for one in these if one not in those]


def _renames(old: Menu, new: Menu) -> Mapping[str, str]:
    """Pages that look renamed: gone in one and new in the other, with the same text and the same options to read."""
    gone, come = _only(old.pages, new.pages), _only(new.pages, old.pages)
    found: dict[str, str] = {}
    for page in gone:
        same = (one for one in come if one not in found.values() and _read(old.pages[page]) == _read(new.pages[one]))
        now = next(same, None)
        if now is not None:
            found[page] = now
    return found


def _read(page: Page) -> object:
    """What a person reads there."""
    return page.text, page.items and page.items.text, [option.text for option in page.options]
