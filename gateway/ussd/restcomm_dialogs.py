"""The dialogues that we open through RestComm: what is posted, and what the gateway's answer means. Pure.

Contract: the gateway's admin guide (HTTP transfer mechanism, push) and its ``HttpServerSbb``, ``XmlMAPDialog`` at 7.1.
Error codes are those of MAP (3GPP TS 29.002 §17.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from flows.values import Msisdn
from gateway.core.ports import PushFailed, PushReason, PushUnknown
from gateway.ussd import xml
from gateway.ussd.dialect import BadHop, typed
from menus.charset import is_gsm7

_ASK, _SHOW = "unstructuredSSRequest_Request", "unstructuredSSNotify_Request"
_ANSWER, _CONFIRMED = "unstructuredSSRequest_Response", "unstructuredSSNotify_Response"
_GSM7, _UCS2 = "15", "72"
_ERRORS: dict[str, PushReason] = {
    "6": "absent",  # absentSubscriberSM, by the question where the phone is
    "27": "absent",
    "34": "away",  # systemFailure
    "51": "away",  # resourceLimitation
    "72": "busy",
}
"""Every other error is a refusal: unknown, illegal, barred, not provisioned, no such alphabet."""
_NO_ROOM = ("isUserResourceLimitation", "isResourceUnavailableReason")


@dataclass(frozen=True, slots=True)
class Answered:
    """The person typed this."""

    text: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The phone has shown what asks for nothing."""


Told = Answered | Confirmed | PushFailed | PushUnknown


def screen(text: str, *, asks: bool, seconds: float, to: Msisdn | None = None) -> bytes:
    """A screen. to: opens the dialogue, left out in one that goes on. seconds: for which an answer is awaited."""
    message = {"dataCodingScheme": _GSM7 if is_gsm7(text) else _UCS2, "string": text}
    address = {"nai": "international_number", "npi": "ISDN", "number": to or ""}
    within = [xml.node("msisdn", "", address)] if to else []
    dialog = {"mapMessagesSize": "1", "customInvokeTimeout": f"{seconds * 1000:.0f}"}
    return xml.written(xml.node("dialog", "", dialog, xml.node(_ASK if asks else _SHOW, "", message, *within)))


def end() -> bytes:
    """The end of a dialogue, which nobody else ends."""
    return xml.written(xml.node("dialog", "", {"mapMessagesSize": "0", "prearrangedEnd": "false"}))


def told(body: bytes) -> Told:
    """What the gateway answered. What is no dialogue, or says nothing, leaves open what became of the screen."""
    try:
        dialog = xml.read(body, "dialog")
        return _failed(dialog) or _heard(dialog)
    except BadHop as error:
        return PushUnknown(f"the gateway's answer: {error}")


def _heard(dialog: Element) -> Told:
    answer = dialog.find(_ANSWER)
    if answer is not None:
        return Answered(typed(answer.get("string", ""), "string"))
    if dialog.find(_CONFIRMED) is not None:
        return Confirmed()
    return PushUnknown("the gateway's answer has no message")


def _failed(dialog: Element) -> PushFailed | PushUnknown | None:
    """Timeouts and aborts of a phone that may have shown the screen count as no answer."""
    error = dialog.find("errComponents/errorComponent")
    if error is not None:
        code = error.get("errorCode", "")
        return PushFailed(_ERRORS.get(code, "refused"), f"MAP error {code}")
    if len(dialog.find("rejectComponents") or ()):
        return PushFailed("refused", "rejected by the network")
    refused, abort = dialog.get("mapRefuseReason", ""), dialog.get("mapUserAbortChoice", "")
    if refused:
        return PushFailed("away" if refused == "RemoteNodeNotReachable" else "refused", refused)
    if abort:
        return PushFailed("busy" if abort.startswith(_NO_ROOM) else "no_answer", abort)
    if dialog.get("dialogTimedOut") == "true" or "invokeTimedOut" in dialog.attrib:
        return PushFailed("no_answer", "timed out")
    if "mapAbortProviderReason" in dialog.attrib:
        return PushUnknown(dialog.get("mapAbortProviderReason", ""))
    return None
