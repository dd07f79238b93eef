"""RestComm's ``<dialog>``, both ways: what is said in one, how one ends, and what the answer to a push means. Pure.

Contract: the gateway's admin guide (HTTP transfer mechanism, push) and its ``HttpServerSbb``, ``XmlMAPDialog`` at 7.1.
Error codes are those of MAP (3GPP TS 29.002 §17.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.core.ports import PushFailed, PushReason, PushUnknown
from gateway.ussd import xml
from gateway.ussd.dialect import BadHop, typed
from menus.charset import is_gsm7

ASK, ANSWER = "unstructuredSSRequest_Request", "unstructuredSSRequest_Response"
_SHOW, _CONFIRMED = "unstructuredSSNotify_Request", "unstructuredSSNotify_Response"
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


@dataclass(frozen=True, slots=True)
class Over:
    """The end of a dialogue: in a word, and what it means for the screen that was pushed last."""

    status: str
    outcome: PushFailed | PushUnknown


def over(dialog: Element) -> Over | None:
    """How a dialogue has ended, whatever its ``type`` says; a phone that let it time out may have shown the screen."""
    kind, said = dialog.get("type", "").lower(), dialog.attrib
    error = dialog.find("errComponents/errorComponent")
    if error is not None:
        code = error.get("errorCode", "")
        return Over("abort", PushFailed(_ERRORS.get(code, "refused"), f"MAP error {code}"))
    if dialog.find("rejectComponents/*") is not None:
        return Over("abort", PushFailed("refused", "rejected by the network"))
    if why := said.get("mapRefuseReason"):
        return Over("abort", PushFailed("away" if why == "RemoteNodeNotReachable" else "refused", why))
    if why := said.get("mapUserAbortChoice"):
        return Over("abort", PushFailed("busy" if why.startswith(_NO_ROOM) else "no_answer", why))
    if said.get("dialogTimedOut") == "true" or "invokeTimedOut" in said:
        return Over("timeout", PushFailed("no_answer", "timed out"))
    if kind == "abort" or "mapAbortProviderReason" in said or dialog.find("errComponents/*") is not None:
        return Over("abort", PushUnknown(said.get("mapAbortProviderReason", "broken off")))
    return Over("end", PushUnknown("ended without an answer")) if kind == "end" else None


def message(tag: str, text: str, attributes: Mapping[str, str] | None = None, *within: Element) -> Element:
    """A message with a text, in GSM-7 where that holds it, else in UCS-2."""
    text = xml.clean(text)
    coding = _GSM7 if is_gsm7(text) else _UCS2
    return xml.node(tag, "", {**(attributes or {}), "dataCodingScheme": coding, "string": text}, *within)


def written(*messages: Element, **attributes: str) -> bytes:
    """A dialogue with these messages."""
    return xml.written(xml.node("dialog", "", {"mapMessagesSize": str(len(messages)), **attributes}, *messages))


# ── dialogues that we open ──


def screen(text: str, *, asks: bool, seconds: float, to: Msisdn | None = None) -> bytes:
    """A screen. to: opens the dialogue, left out in one that goes on. seconds: for which an answer is awaited."""
    address = {"nai": "international_number", "npi": "ISDN", "number": to or ""}
    within = [xml.node("msisdn", "", address)] if to else []
    return written(message(ASK if asks else _SHOW, text, None, *within), customInvokeTimeout=f"{seconds * 1000:.0f}")


def told(body: bytes) -> Told:
    """What the gateway answered. What is no dialogue, or says nothing, leaves open what became of the screen."""
    try:
        dialog = xml.read(body, "dialog")
        ended, answer = over(dialog), dialog.find(ANSWER)
        if ended is not None and ended.status != "end":
            return ended.outcome
        if answer is not None:
            return Answered(typed(answer.get("string", ""), "string"))
    except BadHop as error:
        return PushUnknown(f"the gateway's answer: {error}")
    if dialog.find(_CONFIRMED) is not None:
        return Confirmed()
    return ended.outcome if ended is not None else PushUnknown("the gateway's answer has no message")
