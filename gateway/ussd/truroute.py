"""TruRoute: a small XML document there and one back, the kind of each as a number.

What identifies a turn: ``sessionid``, new for every session, and type 1 for the first one; later hops are counted by
nobody. What stays ambiguous: an answer that comes again later than ``repeat_seconds`` looks like the same answer to
the next screen. Money is safe all the same: what spends has no number that was typed before in its session.

Types 3 (the person hung up), 4 (timeout) and 10 (a premium charge failed; we ask for none) end a session. We never
redirect (5), and say with each screen that it costs nothing.

Contract: "USSD HTTP POST to WASP" (sms.com.na), and TNM's adapter for Laravel. It names no content type.
"""

from __future__ import annotations

from gateway.core.turn import Input, Reply
from gateway.ussd import xml
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import NO_XML, dialled, msisdn, needed, present, refuse

_REQUEST, _RESPONSE, _RELEASE = "1", "2", "3"
_ENDS = {_RELEASE: "release", "4": "timeout", "10": "charge"}


class TruRoute:
    """Satisfies ``Dialect``."""

    name = "truroute"
    ways = (Way(),)
    septets = 182

    def parse(self, request: HopRequest) -> Hop | Ended:
        refuse(request, NO_XML)
        fields = xml.children(xml.read(request.body, "ussd"))
        session = session_id(fields.get("sessionid", ""), "sessionid")
        kind = needed(fields, "type").strip()
        echo = {"msisdn": fields.get("msisdn", "").strip(), "sessionid": session}
        if kind in _ENDS:
            return Ended(session, _ENDS[kind], echo)
        if kind not in (_REQUEST, _RESPONSE):
            raise BadHop("type is none of TruRoute's")
        begins, text = kind == _REQUEST, present(fields, "msg")
        return Hop(
            session=session,
            msisdn=msisdn(needed(fields, "msisdn"), "msisdn"),
            service=dialled(text, bare=True) if begins else "",
            network="",
            said=Input("", begins=True) if begins else Input(typed(text, "msg")),
            echo=echo,
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        kind = _RELEASE if reply.ends else _RESPONSE
        return _written(dict(hop.echo) if hop else {}, kind, reply.text, status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return _written(dict(ended.echo), _RELEASE, "")


def _written(echo: dict[str, str], kind: str, text: str, status: int = 200) -> HopResponse:
    said = [xml.node(name, value) for name, value in (*echo.items(), ("type", kind), ("msg", text))]
    premium = xml.node("premium", "", None, xml.node("cost", "0"), xml.node("ref", "NULL"))
    return HopResponse(xml.written(xml.node("ussd", "", None, *said, premium)), "text/xml", status)
