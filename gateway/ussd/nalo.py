"""Nalo Solutions: JSON both ways, one flag for "begins" on the way in and for "goes on" on the way out.

What identifies a turn: ``SESSIONID``, and ``MSGTYPE`` for the first one; later hops are counted by nobody. What stays
ambiguous: an answer that comes again later than ``repeat_seconds`` looks like the same answer to the next screen.
Money is safe all the same: what spends has no number that was typed before in its session.

The wire names no service: the first ``USERDATA`` is what was dialled, if it looks like it; else the door's service is
meant. It tells no end of a session either: a silent one runs out.

Contract: Nalo's USSD API documentation (Postman 7705958), and the nunyakata package, which cites it.
"""

from __future__ import annotations

import json

from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import NO_JSON, dialled, document, msisdn, needed, present, refuse

_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})


class Nalo:
    """Satisfies ``Dialect``."""

    name = "nalo"
    ways = (Way(),)
    septets = 120

    def parse(self, request: HopRequest) -> Hop | Ended:
        refuse(request, NO_JSON)
        fields = document(request.body)
        begins = _flag(needed(fields, "msgtype"))
        number = needed(fields, "msisdn")
        data = fields.get("userdata", "") if begins else present(fields, "userdata")
        return Hop(
            session=session_id(fields.get("sessionid", ""), "sessionid"),
            msisdn=msisdn(number, "msisdn"),
            service=dialled(data) if begins else "",
            network=fields.get("network", "").strip(),
            said=Input("", begins=True) if begins else Input(typed(data, "userdata")),
            echo={"USERID": needed(fields, "userid"), "MSISDN": number},
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        answer = {**(hop.echo if hop else {}), "MSG": reply.text, "MSGTYPE": not reply.ends}
        return HopResponse(json.dumps(answer, ensure_ascii=False).encode(), "application/json", status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return HopResponse(b"{}", "application/json")


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word not in _YES | _NO:
        raise BadHop("msgtype is neither true nor false")
    return word in _YES
