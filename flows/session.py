"""What a dialogue remembers from one turn to the next, and how that is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from menus.values import Place, place_from_values, place_values

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Session:
    """Where a person stands in which version of which menu.

    price: of the bundle that was last shown, in minor units: a yes is to that price and to no other.
    purchase: the texts of what was last done in this session, a purchase or a report, for its result page; in one that
    the network opened, what it began with (``notice``), and the key of the text that stands behind it (``fallback``).
    agreed: consent screens that were answered with a yes, each with what was typed; a consent needs two.
    arm: the side of a comparison that the person is on; empty where nothing is tried out.
    left: the session that was broken off before this one, while the person is asked whether to go on there.
    """

    menu: str
    version: str
    place: Place
    price: int = 0
    purchase: Mapping[str, str] = field(default_factory=dict)
    agreed: tuple[tuple[str, str], ...] = ()
    arm: str = ""
    left: Session | None = None

    def standing(self, place: Place, price: int | None = None) -> Session:
        """The same session elsewhere. price: of the bundle that is shown there, None for the last one's."""
        price = self.price if price is None else price
        return Session(self.menu, self.version, place, price, self.purchase, self.agreed, self.arm, self.left)


def to_json(session: Session) -> str:
    """The session as one line."""
    return _ENCODE(_values(session))


def from_json(text: str) -> Session:
    """What ``to_json`` wrote."""
    return _session(json.loads(text))


def _values(session: Session) -> Sequence[object]:
    fields = (
        session.menu,
        session.version,
        place_values(session.place),
        session.price,
        dict(session.purchase),
        session.agreed,
        session.arm,
    )
    return fields if session.left is None else (*fields, _values(session.left))


def _session(values: Sequence[Any]) -> Session:
    menu, version, place, price, purchase, agreed, *more = values  # sessions of old have no arm
    kept = tuple((prompt, reply) for prompt, reply in agreed)
    arm, left = more[0] if more else "", _session(more[1]) if len(more) > 1 else None
    return Session(menu, version, place_from_values(place), price, purchase, kept, arm, left)
