"""Hubtel's Programmable Services: JSON both ways, with a state that Hubtel hands back at the next hop.

What identifies a turn: ``SessionId`` and, at every hop but the first, ``ClientState``, which is the number of the
screen that it answers; so a repeated hop and a late one are known for what they are. Where the state does not come
back as it was sent, ``Sequence`` counts instead (the initiation is its 1). What stays ambiguous: nothing, as long as
one of the two is there; without both it is a wire that counts nothing (``identity``).

``Favorite`` opens a session as ``Initiation`` does: we never ask for a step to be kept as one. ``Query`` asks for data
behind the screen of an app, which a menu has not: it is answered with the end of a session, and no session moves.

Contract: Hubtel's API reference (Programmable Services, push request and response), and its .NET SDK.
"""

from __future__ import annotations

import json
import re

from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import NO_JSON, dialled, document, msisdn, needed, refuse

_BEGINS = frozenset({"initiation", "favorite"})
_ENDS = frozenset({"release", "timeout"})
_COUNT = re.compile(r"[0-9]{1,4}")


class Hubtel:
    """Satisfies ``Dialect``."""

    name = "hubtel"
    ways = (Way(),)
    septets = 182

    def parse(self, request: HopRequest) -> Hop | Ended:
        refuse(request, NO_JSON)
        fields = document(request.body)
        kind = needed(fields, "type").strip().lower()
        session = session_id(fields.get("sessionid", ""), "sessionid")
        echo = {"Platform": fields["platform"]} if "platform" in fields else {}
        if kind in _ENDS:
            return Ended(session, kind, echo)
        if kind == "query":
            raise BadHop("a query, which is no hop", status=200)
        if kind != "response" and kind not in _BEGINS:
            raise BadHop("type is none of Hubtel's")
        return Hop(
            session=session,
            msisdn=msisdn(needed(fields, "mobile"), "mobile"),
            service=_service(fields, kind) if kind in _BEGINS else "",
            network=fields.get("operator", "").strip(),
            said=Input("", begins=True, number=0) if kind in _BEGINS else _answer(fields),
            echo=echo,
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        said = {
            "Type": "Release" if reply.ends else "Response",
            "Message": reply.text,
            "Label": reply.text,
            "ClientState": str(reply.number),
            "DataType": "display" if reply.ends else "input",
            "FieldType": "text",
        }
        return _written({"SessionId": hop.session, **said, **hop.echo} if hop else said, status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return _written({"SessionId": ended.session, "Type": "Release", "Message": "", **ended.echo})


def _service(fields: dict[str, str], kind: str) -> str:
    """What was dialled; an app opens a service by its id, which dials nothing. A favourite's message is its value."""
    message = "" if kind == "favorite" else dialled(fields.get("message", ""))
    return message or dialled(fields.get("servicecode", ""), bare=True)


def _answer(fields: dict[str, str]) -> Input:
    text = typed(fields.get("message", ""), "message")
    state, sequence = fields.get("clientstate", "").strip(), fields.get("sequence", "").strip()
    if _COUNT.fullmatch(state):
        return Input(text, number=int(state) + 1)
    if _COUNT.fullmatch(sequence) and int(sequence) > 1:
        return Input(text, number=int(sequence) - 1)
    return Input(text)


def _written(document: dict[str, str], status: int = 200) -> HopResponse:
    return HopResponse(json.dumps(document, ensure_ascii=False).encode(), "application/json", status)
