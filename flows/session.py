"""What a dialogue remembers from one turn to the next, and how that is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.values import Place, place_from_values, place_values

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Session:
    """Where a person stands in which version of which menu.

    price: of the bundle that was last shown, in minor units: a yes is to that price and to no other.
    purchase: the texts of what was last done in this session, a purchase or a report, for its result page.
    agreed: consent screens that were answered with a yes, each with what was typed; a consent needs two.
    arm: the side of a comparison that the person is on; empty where nothing is tried out.
    """

    menu: str
    version: str
    place: Place
    price: int = 0
    purchase: Mapping[str, str] = field(default_factory=dict)
    agreed: tuple[tuple[str, str], ...] = ()
    arm: str = ""


def to_json(session: Session) -> str:
    """The session as one line."""
    fields = (
        session.menu,
        session.version,
        place_values(session.place),
        session.price,
        dict(session.purchase),
        session.agreed,
        session.arm,
    )
    return _ENCODE(fields)


def from_json(text: str) -> Session:
    """What ``to_json`` wrote."""
    menu, version, place, price, purchase, agreed, *arm = json.loads(text)
    kept = tuple((prompt, reply) for prompt, reply in agreed)
    return Session(menu, version, place_from_values(place), price, purchase, kept, *arm)  # sessions of old have no arm
