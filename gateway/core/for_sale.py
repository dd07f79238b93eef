"""What is sold now, for each kind of person, and how it is shown in each language."""

from __future__ import annotations

from collections.abc import Mapping

from flows.catalogue import Bundle, BundleKind
from flows.texts import Voice
from flows.values import BundleId
from gateway.core.pricing import Standing
from menus.values import Item

_About = Mapping[str, str]


class ForSale:
    """The bundles of one day. The same question gets the same object: screens are remembered by it."""

    def __init__(self, on_sale: tuple[Bundle, ...]) -> None:
        self.on_sale = on_sale
        self._to: dict[frozenset[tuple[str, str]], tuple[Bundle, ...]] = {}
        self._shown: dict[tuple[frozenset[tuple[str, str]], str, BundleKind | None], tuple[Item, ...]] = {}

    def to(self, about: _About) -> tuple[Bundle, ...]:
        """What somebody may buy of whom this is known."""
        key = frozenset(about.items())
        if key not in self._to:
            self._to[key] = tuple(bundle for bundle in self.on_sale if bundle.eligible_for(about))
        return self._to[key]

    def shown_to(self, about: _About, voice: Voice, kind: BundleKind | None = None) -> tuple[Item, ...]:
        """The same, ready to be shown. kind: those of one kind alone."""
        key = (frozenset(about.items()), voice.language, kind)
        if key not in self._shown:
            wanted = (bundle for bundle in self.to(about) if kind is None or bundle.kind is kind)
            self._shown[key] = tuple(_item(bundle, voice) for bundle in wanted)
        return self._shown[key]

    def shown_at(
        self, standing: Standing, about: _About, voice: Voice, kind: BundleKind | None = None
    ) -> tuple[Item, ...]:
        """The same, at what it costs this person."""
        shown = self.shown_to(about, voice, kind)
        if not standing:
            return shown
        own = {bundle: voice.money(price) for bundle, (_, price) in standing.items()}
        return tuple(
            Item(one.id, {**one.fields, "price": own[BundleId(one.id)]}) if one.id in own else one for one in shown
        )


def _item(bundle: Bundle, voice: Voice) -> Item:
    return Item(bundle.id, {"name": bundle.name(voice.language), "price": voice.money(bundle.price)})
