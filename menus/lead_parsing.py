"""From nodes to where an answer leads: a page, or a command and a page for each of its outcomes."""

from __future__ import annotations

from typing import Final

import yaml

from menus.pages import Argument, Link, Order
from menus.reading import Nodes, Reader, line_of

LEADS: Final = ("goto", "command", "args", "outcomes")
"""The keys that say where an answer leads."""


def parse_leads(reader: Reader, where: str, node: yaml.Node, found: Nodes) -> Link | Order:
    """Where something leads: to a page, or to a command and a page for each of its outcomes."""
    leads: Link | Order = Link("", line_of(node))
    if ("goto" in found) == ("command" in found):
        reader.problems.add(line_of(node), f"{where}: needs either 'goto' or 'command'")
    elif "command" in found:
        leads = _order(reader, where, found)
    else:
        leads = reader.link(found["goto"], f"{where}: goto")
        for key in ("args", "outcomes"):
            if key in found:
                reader.problems.add(line_of(found[key]), f"{where}: '{key}' belongs to a command")
    return leads


def _order(reader: Reader, where: str, found: Nodes) -> Order:
    node = found["command"]
    args = reader.entries(found["args"], f"{where}: args") if "args" in found else {}
    outcomes = reader.entries(found["outcomes"], f"{where}: outcomes") if "outcomes" in found else {}
    return Order(
        command=reader.ident(node, f"{where}: command"),
        args={name: _argument(reader, f"{where}: argument {name}", value) for name, value in args.items()},
        outcomes={name: reader.link(value, f"{where}: outcome {name}") for name, value in outcomes.items()},
        line=line_of(node),
    )


def _argument(reader: Reader, where: str, node: yaml.Node) -> Argument:
    if not isinstance(node, yaml.MappingNode):
        return Argument(reader.scalar(node, where), chosen=False, line=line_of(node))
    found = reader.fields(node, where, ("from",))
    value = reader.ident(found["from"], f"{where}: from") if "from" in found else ""
    return Argument(value, chosen=True, line=line_of(node))
