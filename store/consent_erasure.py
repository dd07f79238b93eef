"""Erasing what is personal in a subscription's consents: its key is deleted, the chain stays whole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.behaviour import Source
from flows.effects import RecordAudit
from flows.values import SubscriptionId
from store import audit, behaviour, decisions, imsis, prices, turns
from store.tables import consent_keys as t
from store.unit import Gate, Unit

ERASED = "consent.erased"
"""The action of the audit."""
_DELETE = delete(t).where(t.c.subscription_id == bindparam("subscription_id")).returning(t.c.subscription_id)


def erasure(subscription: SubscriptionId, actor: str, at: datetime) -> Unit:
    """Delete the key, the turns in which the consents were given, decisions, which SIM was theirs, how likely they were
    to leave, their prices and what was kept of their behaviour, and note who did.

    The unit's gate is shut when there is no key; the rest goes all the same.
    """
    noted = RecordAudit(actor=actor, action=ERASED, subscription=subscription, at=at)
    return Unit(
        gate=Gate(_DELETE, {"subscription_id": subscription}),
        ops=(audit.note(noted),),
        always=(
            turns.forget_of(subscription),
            decisions.forget_of(subscription),
            *imsis.forget_of(subscription, at),
            *prices.forget_of(subscription),
            *behaviour.forget_of(subscription, tuple(Source)),
        ),
    )


async def empty_log(engine: AsyncEngine) -> bool:
    """Overwrite the write-ahead log, where a deleted key can still be read. False while somebody reads from it.

    In the database file itself ``secure_delete`` has overwritten it.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        busy = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).scalar_one()
    return not busy
