"""What can be wrong with a menu or with the way it is asked; one base for the package."""

from __future__ import annotations

from collections.abc import Sequence


class MenusError(Exception):
    """Base of all errors of this package.

    code: stable, for machines. retryable: whether the same call may succeed later.
    """

    code: str = "menus-error"
    retryable: bool = False


class MenuError(MenusError):
    """A menu cannot be used; each problem is one line naming file, line and what to change."""

    code = "menu"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PageUnknown(MenusError):
    """A place names a page that this version of the menu does not have."""

    code = "page-unknown"


class OutcomeUnknown(MenusError):
    """A command ended in a way that its option has no page for."""

    code = "outcome-unknown"


class PlaceUnreadable(MenusError):
    """A stored place cannot be read."""

    code = "place-unreadable"


class FactMismatch(MenusError):
    """A fact does not have the kind or the fields that its vocabulary promises."""

    code = "fact-mismatch"


class ScreenTooSmall(MenusError):
    """A screen has no room for anything beside its navigation."""

    code = "screen-too-small"
