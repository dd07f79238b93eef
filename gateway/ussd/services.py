"""Which menu a dialled code leads to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flows.frozen import dataclass
from gateway.config.tree import DEFAULT_SERVICES, UssdServiceConfig

_LONGEST = 200
"""Characters of what is dialled: no network lets more through (3GPP TS 23.038 §5: 182)."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """Where a dialled string leads. behind: what stands in it behind the code, ``4*1`` in ``*123*4*1#``."""

    menu: str
    behind: str = ""


class Services:
    """Codes and their menus; one for a network counts before one for any."""

    def __init__(self, configured: Sequence[UssdServiceConfig]) -> None:
        self._menus = {(one.code, one.network): one.menu for one in configured or DEFAULT_SERVICES}
        self._networks = {network for _, network in self._menus}
        self._most_parts = max(len(_parts(code)) for code, _ in self._menus)
        self._found = lru_cache(maxsize=4096)(self._find)

    def find(self, dialled: str, network: str) -> Dialled | None:
        """Where ``dialled`` leads on a network: by the longest code that it begins with; None for nowhere."""
        if len(dialled) > _LONGEST:
            return None
        return self._found(dialled, network if network in self._networks else "")

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the configuration."""
        return tuple(dict.fromkeys(code for code, _ in self._menus))

    @property
    def menus(self) -> tuple[str, ...]:
        """The menus that some code leads to."""
        return tuple(dict.fromkeys(self._menus.values()))

    def _find(self, dialled: str, network: str) -> Dialled | None:
        parts = _parts(dialled.strip())
        for length in range(min(len(parts), self._most_parts), 0, -1):
            menu = self._menu_of("*".join(parts[:length]) + "#", network)
            if menu is not None:
                return Dialled(menu, "*".join(parts[length:]))
        return None

    def _menu_of(self, code: str, network: str) -> str | None:
        return self._menus.get((code, network)) or self._menus.get((code, ""))


def _parts(code: str) -> list[str]:
    return code.removesuffix("#").split("*")
