"""``chasqui menus``: what looks at menu files and changes nothing."""

from __future__ import annotations

from gateway.cli import menus_count, menus_diff, menus_graph, menus_lint, menus_play, menus_preview, menus_translate
from gateway.cli.configured import Commands


def add_to(group: Commands) -> None:
    """Add the commands."""
    for module in (menus_lint, menus_preview, menus_play, menus_diff, menus_graph, menus_count, menus_translate):
        module.add_to(group)
