"""``chasqui menus graph``."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from gateway.cli.menus_named import menu_named
from gateway.errors import ConfigError
from menus.graph import svg
from menus.machine import mermaid

_FORMATS = {".svg": "svg", ".mmd": "mermaid", ".md": "mermaid", "": "mermaid"}


def add_to(group: Commands) -> None:
    """Add the command."""
    graph = group.add_parser("graph", help="a menu as a picture", description=_graph.__doc__)
    graph.add_argument("file", nargs="?", metavar="FILE|MENU@N", help="default: the configured menu")
    graph.add_argument("--format", choices=("mermaid", "svg"), help="default: by the ending of --out, else mermaid")
    graph.add_argument("--lang", default="", metavar="LANGUAGE", help="of the texts in an SVG (default: the first)")
    graph.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: standard output)")
    add_config(graph)
    graph.set_defaults(run=_graph)


def _graph(arguments: argparse.Namespace) -> int:
    """Draw a menu: as a Mermaid state diagram, for documents, or as SVG, with what every page says."""
    drawn = arguments.format or _format(arguments.out)
    menu = menu_named(arguments.file, arguments, menu_files.vocabulary(arguments))
    menu_files.require_language(menu, arguments.lang)
    menu_files.put_out(svg(menu, arguments.lang) if drawn == "svg" else mermaid(menu), arguments.out)
    return 0


def _format(out: Path | None) -> str:
    """What a file's ending stands for. Raises ConfigError."""
    ending = out.suffix.lower() if out else ""
    if ending not in _FORMATS:
        raise ConfigError(f"--out: {out} ends in none of .svg, .mmd, .md; say --format mermaid or svg")
    return _FORMATS[ending]
