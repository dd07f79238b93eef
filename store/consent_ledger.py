"""Appending to the consent chain: one link after the other, durable together with the reply that they belong to.

Consents are rare, so each waits for the one before: under a lock, the head is known, the records are linked to it, and
the whole unit is committed before the head moves on. ``position`` is the primary key, so of two processes that link to
the same head the database takes one; the other reads the head again and links anew. A unit that fails or whose gate is
shut leaves no hole, for a position exists only as a committed row.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select

from flows.effects import RecordConsent
from flows.frozen import dataclass
from flows.porting import LAWFUL_BASIS
from store import consent_chain
from store.consent_chain import GENESIS
from store.consent_seal import Key, Personal, new_key, seal
from store.consents import keys_of
from store.errors import AWAY, WriteFailed
from store.reader import Reader
from store.tables import consent_keys, consents, microseconds
from store.unit import Op, Unit
from store.writer import Writer

SCHEMA_VERSION = "1"
"""Of the clear part of a record; a new layout gets a new number, and old records stay as they are."""
_ATTEMPTS = 20
_PAUSE = 0.02
"""Seconds that a process which came second waits at most, so that the same one is not second every time."""
_INSERT = insert(consents)
_INSERT_KEY = insert(consent_keys)  # no ON CONFLICT: a key that was not written must not have sealed anything
_HEAD = select(consents.c.position, consents.c.hash).order_by(consents.c.position.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record."""

    position: int
    hash: str


class ConsentLedger:
    """The one way to write consents. One per process; several processes may write one chain."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()
        self._head: Head | None = None

    async def commit(self, unit: Unit, records: Sequence[RecordConsent]) -> bool:
        """Write a unit with its consents, all or nothing; False when its gate was shut. Raises WriteFailed."""
        async with self._lock:
            for _ in range(_ATTEMPTS):
                outcome = await self._append(unit, records)
                if outcome is not None:
                    return outcome
                await asyncio.sleep(random.uniform(0, _PAUSE))
        raise _retryable("other processes took every next place in the consent chain")

    async def _append(self, unit: Unit, records: Sequence[RecordConsent]) -> bool | None:
        """Whether the gate opened, or None when another process was quicker."""
        known, self._head = self._head, None  # unknown until the commit is known, also if the caller is cancelled
        try:
            head = known or await self._read_head()
            ops, reached = await self._linked(records, head)
        except AWAY as error:
            raise _retryable(f"the consent chain cannot be read: {error.__class__.__name__}") from error
        try:
            opened = await self._writer.commit(replace(unit, ops=(*unit.ops, *ops)))
        except WriteFailed as failure:
            if failure.retryable or await self._read_head() == head:
                raise
            return None
        self._head = reached if opened else head
        return opened

    async def _read_head(self) -> Head:
        row = await self._reader.first(_HEAD)
        return Head(0, GENESIS) if row is None else Head(row.position, row.hash)

    async def _linked(self, records: Sequence[RecordConsent], head: Head) -> tuple[list[Op], Head]:
        """The rows of these records after ``head``, new keys among them, and the head that they reach.

        Keys are read after the head: whoever adds a key also takes a place, so a key missed here makes this unit fail.
        """
        ops: list[Op] = []
        keys = await keys_of(self._reader, [record.subscription for record in records])
        for record in records:
            if record.subscription not in keys:
                keys[record.subscription] = new_key(record.subscription, record.at)
                ops.append(_put_key(keys[record.subscription]))
            row = _row(record, head, keys[record.subscription])
            ops.append(Op(_INSERT, row))
            head = Head(row["position"], row["hash"])
        return ops, head


def _retryable(reason: str) -> WriteFailed:
    failure = WriteFailed(reason)
    failure.retryable = True
    return failure


def _put_key(key: Key) -> Op:
    values = {"subscription_id": key.subscription, "id": key.id, "key": key.secret, "created_at": key.created_at}
    return Op(_INSERT_KEY, values)


def _row(record: RecordConsent, head: Head, key: Key) -> dict[str, Any]:
    position = head.position + 1
    personal = Personal(record.msisdn, record.prompts, record.replies, record.session)
    values: dict[str, Any] = {
        "position": position,
        "record_id": record.record_id,
        "subscription_id": record.subscription,
        "event": record.event,
        "purpose": record.purpose,
        "at": record.at,
        "clear": _clear(record, key),
        "sealed": seal(personal, key, record.record_id, position),
        "previous": head.hash,
    }
    hashed = {**values, "at": microseconds(record.at)}
    return {**values, "hash": consent_chain.link(position, hashed).hash}


def _clear(record: RecordConsent, key: Key) -> str:
    """Canonical JSON: keys sorted, no blanks, ASCII."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "jurisdiction": record.jurisdiction,
        "lawful_basis": LAWFUL_BASIS,
        "language": record.language,
        "menu": record.menu,
        "menu_version": record.menu_version,
        "channel": record.channel,
        "prompt_sha256": [sha256(prompt.encode()).hexdigest() for prompt in record.prompts],
        "key": key.id,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
