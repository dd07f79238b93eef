"""The calls to an AIR, each with what its answer means (AIR Programmer's Guide, UCIP 5.0, §13.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count

from flows.values import Msisdn
from gateway.core.ports import NotSent, OutcomeUnknown, Refused
from gateway.errors import OcsError, OcsUnavailable, UnknownSubscriber
from gateway.ocs import ucip_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.http_link import NotReached
from gateway.ocs.ucip_link import AirLink
from gateway.ocs.xml_rpc import Fault, Members

Against = Refused | NotSent | OutcomeUnknown
"""Why a message that moves money was not carried out, or perhaps not."""
_NOT_LET_IN = frozenset({400, 401, 403, 404, 405, 407, 429})  # refused at the door, before anything was carried out


class AirCalls:
    """Speaks UCIP as ``caller`` over ``link``."""

    def __init__(self, link: AirLink, caller: wire.Caller, now: Callable[[], datetime]) -> None:
        self._link, self._caller, self._now = link, caller, now
        self._questions = count(int(now().timestamp() * 1_000_000))

    async def charge(self, body: bytes, transaction: str) -> dict[str, object] | Against:
        """The answer to a message that moves money if it was carried out, else what stands against it."""
        try:
            reply = await self._link.charge(body)
            if reply.status in _NOT_LET_IN:
                return NotSent(f"the AIR did not let us in ({reply.status}): {_hint(reply.status)}")
            if reply.status != 200:
                return OutcomeUnknown(f"the AIR answered {reply.status}")
            read = wire.read(reply.body, transaction)
            against = wire.judged(read)
        except NotReached as error:
            return NotSent(str(error))
        except OcsError as error:
            return OutcomeUnknown(str(error))
        except UnreadableAnswer as error:
            return OutcomeUnknown(f"the AIR's answer cannot be read: {error}")
        if against is not None:
            return against
        assert not isinstance(read, Fault), "a fault always stands against it"
        return dict(read)

    async def question(self, method: str, msisdn: Msisdn, none: int | None = None) -> Members:
        """The answer to a question; none: a code that says that there is nothing.

        Raises UnknownSubscriber (102), OcsTimeout, OcsUnavailable (no connection, 5xx, not let in, overload), OcsError
        (other codes and faults), UnreadableAnswer.
        """
        transaction = str(next(self._questions))
        body = wire.format_question(self._caller, method, msisdn, transaction, self._now())
        reply = await self._link.ask(body)
        status = reply.status
        if status != 200:
            kind = OcsUnavailable if status >= 500 or status in _NOT_LET_IN else OcsError
            raise kind(f"the charging system answered {status}: {_hint(status)}")
        answer = wire.read(reply.body, transaction)
        if isinstance(answer, Fault):
            against = wire.judged(answer)
            raise (OcsUnavailable if isinstance(against, NotSent) else OcsError)(
                f"the charging system answered with fault {answer.code}"
            )
        code = wire.code_of(answer)
        if code == wire.UNKNOWN_SUBSCRIBER:
            raise UnknownSubscriber("the charging system does not know this subscriber")
        if code == none:
            return {}
        if not wire.succeeded(code):
            raise OcsError(f"the charging system answered with response code {code}")
        return answer


def _hint(status: int) -> str:
    return {
        401: "see ocs.ucip.user and password",
        403: "see ocs.ucip.user_agent and what the user may do",
        404: "see the path of ocs.url",
    }.get(status, "see the AIR")
