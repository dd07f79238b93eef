"""What all wires of triggers have in common: from an event to the inbox, and from what is wrong to an answer."""

from __future__ import annotations

from datetime import datetime

from flows.events import LifeCycle, LifeCycleChanged
from gateway.core.problems import Problem
from gateway.core.triggers import Triggered
from gateway.ocs.cloudevents import Event, NotAnEvent
from store import imsis, inbox
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit

MOST_BYTES = 1024 * 1024
_ENDS = (LifeCycle.RECYCLED, LifeCycle.PORTED_OUT)
"""After these the number is in no SIM that they name."""


def triggered(one: Event, at: datetime) -> Triggered:
    """The event as it stands in the inbox. at: when it came."""
    return Triggered(Entry(new_id(at), "trigger", one.source, one.id, one.msisdn, one.body, at), one.trigger)


def unit_of(item: Triggered, one: Event) -> Unit:
    """What is written of it: itself, and whose SIM it tells of."""
    taken = inbox.take_in(item.entry)
    fact = one.trigger.fact
    if not one.imsi or (isinstance(fact, LifeCycleChanged) and fact.change in _ENDS):
        return taken
    return Unit(gate=taken.gate, ops=(imsis.learn(one.imsi, one.msisdn, item.entry.received_at),))


def refusal_of(error: NotAnEvent) -> Problem:
    """The answer to what is no event."""
    errors = [{"pointer": pointer, "detail": what} for pointer, what in error.problems.items()]
    return Problem(422, error.code, "the event cannot be taken in; see errors", errors=errors)
