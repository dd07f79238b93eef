"""What a dialogue remembers from one turn to the next, and how that is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from flows.documents import decode, encode
from flows.frozen import dataclass
from menus.values import Place, place_from_values, place_values


@dataclass(frozen=True, slots=True)
class Pushed:
    """How a session began that the network opened. notice: what it told; fallback: key of the text behind it."""

    notice: str
    fallback: str


@dataclass(frozen=True, slots=True)
class Session:
    """Where a person stands in which version of which menu.

    price: of the bundle that was last shown, in minor units: a yes is to that price and to no other.
    purchase: the texts of what was last done in this session, a purchase or a report, for its result page.
    agreed: consent screens that were answered with a yes, each with what was typed; a consent needs two.
    arm: the side of a comparison that the person is on; empty where nothing is tried out.
    left: the session that was broken off before this one, while the person is asked whether to go on there.
    pushed: how it began, if the network opened it.
    """

    menu: str
    version: str
    place: Place
    price: int = 0
    purchase: Mapping[str, str] = field(default_factory=dict)
    agreed: tuple[tuple[str, str], ...] = ()
    arm: str = ""
    left: Session | None = None
    pushed: Pushed | None = None

    def standing(self, place: Place, price: int | None = None) -> Session:
        """The same session elsewhere. price: of the bundle that is shown there, None for the last one's."""
        price = self.price if price is None else price
        return Session(
            self.menu, self.version, place, price, self.purchase, self.agreed, self.arm, self.left, self.pushed
        )


def to_json(session: Session) -> str:
    """The session as one line."""
    return encode(_values(session))


def from_json(text: str) -> Session:
    """What ``to_json`` wrote."""
    return _session(decode(text))


def _values(session: Session) -> Sequence[object]:
    usual = (
        session.menu,
        session.version,
        place_values(session.place),
        session.price,
        dict(session.purchase),
        session.agreed,
        session.arm,
    )
    if session.left is None and session.pushed is None:
        return usual
    left = None if session.left is None else _values(session.left)
    pushed = None if session.pushed is None else (session.pushed.notice, session.pushed.fallback)
    return (*usual, left, pushed)


def _session(values: Sequence[Any]) -> Session:
    menu, version, place, price, purchase, agreed, *more = values
    older: tuple[Any, ...] = ("", None, None)
    arm, left, pushed = (*more, *older[len(more) :])
    return Session(
        menu,
        version,
        place_from_values(place),
        price,
        purchase,
        tuple((prompt, reply) for prompt, reply in agreed),
        arm,
        None if left is None else _session(left),
        None if pushed is None else Pushed(*pushed),
    )
