"""Versions of a small menu, each of which says on every screen which one it is."""

from __future__ import annotations

from collections.abc import Mapping

from flows.menu_vocabulary import starter_vocabulary
from gateway.core.menu_compiler import compiled
from menus.loader import load_source
from menus.pages import Menu
from menus.sources import Source
from menus.table import CompiledMenu

_MENU = """\
menu: {menu}
start: home
unavailable: sorry
shortcuts: {{{shortcuts}}}
navigation: {{back: {back}, home: {to_home}, more: {more}}}
texts: {{wrong: {wrong}, goodbye: {goodbye}}}
pages:
  home:
    text: {home}
    options: [{{text: {to_shop}, goto: shop}}, {{text: {to_help}, goto: help}}]
  shop: {{text: {shop}}}
  help: {{text: {help}}}
  sorry: {{text: {sorry}}}
"""
_TEXTS = ("home", "shop", "help", "sorry", "to_shop", "to_help", "to_home", "back", "more", "wrong", "goodbye")


def source(mark: str, menu: str = "main", shortcuts: Mapping[str, str] | None = None) -> Source:
    """A version as it is written: its screens begin with ``mark`` and the page's name."""
    texts = {name: _text(f"{mark} {name}") for name in _TEXTS}
    printed = ", ".join(f'"{keys}": {page}' for keys, page in (shortcuts or {}).items())
    return Source(f"{menu}.yaml", {f"{menu}.yaml": _MENU.format(menu=menu, shortcuts=printed, **texts)})


def menu(mark: str, **about: object) -> Menu:
    """The same, checked."""
    return load_source(source(mark, **about), starter_vocabulary("CO"))  # type: ignore[arg-type]


def compiled_menu(mark: str, **about: object) -> CompiledMenu:
    """The same, ready to be walked."""
    return compiled("CO", source(mark, **about), menu(mark, **about).version)  # type: ignore[arg-type]


async def compile_here(source: Source, version: str, *, gently: bool) -> CompiledMenu:
    """What the gateway does in a process of its own."""
    return compiled("CO", source, version)


def _text(words: str) -> str:
    return "{" + ", ".join(f'{language}: "{words}"' for language in ("es", "pt_BR", "en")) + "}"
