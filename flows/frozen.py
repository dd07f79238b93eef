"""Frozen dataclasses whose making costs what an ordinary one's does (ADR 0018).

A frozen dataclass of the standard library sets each field through ``object.__setattr__``, two to three times the price,
and a text or a hop makes some thirty of them. Here ``frozen`` is the type checker's to hold, over tests too: mypy takes
this name for the standard one. Equality, hash, slots, ``replace`` and ``fields`` are the standard library's.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, **options):
        """``dataclasses.dataclass``, frozen for the type checker alone."""

        def made(one):
            if frozen and "__hash__" not in vars(one):
                return dataclasses.dataclass(unsafe_hash=options.get("eq", True), **options)(one)
            return dataclasses.dataclass(**options)(one)

        return made if cls is None else made(cls)
