"""The calls to an AIR, each with what its answer means (AIR Programmer's Guide, UCIP 5.0, §13.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count

import aiohttp

from flows.values import Msisdn
from gateway.core.ports import NotSent, OutcomeUnknown, Refused
from gateway.errors import OcsError, OcsUnavailable, UnknownSubscriber
from gateway.ocs import ucip_wire as wire
from gateway.ocs.answers import UnreadableAnswer
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
            status, answer = await self._link.charge(body)
            if status in _NOT_LET_IN:
                return NotSent(f"the AIR did not let us in ({status}): {_hint(status)}")
            if status != 200:
                return OutcomeUnknown(f"the AIR answered {status}")
            read = wire.read(answer, transaction)
            against = wire.judged(read)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NotSent(f"no connection to the AIR ({type(error).__name__})")
        except TimeoutError:
            return OutcomeUnknown("the AIR did not answer in time")
        except aiohttp.ClientError as error:
            return OutcomeUnknown(f"the connection to the AIR was lost ({type(error).__name__})")
        except UnreadableAnswer as error:
            return OutcomeUnknown(f"the AIR's answer cannot be read: {error}")
        if against is not None:
            return against
        assert not isinstance(read, Fault), "a fault always stands against it"
        return dict(read)

    async def question(self, method: str, msisdn: Msisdn, none: int | None = None) -> Members:
        """The answer to a question; none: a code that says that there is nothing.

        Raises UnknownSubscriber (102), OcsUnavailable (5xx, not let in, overload), OcsError (other codes and faults),
        UnreadableAnswer, TimeoutError, aiohttp.ClientError.
        """
        transaction = str(next(self._questions))
        body = wire.format_question(self._caller, method, msisdn, transaction, self._now())
        status, found = await self._link.ask(body)
        if status != 200:
            kind = OcsUnavailable if status >= 500 or status in _NOT_LET_IN else OcsError
            raise kind(f"the charging system answered {status}: {_hint(status)}")
        answer = wire.read(found, transaction)
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
