"""Handing out what is kept of behaviour, for training: of those alone whose consent stands at this moment."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from flows.behaviour import Source
from gateway.core.behaviour_desk import BehaviourDesk
from scoring import behaviour_files
from store import behaviour
from store.reader import Reader

Row = tuple[Any, ...]


async def rows(reader: Reader, desk: BehaviourDesk, source: Source) -> AsyncIterator[Row]:
    """The rows of a file that ``chasqui usage load`` would take: who, when, what."""
    names = behaviour_files.header_of(source)[2:]
    after = ("", "")
    while page := await behaviour.told(reader, source, after):
        standing = await desk.standing(sorted({one.subscription for one in page}))
        for one in page:
            if source in standing[one.subscription] and not desk.too_old(source, one.record.at):
                values = json.loads(one.record.content)
                yield (one.msisdn, one.record.at.isoformat(), *(values.get(name, "") for name in names))
        after = (page[-1].subscription, page[-1].record.digest)
