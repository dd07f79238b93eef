"""Where a rollback leads, from the history of a menu's publications. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from flows.split import whole
from gateway.errors import PublicationRefused
from store.menu_publications import Publication


def before(menu: str, history: Sequence[Publication]) -> Publication:
    """The version that everybody had before what is served now. history: newest first. Raises PublicationRefused.

    A rollback stands where it led back to: the next one leads further back, and never to what the first one left.
    """
    now = _now(menu, history)
    stands = now.restores or now.number
    for one in history:
        if one.number < stands and len(one.split) == 1 and one.split != now.split:
            return _original(history, one)
    raise PublicationRefused([f"{menu}: nothing was served before"])


def ever(menu: str, history: Sequence[Publication], revision: int) -> Publication:
    """The last publication that gave this revision to everybody. Raises PublicationRefused."""
    _now(menu, history)
    for one in history:
        if one.split == whole(revision):
            return _original(history, one)
    raise PublicationRefused([f"{menu}@{revision}: was never served to all; chasqui menus publish serves it"])


def _now(menu: str, history: Sequence[Publication]) -> Publication:
    if not history:
        raise PublicationRefused([f"{menu}: no version of it was ever published"])
    return history[0]


def _original(history: Sequence[Publication], one: Publication) -> Publication:
    """For a rollback, the publication that it led back to."""
    return next((other for other in history if other.number == one.restores), one)
