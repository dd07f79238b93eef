"""The menus of the configuration, as they are written: checked before anything starts, then brought into the store."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from flows.frozen import dataclass
from flows.menu_vocabulary import starter_vocabulary
from gateway.config.tree import Config
from gateway.core.menu_desk import MenuDesk, Signature
from gateway.core.menu_shelf import MenuShelf
from gateway.errors import ConfigError
from gateway.ussd.services import Services
from menus.errors import MenuError
from menus.loader import load_folder, load_source, starter_source
from menus.pages import Menu
from menus.sources import Source
from menus.table import CompiledMenu, compile_menu
from menus.values import Vocabulary

_LOG = logging.getLogger(__name__)
_AUTHOR = "chasqui"


@dataclass(frozen=True, slots=True)
class WrittenMenu:
    """One menu of the configuration."""

    source: Source
    menu: Menu
    compiled: CompiledMenu


def region(config: Config) -> str:
    """Whose way of writing phone numbers menus understand."""
    return config.market.upper()


def written_menus(config: Config) -> Sequence[WrittenMenu]:
    """Every menu of the folder, or the starter menu. Raises ConfigError for one that cannot be used."""
    vocabulary = starter_vocabulary(region(config))
    try:
        return [WrittenMenu(source, menu, compile_menu(menu)) for source, menu in _loaded(config, vocabulary)]
    except MenuError as error:
        first, *others = error.problems
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigError(f"menus.path: {first}{more}") from None


def _loaded(config: Config, vocabulary: Vocabulary) -> Sequence[tuple[Source, Menu]]:
    if config.menus.path:
        return load_folder(config.folder / config.menus.path, vocabulary)
    source = starter_source()
    return [(source, load_source(source, vocabulary))]


async def stock(shelf: MenuShelf, desk: MenuDesk, written: Sequence[WrittenMenu], services: Services) -> None:
    """Serve what is published; before that, what is written and by nobody published over.

    Raises ConfigError for a service without a menu.
    """
    for one in written:
        shelf.add(one.compiled)
        await _seed(desk, one)
    await shelf.open()
    for name in services.menus:
        if name not in shelf.menus:
            raise ConfigError(f"ussd.services: there is no menu {name!r}; there is: {', '.join(shelf.menus)}")


async def _seed(desk: MenuDesk, one: WrittenMenu) -> None:
    seeded = await desk.seed(one.menu, one.source, Signature(_AUTHOR, f"{one.source.file}, at the start"))
    about: Mapping[str, object] = {"menu": one.menu.id, "file": one.source.file}
    for sentence in seeded.moved:
        _LOG.warning("a shortcut that may be printed changes: %s", sentence, extra=about)
    if seeded.publication.kind != "seed" and not await desk.serves(seeded.publication, one.menu.version):
        _LOG.warning("the file differs from what is published, which is served", extra=about)
