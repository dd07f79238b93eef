"""The RestComm USSD gateway's HTTP interface: one XML ``<dialog>`` there and one back, for sessions that people begin.

What identifies a turn: the dialogue's TCAP transaction ids, of both sides, which come together again only after very
long; and ``userObject``, which it sends back at every hop as we set it: the number of the screen that is answered, and
the ``invokeId`` that the last answer must repeat. So a repeated hop and a late one are known for what they are. What
stays ambiguous: nothing, as long as ``userObject`` comes back; without it this is a wire that counts nothing
(``identity``), and the last answer repeats the hop's own ``invokeId``.

A number stands in ``<msisdn>``, or where the network gave none in ``<originationReference>``; later hops have neither.
An abort, a refusal, an error or a timeout is the end of a session, whatever the dialogue's ``type`` says.

Contract: the gateway's admin guide (HTTP transfer mechanism) and its ``XmlMAPDialog``, ``HttpClientSbb`` at 7.1.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from gateway.core.turn import Input, Reply
from gateway.ussd import xml
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import NO_XML, dialled, msisdn, refuse
from gateway.ussd.restcomm_dialog import ANSWER, ASK, message, over, written

_BEGIN, _LAST = "processUnstructuredSSRequest_Request", "processUnstructuredSSRequest_Response"
_XML = "text/xml"
_OURS = re.compile(r"([0-9]{1,4})/(-?[0-9]{1,10})")
_INVOKE = re.compile(r"-?[0-9]{1,10}")


class Restcomm:
    """Satisfies ``Dialect``."""

    name = "restcomm"
    ways = (Way(),)
    septets = 182

    def parse(self, request: HopRequest) -> Hop | Ended:
        refuse(request, NO_XML)
        dialog = xml.read(request.body, "dialog")
        session = session_id("/".join(filter(None, (dialog.get("localId"), dialog.get("remoteId")))), "localId")
        ended = over(dialog)
        if ended is not None:
            return Ended(session, ended.status)
        begin, answer = dialog.find(_BEGIN), dialog.find(ANSWER)
        if begin is not None:
            return _begins(dialog, begin, session)
        if answer is not None:
            return _goes_on(dialog, answer, session)
        raise BadHop("the dialogue has no message of a session that a person began")

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        invoke = hop.echo["invokeId"] if hop else "0"
        if reply.ends:
            body = written(message(_LAST, reply.text, {"invokeId": invoke}), prearrangedEnd="false")
        else:
            body = written(message(ASK, reply.text), userObject=f"{reply.number}/{invoke}")
        return HopResponse(body, _XML, status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return HopResponse(written(prearrangedEnd="true"), _XML)


def _begins(dialog: Element, message: Element, session: str) -> Hop:
    number = _number(message, "msisdn") or _number(dialog, "originationReference")
    return Hop(
        session=session,
        msisdn=msisdn(number, "msisdn"),
        service=dialled(message.get("string", "")),
        network=dialog.get("networkId", "").strip(),
        said=Input("", begins=True, number=0),
        echo={"invokeId": _invoke(message)},
    )


def _goes_on(dialog: Element, message: Element, session: str) -> Hop:
    number = _number(message, "msisdn")
    ours = _OURS.fullmatch(dialog.get("userObject", ""))
    return Hop(
        session=session,
        msisdn=msisdn(number, "msisdn") if number else None,
        service="",
        network=dialog.get("networkId", "").strip(),
        said=Input(typed(message.get("string", ""), "string"), number=int(ours.group(1)) + 1 if ours else None),
        echo={"invokeId": ours.group(2) if ours else _invoke(message)},
    )


def _number(parent: Element, name: str) -> str:
    element = parent.find(name)
    return element.get("number", "").strip() if element is not None else ""


def _invoke(message: Element) -> str:
    invoke = message.get("invokeId", "0")
    if not _INVOKE.fullmatch(invoke):
        raise BadHop("invokeId is not a number")
    return invoke
