"""Texts with holes: ``{balance}``, ``{bundle.price}``; ``{{`` and ``}}`` are braces. No template engine, on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_TOKEN = re.compile(r"(\{\{|\}\}|\{[^{}]*\}|\{|\})")
_NAME = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\}")

Hole = tuple[str, str]
"""Name and field; an empty field for a text."""


class BadPlaceholder(ValueError):
    """Something in braces that is no placeholder."""


@lru_cache(maxsize=8192)
def pieces(text: str) -> tuple[str | Hole, ...]:
    """``text`` as literal texts and holes, in turn. Raises BadPlaceholder."""
    found: list[str | Hole] = []
    for token in _TOKEN.split(text):
        if token in ("{{", "}}"):
            found.append(token[0])
        elif token.startswith(("{", "}")):
            name = _NAME.fullmatch(token)
            if name is None:
                raise BadPlaceholder(token)
            found.append((name.group(1), name.group(2) or ""))
        elif token:
            found.append(token)
    return tuple(found)


def holes(text: str) -> tuple[Hole, ...]:
    """Every placeholder of ``text``. Raises BadPlaceholder."""
    return tuple(piece for piece in pieces(text) if isinstance(piece, tuple))


def fill(text: str, value: Callable[[str, str], str]) -> str:
    """``text`` with every hole filled by ``value(name, field)``."""
    return "".join(piece if isinstance(piece, str) else value(*piece) for piece in pieces(text))
