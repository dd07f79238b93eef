"""Handing out what is kept of behaviour, for training: of those alone whose consent stands at this moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from flows.behaviour import Source
from gateway.core.behaviour_desk import BehaviourDesk
from scoring import behaviour_files
from store import behaviour, subscriptions
from store.reader import Reader

Row = tuple[Any, ...]
_AT_ONCE = 64
"""People: of one there may be thousands of sessions."""


async def rows(reader: Reader, desk: BehaviourDesk, source: Source) -> AsyncIterator[Row]:
    """The rows of a file that ``chasqui usage load`` would take, of those who hold their number: who, when, what."""
    names = behaviour_files.header_of(source)[2:]
    after = ""
    while people := await behaviour.people(reader, after, _AT_ONCE):
        after = people[-1]
        holders = await subscriptions.by_ids(reader, people)
        standing = await desk.standing([one.id for one in holders.values() if one.state != "ended"])
        told = await behaviour.told_of(reader, [one for one in standing if source in standing[one]], source)
        for person in sorted(told):
            for record in sorted(told[person], key=lambda one: one.at):
                if not desk.too_old(source, record.at):
                    values = orjson.loads(record.content)
                    yield (holders[person].msisdn, record.at.isoformat(), *(values.get(name, "") for name in names))
