"""Which menu a dialled code leads to."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.config.tree import UssdServiceConfig

DEFAULT = (UssdServiceConfig(code="*123#", menu="main"),)
"""What is served when nothing is configured."""


class Services:
    """Codes and their menus; one for a network counts before one for any."""

    def __init__(self, configured: Sequence[UssdServiceConfig]) -> None:
        self._menus = {(one.code, one.network): one.menu for one in configured or DEFAULT}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the configuration."""
        return tuple(dict.fromkeys(code for code, _ in self._menus))

    @property
    def menus(self) -> tuple[str, ...]:
        """The menus that some code leads to."""
        return tuple(dict.fromkeys(self._menus.values()))

    def menu_of(self, code: str, network: str) -> str | None:
        """The menu behind a code on a network, or None."""
        return self._menus.get((code, network)) or self._menus.get((code, ""))
