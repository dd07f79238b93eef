"""What whoever publishes a menu should know, though nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.split import Split
from gateway.config.tree import Config
from gateway.ussd.services import Services
from menus.guards import Guard
from menus.pages import Menu


def without_service(menu: str, config: Config) -> Iterator[str]:
    """A note on a menu that nobody can dial."""
    known = Services(config.ussd.services).menus
    if menu not in known:
        yield f"no service leads to menu {menu}; there is {', '.join(known)}"


def without_people(menus: Sequence[Menu], split: Split) -> Iterator[str]:
    """A note on each arm that conditions ask for and that no subscriptions have."""
    served = {share.arm for share in split}
    told: dict[str, None] = {}
    for menu in menus:
        for where, guard in _guards(menu):
            for term in guard.terms:
                if term.name == "arm" and term.op == "==" and term.value not in served:
                    told[f"{menu.id}: {where} asks for arm {term.value}, which no subscriptions have now"] = None
    yield from told


def _guards(menu: Menu) -> Iterator[tuple[str, Guard]]:
    for page in menu.pages.values():
        if page.when is not None:
            yield f"page {page.id}", page.when
        for option in page.options:
            if option.when is not None:
                yield f"page {page.id}: option {option.id}", option.when
