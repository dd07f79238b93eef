"""``chasqui menus``: what looks at menu files and changes nothing."""

from __future__ import annotations

from gateway.cli.configured import Commands


def add_to(group: Commands) -> None:
    """Add the commands."""
