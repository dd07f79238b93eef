"""What can go wrong with a menu."""

from __future__ import annotations

from collections.abc import Sequence


class MenuError(Exception):
    """A menu that cannot be used. problems: one sentence each, with file and line. code: stable, for machines."""

    code = "menu-error"
    retryable = False

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
