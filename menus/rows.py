"""What can be answered on one page, worked out once a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from menus import routes
from menus.numbering import Numbering, numbering
from menus.pages import Keys, Menu, Order, Page, Profile
from menus.values import GUARD, TYPED, Place


@dataclass(frozen=True, slots=True)
class Row:
    """What can be answered on one page. item: where a list choice leads; ``""`` where nothing is chosen.

    facts: what is fetched before it is shown, the values of its guards among them. ids: position of each option.
    every, usual: the positions of all options, and their numbers. typed: whether its texts show what was typed.
    guarded, profiled: whether conditions hide options, or its screens are unlike its door's. orders: whether an option
    gives a command.
    """

    page: Page
    keys: Keys
    item: str
    moves: Mapping[str, str]
    back: frozenset[str]
    shows: tuple[str, ...]
    facts: tuple[str, ...]
    ids: Mapping[str, int]
    every: tuple[int, ...]
    usual: Numbering
    typed: bool
    guarded: bool
    profiled: bool
    orders: bool
    _numbers: dict[tuple[int, ...], Numbering] = field(default_factory=dict, compare=False)

    def numbers(self, options: tuple[int, ...], heard: tuple[str, ...] = (), first: int = 1) -> Numbering:
        """The numbering where these options are offered; see ``Unmistakable`` for the others."""
        if heard or first > 1:
            fixed = [self.page.options[at].key for at in options]
            keys = [None if key in heard or first > 1 else key for key in fixed]
            return numbering(keys, self.keys.all.union(heard), first)
        if options is self.every:
            return self.usual
        known = self._numbers.get(options)
        if known is None:
            keys = [self.page.options[at].key for at in options]
            known = self._numbers[options] = numbering(keys, self.keys.all)
        return known

    def offered(self, place: Place) -> tuple[int, ...]:
        """The positions of the options that a place was shown with."""
        if place.offered is None:
            return self.every
        return tuple(self.ids[ident] for ident in place.offered if ident in self.ids)

    def has_fixed_number(self, position: int) -> bool:
        """Whether an option has the same number for everybody: no list item or hidden option can stand before it."""
        option = self.page.options[position]
        if option.key is not None:
            return option.when is None
        before = (one for one in self.page.options[: position + 1] if one.key is None)
        return not self.item and all(one.when is None for one in before)


def row_of(menu: Menu, page: Page, moves: Mapping[str, str], back: frozenset[str]) -> Row:
    """The row of one page. moves: by event; back: the pages that its back may lead to."""
    asked = sorted({name for guard in page.guards for name in guard.names})
    named = {name for texts in page.said for template in texts.values() for name in template.names}
    shows = tuple(use.name for use in page.facts)
    return Row(
        page=page,
        keys=menu.keys,
        item=moves.get(routes.ITEM, ""),
        moves=moves,
        back=back,
        shows=shows,
        facts=(*shows, *(f"{GUARD}{name}" for name in asked)),
        ids={option.id: at for at, option in enumerate(page.options)},
        every=tuple(range(len(page.options))),
        usual=numbering([option.key for option in page.options], menu.keys.all),
        typed=any(name.startswith(f"{TYPED}.") for name in named),
        guarded=any(option.when is not None for option in page.options),
        profiled=page.profile != Profile(),
        orders=any(isinstance(option.leads, Order) for option in page.options),
    )
