"""From a hop to its reply, whatever wire it came on: the menu that its code leads to, its turn, and what went wrong."""

from __future__ import annotations

import logging
from functools import cache
from time import perf_counter

from prometheus_client import Counter, Histogram

from gateway.core.context import Context
from gateway.core.doors import Door
from gateway.core.turn import Input, Reply, Said, Transcript, Turn
from gateway.core.turns import TurnDesk
from gateway.errors import ForeignSession, PurchaseUnclear, SessionOver, TurnTimedOut
from gateway.telemetry import around
from gateway.ussd.dialect import Ended, Hop
from gateway.ussd.services import Dialled, Services
from menus.charset import transliterate
from store.errors import StoreError

_LOG = logging.getLogger(__name__)
_NOWHERE_YET = Dialled("")
"""Of a wire that names the service only as a session begins."""
_ENDS = frozenset({"success", "incomplete", "failed", "release", "timeout", "abort", "end", "charge"})


class Answering:
    """Answers every hop, in the market's language where nothing is known of the person."""

    def __init__(self, context: Context, turns: TurnDesk, services: Services) -> None:
        self._context = context
        self._turns = turns
        self._services = services
        self._voice = context.market_voice()
        self._hops = cache(self._counter)  # to look a child up by its labels costs more than to count
        self._seconds = cache(self._histogram)
        self._replied = around(context.traces, "hop", self._reply)
        self._taken = around(context.traces, "turn", turns.take)

    async def answer(self, hop: Hop, door: Door) -> Reply:
        """The reply. Never raises: a person who waits gets words."""
        since = perf_counter()
        reply = await self._replied(hop, door)
        self._seconds(door.name).observe(perf_counter() - since)
        return reply

    async def _reply(self, hop: Hop, door: Door) -> Reply:
        dialled = self._dialled(hop, door)
        if dialled is None:
            self.count(door, "unknown_service")
            _LOG.warning(
                "a code that leads nowhere was dialled", extra={"door": door.name, "characters": len(hop.service)}
            )
            return last_words(self._voice.no_service(), door)
        said = _with_dialled(hop.said, dialled.behind) if dialled.behind else hop.said
        turn = Turn(door.dialect, hop.session, hop.msisdn, dialled.menu, said, door, self._context.clock())
        try:
            reply = await self._taken(turn)
        except ForeignSession:
            _LOG.warning("a hop came in the session of another number and was refused", extra={"door": door.name})
            return self._failed(door, "foreign_session")
        except SessionOver:
            self.count(door, "session_over")
            return last_words(self._voice.session_over(), door)
        except PurchaseUnclear:
            self.count(door, "purchase_unclear")
            _LOG.error("an order could not be answered in time", extra={"door": door.name})
            return Reply(self._voice.purchase_unclear(), ends=True)
        except (StoreError, TurnTimedOut) as error:
            _LOG.exception("a hop could not be answered")
            return self._failed(door, error.code)
        except Exception:
            _LOG.exception("a hop failed")
            return self._failed(door, "error")
        self.count(door, "ends" if reply.ends else "goes_on")
        return reply

    async def ended(self, ended: Ended, door: Door) -> None:
        """The network has closed a session. Never raises: what could not be kept is known until a restart."""
        self.count(door, f"ended_{_word(ended.status)}")
        try:
            await self._turns.ended(door, ended.session)
        except StoreError:
            _LOG.exception("that a session was closed could not be kept")

    def count(self, door: Door, outcome: str) -> None:
        """One more hop that ended so."""
        self._hops(door.name, door.dialect, outcome).inc()
        if self._context.traces is not None:
            self._context.traces.note(door=door.name, dialect=door.dialect, outcome=outcome)

    def _failed(self, door: Door, outcome: str) -> Reply:
        self.count(door, outcome)
        return last_words(self._voice.try_again(), door)

    def _counter(self, door: str, dialect: str, outcome: str) -> Counter:
        return self._context.metrics.hops.labels(door, dialect, outcome)

    def _histogram(self, door: str) -> Histogram:
        return self._context.metrics.hop_seconds.labels(door)

    def _dialled(self, hop: Hop, door: Door) -> Dialled | None:
        service = hop.service or door.service
        begins = isinstance(hop.said, Transcript) or hop.said.begins
        if not begins and not service:
            return _NOWHERE_YET
        found = self._services.find(service, door.network or hop.network)
        return _NOWHERE_YET if found is None and begins is None else found  # an answer that looks like a code


def last_words(text: str, door: Door | None = None) -> Reply:
    """An end that no menu wrote, in what the door's phones can show."""
    gsm7 = door is None or door.budget.charset == "gsm7"
    return Reply(transliterate(text) if gsm7 else text, ends=True)


def _with_dialled(said: Said, behind: str) -> Said:
    """What was said, with what stood behind the code in the dialled string."""
    text = f"{behind}*{said.text}" if said.text else behind
    match said:
        case Transcript():
            return Transcript(text)
        case Input(begins=True):
            return Input(text, begins=True, number=said.number, reuses=said.reuses)
        case Input(begins=None):
            return Input(said.text, begins=None, number=said.number, reuses=said.reuses, dialled=behind)
        case _:
            return said


def _word(status: str) -> str:
    """A status as a metric's label: the known ones, and one for all others."""
    return status.lower() if status.lower() in _ENDS else "other"
