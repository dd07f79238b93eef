"""The wires on which screens can be pushed, each with the menu behind its door, and who can be reached by which."""

from __future__ import annotations

from collections.abc import Iterable

from flows.frozen import dataclass
from gateway.core.ports import UssdPusher


@dataclass(frozen=True, slots=True)
class MenuPusher:
    """A wire and the menu that answers are given to."""

    wire: UssdPusher
    menu: str

    @property
    def name(self) -> str:
        """The door's."""
        return self.wire.door.name


class Pushers:
    """All wires, by their doors' names."""

    def __init__(self, pushers: Iterable[MenuPusher] = ()) -> None:
        self._known: dict[str, MenuPusher] = {}
        self._networks: set[str] = set()
        self.add(pushers)

    def add(self, pushers: Iterable[MenuPusher]) -> None:
        """More wires, as they are opened."""
        for one in pushers:
            self._known[one.name] = one
            self._networks.add(one.wire.door.network)

    def __bool__(self) -> bool:
        return bool(self._known)

    @property
    def several(self) -> bool:
        """Whether the wires are of several networks."""
        return len(self._networks) > 1

    @property
    def idle_seconds(self) -> float:
        """After so long a silence no network has a session open."""
        return max((one.wire.door.idle_seconds for one in self._known.values()), default=0)

    def named(self, door: str) -> MenuPusher | None:
        """The wire of this door, if there still is one."""
        return self._known.get(door)

    def reaching(self, dialects: Iterable[str] = ()) -> MenuPusher | None:
        """A wire that can push now. dialects: of the person's last sessions.

        Of whom nothing is known may be on any network: where the wires are of several, only one that this person
        came in by will do.
        """
        ready = [one for one in self._known.values() if one.wire.ready]
        if self.several:
            came_by = set(dialects)
            ready = [one for one in ready if one.wire.door.dialect in came_by]
            if len({one.wire.door.network for one in ready}) > 1:
                return None
        return ready[0] if ready else None
