"""Africa's Talking: a form with the whole transcript, answered by ``CON …`` or ``END …``.

What identifies a turn: ``sessionId`` and ``text``, all that was said so far joined by ``*``. A repeated hop carries the
same text, a late one a shorter one. What stays ambiguous: an input that holds ``*`` looks like two inputs to anybody
who splits the text; here it is what the text has more than the last turn's, so ``1*2`` typed at once is one input.
A hop whose text does not go on from the last one contradicts it, and is answered with the last words: money is safe.
"""

from __future__ import annotations

from gateway.core.turn import Reply, Transcript
from gateway.ussd.dialect import Ended, Hop, HopRequest, HopResponse, Way, session_id, typed
from gateway.ussd.fields import form, msisdn, needed

_HOP, _END = Way(), Way(path="/events")


class AfricasTalking:
    """Satisfies ``Dialect``."""

    name = "africastalking"
    ways = (_HOP, _END)
    septets = 182

    def parse(self, request: HopRequest) -> Hop | Ended:
        fields = form(request.body)
        if request.way == _END:
            return Ended(session_id(fields.get("sessionId", ""), "sessionId"), fields.get("status", ""))
        number = msisdn(needed(fields, "phoneNumber"), "phoneNumber")
        text = typed(fields.get("text", ""), "text")
        return Hop(
            session=session_id(fields.get("sessionId", ""), "sessionId"),
            msisdn=number,
            service=needed(fields, "serviceCode").strip(),
            network=fields.get("networkCode", "").strip(),
            said=Transcript(text),
        )

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        word = "END" if reply.ends else "CON"
        return HopResponse(f"{word} {reply.text}".encode(), "text/plain", status)

    def format_ended(self, ended: Ended) -> HopResponse:
        return HopResponse(b"", "text/plain")
