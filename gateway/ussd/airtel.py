"""Airtel, by Comviva's Flares pull interface: arguments in the address, plain text back, the rest in headers.

What identifies a turn: ``SessionID`` alone. The wire counts nothing, and does not even say whether a hop begins a
session: one that nobody knows begins with what was dialled, in ``input`` without its first star and its hash. What
stays ambiguous: an answer, or the dialled code, that comes again later than ``repeat_seconds`` looks like the next
answer. Money is safe all the same: what spends has no number that was typed before in its session.

``userid`` and ``password`` are not looked at: the door's address and its token in the path say who may knock.
Chasqui asks for no charge of its own, so ``charge`` is always ``N``.

Contract: Comviva Flares 1.5.0 HTTP pull API, document 1.2.0, as vumi's transport for Airtel knows it.
"""

from __future__ import annotations

from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import arguments, dialled, msisdn, needed, present


class Airtel:
    """Satisfies ``Dialect``."""

    name = "airtel"
    ways = (Way("GET"), Way())
    septets = 182  # Flares lets 184 through, the network 160 octets

    def parse(self, request: HopRequest) -> Hop | Ended:
        fields = arguments(request)
        session = session_id(fields.get("sessionid", ""), "sessionid")
        if "clean" in fields:
            return Ended(session, fields["clean"].strip())
        text = present(fields, "input")
        return Hop(
            session=session,
            msisdn=msisdn(needed(fields, "msisdn"), "msisdn"),
            service=dialled(text, bare=True),
            network="",
            said=Input(typed(text, "input"), begins=None),
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        flow = {"Freeflow": "FB" if reply.ends else "FC", "charge": "N", "amount": "0"}
        return HopResponse(reply.text.encode(), "text/plain", status, {**flow, "Cache-Control": "no-store"})

    def format_ended(self, ended: Ended) -> HopResponse:
        return HopResponse(b"", "text/plain")
