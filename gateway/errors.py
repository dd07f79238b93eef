"""What can go wrong at the edges, by cause; one base for the package."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class GatewayError(Exception):
    """Base of all gateway errors.

    code: stable, for machines. retryable: whether the same call may succeed later.
    """

    code = "gateway-error"
    retryable = False


class ConfigError(GatewayError):
    """The configuration cannot be used; the message is one line that says what to change."""

    code = "config"


class PortInUse(GatewayError):
    """A port that the gateway or a simulator needs is taken."""

    code = "port-in-use"


class CannotListen(GatewayError):
    """An address at which the gateway or a simulator should listen is not this machine's, or not allowed."""

    code = "cannot-listen"


@contextmanager
def listening(host: str, port: int, what: str) -> Iterator[None]:
    """Name address and purpose in what goes wrong there. Raises PortInUse, CannotListen."""
    try:
        yield
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {port} on {host} is in use ({what})") from error
        raise CannotListen(f"cannot listen on {host}:{port} ({what}): {error}") from error


class StoreUnavailable(GatewayError):
    """The store cannot make anything durable now."""

    code = "store-unavailable"
    retryable = True


class OcsError(GatewayError):
    """The charging system did not give an answer that can be used."""

    code = "ocs-error"


class OcsTimeout(OcsError):
    """The charging system did not answer in time."""

    code = "ocs-timeout"
    retryable = True


class OcsUnavailable(OcsError):
    """The charging system could not be reached, or answered with a server error."""

    code = "ocs-unavailable"
    retryable = True


class OcsBusy(OcsError):
    """Too many calls to the charging system wait already."""

    code = "ocs-busy"
    retryable = True


class OrderUnknown(GatewayError):
    """There is no order with this key."""

    code = "unknown-order"


class NotRefundable(GatewayError):
    """Nothing can be given back for this order, now or at all."""

    code = "not-refundable"


class ChargesStopped(OcsError):
    """An operator has stopped everything: the charging system is not asked."""

    code = "charges-stopped"
    retryable = True


class UnknownSubscriber(OcsError):
    """The charging system does not know this subscriber."""

    code = "unknown-subscriber"


class ForeignSession(GatewayError):
    """A hop came in the session of another number."""

    code = "foreign-session"


class SessionOver(GatewayError):
    """A hop came for a session that nobody knows, that its network has ended, or that gave way to a newer one."""

    code = "session-over"


class PurchaseUnclear(GatewayError):
    """An order was given, and whether it is durable could not be told in time: nobody may be told to try again."""

    code = "purchase-unclear"


class TurnTimedOut(GatewayError):
    """A hop could not be answered in time; it may come again."""

    code = "turn-timed-out"
    retryable = True


class BindRefused(GatewayError):
    """The SMSC refused the bind (wrong system_id or password, or no such account)."""

    code = "bind-refused"
    retryable = True


class CompilerFailed(GatewayError):
    """The process that compiles menus did not do its work; it says nothing about the menu."""

    code = "compiler-failed"
    retryable = True


class PublicationRefused(GatewayError):
    """A version is not published; each problem is one line that says why."""

    code = "publication-refused"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class BadControl(GatewayError):
    """What was asked to be stopped or named is none of what can be."""

    code = "bad-control"


class StoryKeyUnusable(GatewayError):
    """The key that stories are signed or checked with cannot be used; the message says what to do."""

    code = "story-key-unusable"


class DraftProblem(GatewayError):
    """What was asked about drafts of the catalogue cannot be done; the message is one line that says why."""

    code = "drafts"


class OrdersProblem(GatewayError):
    """What was asked about orders cannot be done; the message is one line that says why."""

    code = "orders"


class DecisionsProblem(GatewayError):
    """What was asked about decisions cannot be done; the message is one line that says why."""

    code = "decisions"


class StatementUnreadable(GatewayError):
    """A statement of the charging system cannot be read; the message names file, line and column, nobody's number."""

    code = "statement-unreadable"


class BatchRefused(GatewayError):
    """A nightly batch cannot run like this, or not now; the message is one line that says what to do."""

    code = "batch-refused"


class BatchFailed(GatewayError):
    """A nightly batch was broken off by what is outside, such as a full disk; what is whole is kept."""

    code = "batch-failed"
    retryable = True
