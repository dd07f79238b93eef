"""What differs between the options of a page: which are the same, which numbers moved, which lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from menus.diff_words import Words, asked, led, ways_differ
from menus.numbering import numbering
from menus.pages import Link, Menu, Option, Order, Page

_Pairs = list[tuple[Option, Option]]


def options_differ(old: Page, new: Page, words: Words) -> Iterator[str]:
    """A sentence for each difference. Options are the same if they read alike, or else if they do the same."""
    pairs = _pairs(old.options, new.options, words)
    before, now = _numbers(old, words.old), _numbers(new, words.new)
    where, behind = f"page {new.id}", ", behind the list" if new.items and new.items.goto else ""
    for option in old.options:
        if option.id not in {gone.id for gone, _ in pairs}:
            yield f"{where}: option {before[option.id]} {words.shown(option.text)} is gone; it {_past(option)}"
    for option in new.options:
        if option.id not in {come.id for _, come in pairs}:
            when = f", shown {asked(option.when)}" if option.when else ""
            yield f"{where}: option {now[option.id]} {words.shown(option.text)} is new and {led(option.leads)}{when}"
    for one, other in pairs:
        if before[one.id] != now[other.id]:
            moved = f"moved from {before[one.id]} to {now[other.id]}{behind}"
            yield f"on {where}, {words.shown(other.text)} {moved}"
        yield from _option(f"{where}: option {now[other.id]}", one, other, words)


def _option(where: str, old: Option, new: Option, words: Words) -> Iterator[str]:
    yield from words.texts(where, old.text, new.text)
    yield from ways_differ(f"{where} {words.shown(new.text)}", old.leads, new.leads, words)
    before, now = asked(old.when), asked(new.when)
    if before != now:
        yield f"{where} {words.shown(new.text)} is shown {now}, not {before}"


def _pairs(old: Sequence[Option], new: Sequence[Option], words: Words) -> _Pairs:
    def renamed(leads: Link | Order) -> object:
        return words.page(leads.page) if isinstance(leads, Link) else (leads.command, tuple(leads.args.items()))

    def reads_alike(one: Option, other: Option) -> bool:
        return one.text == other.text

    def does_the_same(one: Option, other: Option) -> bool:
        return renamed(one.leads) == _does(other.leads)

    def is_the_same(one: Option, other: Option) -> bool:
        return reads_alike(one, other) and does_the_same(one, other)

    found: _Pairs = []
    for same in (is_the_same, reads_alike, does_the_same):
        found += list(_matched(old, new, found, same))
    return sorted(found, key=lambda pair: new.index(pair[1]))


def _does(leads: Link | Order) -> object:
    return leads.page if isinstance(leads, Link) else (leads.command, tuple(leads.args.items()))


def _matched(
    old: Sequence[Option], new: Sequence[Option], found: _Pairs, same: Callable[[Option, Option], bool]
) -> Iterator[tuple[Option, Option]]:
    """Further pairs of options that are the same, each option at most once."""
    gone, come = {one.id for one, _ in found}, {other.id for _, other in found}
    for one in old:
        if one.id in gone:
            continue
        other = next((option for option in new if option.id not in come and same(one, option)), None)
        if other is not None:
            gone.add(one.id)
            come.add(other.id)
            yield one, other


def _numbers(page: Page, menu: Menu) -> dict[str, str]:
    """The number before each option where all are shown and no item is numbered before them."""
    numbers = numbering([option.key for option in page.options], menu.keys.all).options(0)
    return {option.id: number for option, number in zip(page.options, numbers, strict=True)}


def _past(option: Option) -> str:
    return led(option.leads).replace("leads", "led").replace("gives", "gave")
