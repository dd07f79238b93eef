"""What the answers to the parts of one text mean for the whole."""

from __future__ import annotations

from typing import Final

from gateway.core.ports import SubmitNotSent, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.smpp.pdu import Response
from gateway.smpp.session import Answer, NoAnswer
from gateway.smpp.vocabulary import Status, status_name

RETRYABLE: Final = frozenset(
    {
        Status.INVALID_BIND_STATUS,
        Status.SYSTEM_ERROR,
        Status.QUEUE_FULL,
        Status.SUBMIT_FAILED,
        Status.THROTTLED,
        Status.TEMPORARY_APP_ERROR,
        Status.UNKNOWN_ERROR,
    }
)
"""Statuses after which the same text may be accepted later."""


def outcome(smsc: str, answers: tuple[Answer | None, ...], retryable: frozenset[int] = RETRYABLE) -> SubmitOutcome:
    """One outcome for all parts; None stands for a part that was never written.

    Doubt outweighs refusal, and a text of which only some parts left before the link went is in doubt.
    """
    if len(answers) == 1 and isinstance(only := answers[0], Response) and only.status == Status.OK:
        return Submitted(smsc, (only.text,))
    if all(answer is None for answer in answers):
        return SubmitNotSent("no bind, or it went before anything was written")
    responses = [answer for answer in answers if isinstance(answer, Response)]
    ids = tuple(response.text for response in responses if response.status == Status.OK)
    silent = [answer for answer in answers if isinstance(answer, NoAnswer)]
    if silent:
        lost = any(answer.link_lost for answer in silent)
        return SubmitUnknown(
            smsc, "link lost before the answer" if lost else "no answer in time", lost, ids, len(answers)
        )
    refused = [response.status for response in responses if response.status != Status.OK]
    if refused:
        final = [status for status in refused if status not in retryable]
        status = (final or refused)[0]
        return SubmitRefused(smsc, status, status_name(status), retryable=not final, message_ids=ids)
    if len(ids) < len(answers):
        return SubmitUnknown(smsc, "link lost between parts", link_lost=True, message_ids=ids, parts=len(answers))
    return Submitted(smsc, ids)
