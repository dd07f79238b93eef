"""What can go wrong in scoring; one base for the package."""

from __future__ import annotations


class ScoringError(Exception):
    """Base of all scoring errors.

    code: stable, for machines. retryable: whether the same call may succeed later.
    """

    code = "scoring"
    retryable = False


class UsageStateMalformed(ScoringError):
    """Bytes that are not a usage state of a known version."""

    code = "usage-state-malformed"


class ShapeMismatch(ScoringError):
    """Arrays of one batch do not fit together."""

    code = "shape-mismatch"
