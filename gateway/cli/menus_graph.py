"""``chasqui menus graph``."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from menus.graph import svg
from menus.machine import mermaid


def add_to(group: Commands) -> None:
    """Add the command."""
    graph = group.add_parser("graph", help="a menu as a picture", description=_graph.__doc__)
    graph.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the configured menu")
    graph.add_argument("--format", choices=("mermaid", "svg"), default="mermaid")
    graph.add_argument("--lang", default="", metavar="LANGUAGE", help="of the texts in an SVG (default: the first)")
    graph.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: standard output)")
    add_config(graph)
    graph.set_defaults(run=_graph)


def _graph(arguments: argparse.Namespace) -> int:
    """Draw a menu: as a Mermaid state diagram, for documents, or as SVG, with what every page says."""
    menu = menu_files.the_menu(arguments.file, arguments, menu_files.vocabulary(arguments))
    menu_files.require_language(menu, arguments.lang)
    menu_files.put_out(svg(menu, arguments.lang) if arguments.format == "svg" else mermaid(menu), arguments.out)
    return 0
