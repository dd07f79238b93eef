"""The pace of use, which forecasts are made from: of new sessions, in the order of time, each once (ADR 33).

It is written in the unit of the records that it was made of, so what is known as a record has counted, and what has
counted is known: whether it came as an event, in a file, or both.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from flows.behaviour import BehaviourRecord, Source
from flows.values import SubscriptionId
from scoring.errors import ScoringError
from scoring.features import FORGOTTEN_DAYS, UsageState, can_be, from_bytes, has_place, observe_all, to_bytes
from store import behaviour, usage
from store.behaviour import KeptRecord
from store.reader import Reader

_LOG = logging.getLogger(__name__)
_HOUR = 3600.0
_REMEMBERED = FORGOTTEN_DAYS * 24 * _HOUR
_ENOUGH_HOURS = 28 * 24
"""Of history: more changes no forecast."""
_Session = tuple[float, float]
"""Epoch seconds, bytes."""


async def after(
    reader: Reader, told: Mapping[SubscriptionId, Sequence[BehaviourRecord]], begun: Collection[SubscriptionId]
) -> dict[SubscriptionId, bytes]:
    """The paces with these sessions, by person. told: new ones; begun: people of whom others are kept.

    What is too old for a place in the pace leads to one that is made anew of all that is kept, and so does a pace that
    is lost. To be read after the sums whose change is the gate of the unit that writes it.
    """
    states = await usage.of_all(reader, list(told))
    found: dict[SubscriptionId, bytes] = {}
    for person, records in told.items():
        sessions = [one for one in map(_session, records) if can_be(*one)]
        known, anew = _known(states.get(person)), None
        if known is None:
            anew = await _anew(reader, person, sessions, UsageState()) if person in begun else None
        elif not all(has_place(known, start) for start, _ in sessions):
            anew = await _anew(reader, person, sessions, known)
        found[person] = to_bytes(anew or observe_all(known or UsageState(), sessions))
    return found


async def _anew(
    reader: Reader, person: SubscriptionId, sessions: Sequence[_Session], known: UsageState
) -> UsageState | None:
    """Made of these sessions and all that are kept; None where those do not reach back as far as what is known."""
    newest = max(known.last_hour * _HOUR, *(start for start, _ in sessions))
    since = datetime.fromtimestamp(max(newest - _REMEMBERED, 0), UTC)
    told = await behaviour.told_of(reader, [person], Source.SESSIONS)
    kept = [_kept_session(one) for one in told.get(person, ()) if one.at >= since]
    made = observe_all(UsageState(), (*kept, *sessions))
    reaches_back = made.first_hour <= known.first_hour or made.last_hour - made.first_hour >= _ENOUGH_HOURS
    return made if known.first_hour < 0 or reaches_back else None


def _session(record: BehaviourRecord) -> _Session:
    return record.at.timestamp(), float(record.values["bytes"])


def _kept_session(kept: KeptRecord) -> _Session:
    return kept.at.timestamp(), float(orjson.loads(kept.content)["bytes"])


def _known(data: bytes | None) -> UsageState | None:
    """None also for one that cannot be read."""
    if not data:
        return None
    try:
        return from_bytes(data)
    except ScoringError:
        _LOG.warning("usage features could not be read and begin anew")
        return None
