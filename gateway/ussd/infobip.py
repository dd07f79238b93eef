"""Infobip's USSD gateway: JSON under one address a session, ``/session/{id}/start``, ``/response`` and ``/end``.

What identifies a turn: the session's id in the address, and ``start`` for the first one; later hops are counted by
nobody. What stays ambiguous: an answer that comes again later than ``repeat_seconds`` looks like the same answer to
the next screen. Money is safe all the same: what spends has no number that was typed before in its session.

The outcome stands twice in an answer: in the HTTP status and in ``responseExitCode``.

Contract: "INFOBIP USSD Gateway to Third-party Application HTTP/REST/JSON Web Service API", as vumi cites it. Its
optional ``GET …/status`` is not served.
"""

from __future__ import annotations

import json

from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import NO_JSON, dialled, document, msisdn, needed, present, refuse

_START = Way(path="/session/{session}/start")
_RESPONSE = Way(path="/session/{session}/response")
_END = Way(method="PUT", path="/session/{session}/end")


class Infobip:
    """Satisfies ``Dialect``."""

    name = "infobip"
    ways = (_START, _RESPONSE, _END)
    septets = 182

    def parse(self, request: HopRequest) -> Hop | Ended:
        refuse(request, NO_JSON)
        session = session_id(request.parts.get("session", ""), "session")
        fields = document(request.body)
        if request.way == _END:
            return Ended(session, fields.get("exitcode", fields.get("reason", "")))
        begins = request.way == _START
        text = fields.get("text", "") if begins else present(fields, "text")
        number = needed(fields, "msisdn") if begins else fields.get("msisdn", "")
        return Hop(
            session=session,
            msisdn=msisdn(number, "msisdn") if number.strip() else None,
            service=dialled(text) or dialled(fields.get("shortcode", ""), bare=True) if begins else "",
            network=fields.get("ussdgwid", "").strip(),
            said=Input("", begins=True) if begins else Input(typed(text, "text")),
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        return _written({"shouldClose": reply.ends, "ussdMenu": reply.text}, status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return _written({})


def _written(screen: dict[str, object], status: int = 200) -> HopResponse:
    answer = {**screen, "responseExitCode": status, "responseMessage": "" if status == 200 else "refused"}
    return HopResponse(json.dumps(answer, ensure_ascii=False).encode(), "application/json", status)
