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


class BehaviourStateMalformed(ScoringError):
    """Bytes that are not daily sums of a known version."""

    code = "behaviour-state-malformed"


class ShapeMismatch(ScoringError):
    """Arrays of one batch do not fit together."""

    code = "shape-mismatch"


class FileMalformed(ScoringError):
    """A file that cannot be read as the table that it should be: names file, and where it can, line and column."""

    code = "file-malformed"


class FileUnwritable(ScoringError):
    """A file that cannot be written: a folder, a device, a full disk."""

    code = "file-unwritable"


class ExtraMissing(ScoringError):
    """Something needs a library that is not installed; the message says how to."""

    code = "extra-missing"


class ModelRefused(ScoringError):
    """A model file that is damaged, of another kind, or made for other features."""

    code = "model-refused"


class NothingToCompare(ScoringError):
    """No case that both models saw has an outcome yet."""

    code = "nothing-to-compare"
    retryable = True


class LogUnusable(ScoringError):
    """A log of decisions that says nothing of the policy that is asked about."""

    code = "log-unusable"


class DecisionMalformed(ScoringError):
    """Bytes that are not a decision of a known form."""

    code = "decision-malformed"


class TooLittleToLearn(ScoringError):
    """Files with too few people, weeks or cases to train a model on, or to judge it by."""

    code = "too-little-to-learn"


class TrainingRefused(ScoringError):
    """Data that no model can be made or measured from."""

    code = "training-refused"


class TooManyCombinations(ScoringError):
    """More itemsets or rules are frequent than anybody could read or this machine hold."""

    code = "too-many-combinations"


class NothingToMine(ScoringError):
    """None of a file's rows counts; the message says which do."""

    code = "nothing-to-mine"
