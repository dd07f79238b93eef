"""Africa's Talking: a form with the whole transcript, answered by ``CON …`` or ``END …``.

What identifies a turn: ``sessionId`` and ``text``, all that was said so far joined by ``*``. A repeated hop carries the
same text, a late one a shorter one. What stays ambiguous: an input that holds ``*`` looks like two inputs to anybody
who splits the text; here it is what the text has more than the last turn's, so ``1*2`` typed at once is one input.
A hop whose text does not go on from the last one contradicts it, and is answered with the last words: money is safe.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from flows.values import parse_msisdn
from gateway.core.turn import Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, HopResponse

_MOST_FIELDS = 50
_MOST_SESSION = 128
_MOST_TEXT = 4_000
"""Characters of a transcript: more than any network's session can say."""
_CONTROL = dict.fromkeys((*range(32), 127))


class AfricasTalking:
    """Satisfies ``Dialect``."""

    name = "africastalking"

    def parse(self, request: HopRequest) -> Hop:
        form = _form(request.body)
        msisdn = parse_msisdn(_needed(form, "phoneNumber").strip().replace(" ", ""))
        if msisdn is None:
            raise BadHop("phoneNumber is not a number in E.164")
        text = form.get("text", "")
        if len(text) > _MOST_TEXT:
            raise BadHop(f"text has more than {_MOST_TEXT} characters")
        return Hop(
            session=_session(form),
            msisdn=msisdn,
            service=_needed(form, "serviceCode").strip(),
            network=form.get("networkCode", "").strip(),
            transcript=text.translate(_CONTROL),
        )

    def parse_end(self, request: HopRequest) -> Ended:
        form = _form(request.body)
        return Ended(_session(form), form.get("status", ""))

    def format(self, reply: Reply, status: int = 200) -> HopResponse:
        word = "END" if reply.ends else "CON"
        return HopResponse(f"{word} {reply.text}".encode(), "text/plain", status)


def _form(body: bytes) -> dict[str, str]:
    """The fields; the first of two with one name counts."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except UnicodeDecodeError:
        raise BadHop("the form is not UTF-8") from None
    except ValueError:
        raise BadHop(f"the form has more than {_MOST_FIELDS} fields") from None
    return dict(reversed(pairs))


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value.strip():
        raise BadHop(f"{name} is missing")
    return value


def _session(form: dict[str, str]) -> str:
    session = _needed(form, "sessionId").strip()
    if len(session) > _MOST_SESSION or not session.isprintable():
        raise BadHop(f"sessionId must be at most {_MOST_SESSION} printable characters")
    return session
