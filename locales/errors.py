"""What can be wrong with a catalogue or with the way it is asked; one base for the package."""

from __future__ import annotations


class CatalogueError(Exception):
    """A text cannot be made.

    code: stable, for machines. retryable: whether the same call may succeed later.
    """

    code = "catalogue"
    retryable = False


class CatalogueUnreadable(CatalogueError):
    """A catalogue file is not a gettext catalogue in UTF-8, or a translation does not match its message."""

    code = "catalogue-unreadable"


class PlaceholderMismatch(CatalogueError):
    """The values given are not exactly the placeholders of the message."""

    code = "placeholder-mismatch"
