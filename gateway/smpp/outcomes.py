"""What the answers to the parts of one text mean for the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.core.ports import Refusal, SubmitNotSent, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.smpp.pdu import Response
from gateway.smpp.session import Answer, NoAnswer
from gateway.smpp.vocabulary import LONGEST_ID, Status, status_name

REFUSALS: Final[Mapping[int, Refusal]] = {
    Status.THROTTLED: "throttled",
    Status.QUEUE_FULL: "throttled",
    Status.SYSTEM_ERROR: "temporary",
    Status.SUBMIT_FAILED: "temporary",
    Status.TEMPORARY_APP_ERROR: "temporary",
    Status.UNKNOWN_ERROR: "temporary",
    Status.INVALID_COMMAND_ID: "elsewhere",
    Status.INVALID_BIND_STATUS: "elsewhere",
    Status.INVALID_PRIORITY: "elsewhere",
    Status.INVALID_REGISTERED_DELIVERY: "elsewhere",
    Status.INVALID_SOURCE: "elsewhere",
    Status.BIND_FAILED: "elsewhere",
    Status.INVALID_PASSWORD: "elsewhere",
    Status.INVALID_SYSTEM_ID: "elsewhere",
    Status.INVALID_SERVICE_TYPE: "elsewhere",
    Status.INVALID_ESM_CLASS: "elsewhere",
    Status.INVALID_SOURCE_TON: "elsewhere",
    Status.INVALID_SOURCE_NPI: "elsewhere",
    Status.INVALID_SYSTEM_TYPE: "elsewhere",
    Status.INVALID_REPLACE_FLAG: "elsewhere",
    Status.INVALID_SCHEDULE: "elsewhere",
    Status.INVALID_EXPIRY: "elsewhere",
    Status.INVALID_TLV_STREAM: "elsewhere",
    Status.TLV_NOT_ALLOWED: "elsewhere",
    Status.INVALID_TLV_LENGTH: "elsewhere",
    Status.MISSING_TLV: "elsewhere",
    Status.INVALID_TLV_VALUE: "elsewhere",
}
"""What kind of no a command_status is (SMPP 3.4 §5.1.3), where the operator says nothing else.

``elsewhere`` is what this account or this SMSC does not take, and another may. Whatever is not named is final: what is
wrong with the destination, and a vendor's own statuses, which mean anything.
"""
RETRYABLE: Final = frozenset(
    {
        Status.INVALID_BIND_STATUS,
        *(status for status, kind in REFUSALS.items() if kind in ("throttled", "temporary")),
    }
)
"""Statuses that say nothing of the message: the network, or our way to it, is busy or away."""
_WORST: Final[Sequence[Refusal]] = ("final", "elsewhere", "temporary", "throttled")


def outcome(smsc: str, answers: tuple[Answer | None, ...], refusals: Mapping[int, Refusal] = REFUSALS) -> SubmitOutcome:
    """One outcome for all parts; None stands for a part that was never written.

    Doubt outweighs refusal, and a text of which only some parts left before the link went is in doubt.
    """
    if len(answers) == 1 and isinstance(only := answers[0], Response) and only.status == Status.OK:
        return Submitted(smsc, (only.text[:LONGEST_ID],))
    if all(answer is None for answer in answers):
        return SubmitNotSent("no bind, or it went before anything was written")
    responses = [answer for answer in answers if isinstance(answer, Response)]
    ids = tuple(response.text[:LONGEST_ID] for response in responses if response.status == Status.OK)
    silent = [answer for answer in answers if isinstance(answer, NoAnswer)]
    if silent:
        lost = any(answer.link_lost for answer in silent)
        return SubmitUnknown(
            smsc, "link lost before the answer" if lost else "no answer in time", lost, ids, len(answers)
        )
    refused = [response.status for response in responses if response.status != Status.OK]
    if refused:
        kinds = {refusals.get(status, "final"): status for status in reversed(refused)}
        worst = next(kind for kind in _WORST if kind in kinds)
        return SubmitRefused(smsc, kinds[worst], status_name(kinds[worst]), worst, ids)
    if len(ids) < len(answers):
        return SubmitUnknown(smsc, "link lost between parts", link_lost=True, message_ids=ids, parts=len(answers))
    return Submitted(smsc, ids)
