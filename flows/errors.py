"""What can go wrong in the business rules and their files, by cause; one base for the package."""

from __future__ import annotations


class FlowError(Exception):
    """Base of all errors of this package.

    code: stable, for machines. retryable: whether the same call may succeed later.
    """

    code: str = "flow-error"
    retryable: bool = False


class CatalogueError(FlowError):
    """A catalogue file cannot be used; the message is one line naming file, bundle and key."""

    code = "catalogue"


class DraftUnfit(FlowError):
    """A bundle that was proposed cannot be sold as it is; the message is one line that says what it lacks."""

    code = "draft-unfit"


class MarketError(FlowError):
    """A market pack cannot be used; the message is one line naming file and key."""

    code = "market"


class SplitUnreadable(FlowError):
    """The shares of a publication are not what this version of Chasqui writes."""

    code = "split-unreadable"
