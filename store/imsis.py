"""Which number a SIM was last said to have, and what was last told of its 5G policy counters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from flows.values import Msisdn, SubscriptionId
from store.reader import Reader
from store.tables import imsis as t
from store.tables import policy_counters as counters
from store.tables import subscriptions
from store.unit import Gate, Op

_INSERT = insert(t)
_TOLD = {"msisdn": _INSERT.excluded.msisdn, "told_at": _INSERT.excluded.told_at}
_LEARN = _INSERT.on_conflict_do_update(
    index_elements=[t.c.imsi], set_=_TOLD, where=t.c.told_at <= _INSERT.excluded.told_at
)
_READ = _INSERT.on_conflict_do_update(index_elements=[t.c.imsi], set_=_TOLD)
_OF = select(t.c.msisdn).where(t.c.imsi == bindparam("imsi"))
_TOLD_AT = select(t.c.told_at).where(t.c.imsi == bindparam("imsi"))
_COUNT = insert(counters)
_CHANGED = _COUNT.on_conflict_do_update(
    index_elements=[counters.c.imsi, counters.c.counter],
    set_={"status": _COUNT.excluded.status, "told_at": _COUNT.excluded.told_at},
    where=counters.c.status != _COUNT.excluded.status,
).returning(counters.c.imsi, counters.c.counter, counters.c.status)
_FORGET = delete(counters).where(counters.c.imsi == bindparam("whose"))
_PERSON = subscriptions.c.id == bindparam("whose")
_NUMBER = select(subscriptions.c.msisdn).where(_PERSON).scalar_subquery()
_UNTIL = (
    select(func.coalesce(subscriptions.c.ended_at, bindparam("before", type_=t.c.told_at.type)))
    .where(_PERSON)
    .scalar_subquery()
)
_THEIRS = (t.c.msisdn == _NUMBER, t.c.told_at < _UNTIL)
_FORGET_COUNTERS_OF = delete(counters).where(counters.c.imsi.in_(select(t.c.imsi).where(*_THEIRS)))
_FORGET_OF = delete(t).where(*_THEIRS)
_SIMS = select(t.c.imsi, t.c.told_at).where(*_THEIRS).order_by(t.c.told_at, t.c.imsi)


def learn(imsi: str, msisdn: Msisdn, at: datetime) -> Op:
    """This SIM has this number, unless something newer was said."""
    return Op(_LEARN, {"imsi": imsi, "msisdn": msisdn, "told_at": at})


async def number_of(reader: Reader, imsi: str) -> Msisdn | None:
    """The number of this SIM, None where nobody said."""
    row = await reader.first(_OF, {"imsi": imsi})
    return None if row is None else Msisdn(row.msisdn)


def read_to_the_end(name: str, at: datetime) -> Op:
    """The file of this name was last taken in whole when it had this age: a row that no SIM can have."""
    return Op(_READ, {"imsi": name, "msisdn": "", "told_at": at})


async def was_read(reader: Reader, name: str, at: datetime) -> bool:
    """Whether the file of this name and age was taken in whole."""
    rows: Sequence[object] = [row.told_at for row in await reader.rows(_TOLD_AT, {"imsi": name})]
    return at in rows


def counter_changed(imsi: str, counter: str, status: str, at: datetime) -> Gate:
    """Shut when this status was the last that was told of the counter."""
    values = {"imsi": imsi, "counter": counter, "status": status, "told_at": at}
    return Gate(_CHANGED, values, ("imsi", "counter", "status"))


def forget_counters(imsi: str) -> Op:
    """The counters are not watched any more: what is told next is new."""
    return Op(_FORGET, {"whose": imsi})


def forget_of(subscription: SubscriptionId, before: datetime) -> tuple[Op, Op]:
    """Whoever has this subscription is in none of the SIMs that were told before, or before it ended if it did."""
    values = {"whose": subscription, "before": before}
    return Op(_FORGET_COUNTERS_OF, values), Op(_FORGET_OF, values)


async def of_subscription(reader: Reader, subscription: SubscriptionId, before: datetime) -> list[tuple[str, datetime]]:
    """The SIMs that ``forget_of`` would forget, each with when it was told."""
    rows = await reader.rows(_SIMS, {"whose": subscription, "before": before})
    return [(row.imsi, row.told_at) for row in rows]
