"""Safaricom: arguments in the address or in a form, with the whole transcript, answered by ``CON …`` or ``END …``.

What identifies a turn: ``SESSION_ID`` and ``USSD_PARAMS``, all that was said so far joined by ``*``, what was dialled
behind the service code first. What stays ambiguous is what it is with Africa's Talking: an input that holds ``*``
looks like two to anybody who splits the text. A hop whose text does not go on from the last one contradicts it.

The wire tells no end of a session: a silent one runs out. ``DEST`` may come without its star and hash.

Contract: as vumi's transport for Safaricom in Kenya knows it.
"""

from __future__ import annotations

from gateway.core.turn import Reply, Transcript
from gateway.ussd.dialect import Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import arguments, dialled, msisdn, needed, present


class Safaricom:
    """Satisfies ``Dialect``."""

    name = "safaricom"
    ways = (Way(), Way("GET"))
    septets = 160

    def parse(self, request: HopRequest) -> Hop | Ended:
        fields = arguments(request)
        dest = needed(fields, "dest").strip()
        return Hop(
            session=session_id(fields.get("session_id", ""), "session_id"),
            msisdn=msisdn(needed(fields, "orig"), "orig"),
            service=dialled(dest, bare=True) or dest,
            network="",
            said=Transcript(typed(present(fields, "ussd_params"), "ussd_params")),
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        word = "END" if reply.ends else "CON"
        return HopResponse(f"{word} {reply.text}".encode(), "text/plain", status, {"Cache-Control": "no-store"})

    def format_ended(self, ended: Ended) -> HopResponse:
        return HopResponse(b"", "text/plain")
