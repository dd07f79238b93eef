"""What triggers tell of behaviour, and what is left of them once it was kept."""

from __future__ import annotations

import orjson

from flows.behaviour import BehaviourRecord, Source
from flows.events import BehaviourReported, TriggerFact, UsageReported

_TOLD = ("sessions", "category")
_NOTHING = "{}"


def records(fact: TriggerFact) -> tuple[BehaviourRecord, ...]:
    """What a trigger tells of somebody's behaviour; a session with a category counts in both sources."""
    match fact:
        case BehaviourReported(told):
            return told
        case UsageReported(sessions, _, category):
            used = tuple(BehaviourRecord(Source.SESSIONS, one.start, {"bytes": one.bytes}) for one in sessions)
            of_app = (
                BehaviourRecord(Source.CATEGORIES, one.start, {"category": category, "bytes": one.bytes})
                for one in sessions
            )
            return (*used, *of_app) if category else used
        case _:
            return ()


def without_behaviour(fact: TriggerFact, body: str) -> str | None:
    """An event as the inbox keeps it from then on; None where it stays as it is."""
    match fact:
        case BehaviourReported():
            return _NOTHING
        case UsageReported(sessions=(_, *_)):
            return _bundles_alone(body)
        case _:
            return None


def _bundles_alone(body: str) -> str:
    """A report of use without its sessions; of one that cannot be read nothing is left."""
    try:
        event = orjson.loads(body)
        data = {name: value for name, value in event["data"].items() if name not in _TOLD}
        return orjson.dumps({**event, "data": data}).decode()
    except (ValueError, KeyError, AttributeError, TypeError):
        return _NOTHING
