"""Texts with places for facts: ``{name}``, ``{name.field}``, and ``{{`` for a brace. Nothing else.

An operator's text is never handed to ``str.format``: that reads attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")


class TemplateError(ValueError):
    """What is wrong with the braces of a text."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text in pieces: each literal, and the name of the placeholder behind it (``""`` behind the last)."""

    pieces: tuple[tuple[str, str], ...]
    line: int = field(default=0, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """The placeholders, dotted where they name a field."""
        return frozenset(name for _, name in self.pieces if name)

    def fill(self, value: Callable[[str], str]) -> str:
        """The text with ``value`` of each name in its place, brought onto one line."""
        return "".join(literal + (one_line(value(name)) if name else "") for literal, name in self.pieces)


def parse(text: str, line: int = 0) -> Template:
    """The template that ``text`` writes. Raises TemplateError."""
    pieces: list[tuple[str, str]] = []
    literal, at = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[at : token.start()]
        at = token.end()
        match token.group():
            case "{{" | "}}" as doubled:
                literal += doubled[0]
            case "{" | "}" as alone:
                raise TemplateError(f"a single '{alone}': write '{alone}{alone}' for the sign itself")
            case written:
                name = token.group(1)
                if not _NAME.fullmatch(name):
                    raise TemplateError(f"'{written}' is not a placeholder: write {{name}} or {{name.field}}")
                pieces.append((literal, name))
                literal = ""
    pieces.append((literal + text[at:], ""))
    return Template(tuple(pieces), line)


def one_line(value: str) -> str:
    """``value`` without what would break a line or a phone: one blank between words, no control characters."""
    joined = " ".join(value.split())
    return joined if joined.isprintable() else "".join(char for char in joined if char.isprintable())
