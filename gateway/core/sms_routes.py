"""Which SMSC or aggregator a text goes by: decided from its number, purpose and sender alone. Holds no state.

The order is a plan: the first of it that is ready takes the text, the others stand behind it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

from flows.frozen import dataclass
from flows.values import Msisdn, Purpose
from gateway.core.service_numbers import ServiceNumber

Plan = tuple[str, ...]
"""Names of senders, the preferred one first; empty: nobody may take it."""
Order = Literal["weight", "cheapest", "first"]
_MOST_HASH = 1 << 64


@dataclass(frozen=True, slots=True)
class Through:
    """One sender of a route. weight: its share of the people; cost: of one segment, in any unit."""

    sender: str
    weight: float = 1
    cost: float = 0


@dataclass(frozen=True, slots=True)
class Route:
    """Which texts it takes, and by whom. prefixes, purposes: empty = any.

    order: ``weight`` shares people out, each always to the same one (rendezvous hashing: whoever is added or removed
    moves only its own share); ``cheapest`` and ``first`` are as they say.
    """

    name: str
    through: tuple[Through, ...]
    prefixes: tuple[str, ...] = ()
    purposes: frozenset[Purpose] = frozenset()
    order: Order = "weight"


class Routes:
    """The longest prefix wins, then the route that names the purpose, then the one that stands first.

    numbers: what each sender lets texts leave from. routes: none = everything by the senders in their order.
    """

    def __init__(self, numbers: Mapping[str, Sequence[ServiceNumber]], routes: Sequence[Route] = ()) -> None:
        self._numbers = {sender: {one.address: one for one in known} for sender, known in numbers.items()}
        everything = Route("all", tuple(Through(sender) for sender in numbers), order="first")
        self._named = {route.name: route for route in routes or (everything,)}
        self._by_prefix: dict[str, list[Route]] = {}
        for route in routes or (everything,):
            for prefix in route.prefixes or ("",):
                self._by_prefix.setdefault(prefix, []).append(route)
        for found in self._by_prefix.values():
            found.sort(key=lambda route: not route.purposes)
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix}, reverse=True)
        self._able = lru_cache(maxsize=1024)(self._able_uncached)
        self.may_ask = lru_cache(maxsize=1024)(self._answerable)
        """Whether a text that asks for an answer may leave by this sender from this number."""

    def plan(self, destination: Msisdn, purpose: Purpose, source: str, *, asks: bool) -> Plan:
        """Who may take this text, in order. asks: it wants an answer, so it leaves from ``source`` or not at all."""
        route = self._route(destination, purpose)
        if route is None:
            return ()
        able = self._able(route.name, source, asks or purpose is Purpose.REPLY)
        if len(able) < 2 or route.order != "weight":  # these are in order
            return tuple(one.sender for one in able)
        return tuple(one.sender for one in sorted(able, key=lambda one: _share(destination, one)))

    def source(self, sender: str, wanted: str) -> str:
        """What the text leaves from there: the number that was wanted, empty for the sender's own."""
        return wanted if self._carried(sender, wanted) else ""

    def number(self, sender: str, wanted: str) -> str:
        """The number that the text leaves from there, also where that is the sender's own."""
        own = self._numbers.get(sender, {})
        return wanted if not own or self._carried(sender, wanted) else next(iter(own))

    def _route(self, destination: Msisdn, purpose: Purpose) -> Route | None:
        for length in self._lengths:
            for route in self._by_prefix.get(destination[:length], ()):
                if not route.purposes or purpose in route.purposes:
                    return route
        return None

    def _able_uncached(self, name: str, source: str, bound: bool) -> tuple[Through, ...]:
        """bound: to its number, which must be one that can be answered."""
        route = self._named[name]
        able = route.through
        if bound:
            able = tuple(one for one in able if self.may_ask(one.sender, source))
        return tuple(sorted(able, key=lambda one: one.cost)) if route.order == "cheapest" else able

    def _answerable(self, sender: str, source: str) -> bool:
        known = self._numbers[sender]
        number = known.get(source) if source else next(iter(known.values()), None)
        if number is None:
            return self._unknown(source) and source.isdigit()
        return number.answerable

    def _carried(self, sender: str, source: str) -> bool:
        return source in self._numbers[sender] or self._unknown(source)

    def _unknown(self, source: str) -> bool:
        """A number that nobody configured and somebody texted: the SMSC that brought it knows it."""
        return not any(source in known for known in self._numbers.values())


def _share(destination: Msisdn, one: Through) -> float:
    """Least for whose turn it is: weighted rendezvous hashing (Schindelhauer and Schomaker 2005)."""
    digest = blake2b(f"{destination}:{one.sender}".encode(), digest_size=8).digest()
    drawn = (int.from_bytes(digest, "big") + 0.5) / _MOST_HASH
    return -math.log(drawn) / one.weight
