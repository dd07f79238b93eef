"""Why a push did not reach a phone, from the network's own words."""

from __future__ import annotations

from typing import Final

from gateway.config.tree import UssdProfileConfig
from gateway.core.ports import DeliveryReceipt, PushFailed, PushOutcome, PushReason, PushUnknown, Shown
from gateway.smpp.outcomes import RETRYABLE
from gateway.smpp.pdu import Message, Response, tlv
from gateway.smpp.session import Answer
from gateway.smpp.vocabulary import NETWORK_ERROR_CODE, Status, status_name

_BY_MAP_ERROR: Final[dict[int, PushReason]] = {
    1: "refused",  # unknownSubscriber
    9: "refused",  # illegalSubscriber
    10: "refused",  # bearerServiceNotProvisioned
    11: "refused",  # teleserviceNotProvisioned
    12: "refused",  # illegalEquipment
    13: "refused",  # callBarred
    21: "refused",  # facilityNotSupported
    27: "absent",  # absentSubscriber
    31: "busy",  # subscriberBusyForMT-SMS
    71: "refused",  # unknownAlphabet
    72: "busy",  # ussd-Busy
}
"""3GPP TS 29.002 §17.6.6 and §17.7; most networks hand these numbers on."""


def refusal(answer: Answer | None, profile: UssdProfileConfig) -> PushOutcome | None:
    """What the answer to a push's submit_sm means for it; None where the SMSC has taken it."""
    if answer is None:
        return PushFailed("away", "the bind is down or full")
    if not isinstance(answer, Response):
        return PushUnknown("the link was lost before the answer" if answer.link_lost else "no answer from the SMSC")
    if answer.status == Status.OK:
        return None
    return PushFailed(_by_status(answer.status, profile), status_name(answer.status))


def by_receipt(receipt: DeliveryReceipt, *, asks: bool) -> PushOutcome | None:
    """What a delivery receipt means for a push: that it reached the phone is no answer. None: nothing."""
    if receipt.state == "delivered":
        return None if asks else Shown()
    if receipt.state not in ("failed", "expired"):
        return None
    code = int(receipt.error) if receipt.error.isascii() and receipt.error.isdigit() else 0
    return PushFailed(_BY_MAP_ERROR.get(code, "absent"), f"{receipt.state} {receipt.error}".strip())


def by_end(message: Message) -> PushFailed:
    """The network has ended the session: with its error code, or because nobody answered."""
    value = tlv(message.tlvs, NETWORK_ERROR_CODE) or b""
    code = int.from_bytes(value[1:3], "big")  # the first octet is the kind of network (SMPP 3.4 §5.3.2.31)
    detail = f"network error {code}" if code else "the network ended the session"
    return PushFailed(_BY_MAP_ERROR.get(code, "no_answer"), detail)


def _by_status(status: int, profile: UssdProfileConfig) -> PushReason:
    if status in profile.absent:
        return "absent"
    if status in profile.busy:
        return "busy"
    if status == Status.DELIVERY_FAILED:
        return "absent"
    return "away" if status in RETRYABLE else "refused"
