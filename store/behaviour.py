"""What is kept of people's behaviour, by source: the records, and the daily sums that are made of them (ADR 33).

Records and sums are written as one unit whose gate is the sums' number of changes: of a gateway and a load that read
the same sums, the second finds the gate shut, reads again, and finds the first one's records known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from flows.behaviour import Source
from flows.frozen import dataclass
from flows.values import SubscriptionId
from store.reader import AnyRow, Reader
from store.tables import behaviour as t
from store.tables import behaviour_records as r
from store.tables import usage
from store.unit import Gate, Op, Unit

PAGE = 1_000
_OF = select(t).where(t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))
_FURTHER = tuple_(t.c.subscription_id, t.c.source) > tuple_(bindparam("after"), bindparam("after_source"))
_ALL = select(t).where(_FURTHER).order_by(t.c.subscription_id, t.c.source).limit(PAGE)
_BEGIN = insert(t).on_conflict_do_nothing().returning(t.c.subscription_id, t.c.source)
_GO_ON = (
    update(t)
    .where(
        t.c.subscription_id == bindparam("which"),
        t.c.source == bindparam("of_source"),
        t.c.changes == bindparam("known_changes"),
    )
    .values(state=bindparam("new_state"), changes=bindparam("new_changes"), updated_at=bindparam("at"))
    .returning(t.c.changes)
)
_KEEP = insert(r).on_conflict_do_nothing()
_KNOWN = select(r.c.digest).where(
    r.c.subscription_id == bindparam("subscription"),
    r.c.source == bindparam("source"),
    r.c.digest.in_(bindparam("digests", expanding=True)),
)
_FORGET_STATE = delete(t).where(t.c.subscription_id == bindparam("whose"), t.c.source == bindparam("of_source"))
_FORGET_RECORDS = delete(r).where(r.c.subscription_id == bindparam("whose"), r.c.source == bindparam("of_source"))
_FORGET_PACE = delete(usage).where(usage.c.subscription_id == bindparam("whose"))
_OLD = (
    select(r.c.subscription_id, r.c.digest)
    .where(r.c.source == bindparam("source"), r.c.at < bindparam("before"))
    .limit(PAGE)
)
_FORGET = delete(r).where(
    r.c.subscription_id == bindparam("whose"), r.c.source == bindparam("of_source"), r.c.digest == bindparam("which")
)
_PACED = (
    select(usage.c.subscription_id)
    .where(usage.c.subscription_id > bindparam("after"))
    .order_by(usage.c.subscription_id)
    .limit(PAGE)
)
_PEOPLE = (
    select(t.c.subscription_id)
    .where(t.c.subscription_id > bindparam("after"))
    .distinct()
    .order_by(t.c.subscription_id)
    .limit(bindparam("most"))
)
_ANY = select(t.c.subscription_id).where(t.c.source == bindparam("source")).limit(1)
_TOLD_OF = select(r.c.subscription_id, r.c.digest, r.c.at, r.c.content).where(
    r.c.subscription_id.in_(bindparam("subscriptions", expanding=True)), r.c.source == bindparam("source")
)


@dataclass(frozen=True, slots=True)
class KeptSums:
    """Daily sums of one source of one subscription. changes: how often they were written."""

    subscription: SubscriptionId
    source: Source
    state: bytes
    changes: int


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One record. digest: names it among those of its subscription and source. content: canonical JSON."""

    digest: str
    at: datetime
    content: str


async def of(reader: Reader, subscriptions: Sequence[SubscriptionId]) -> dict[tuple[SubscriptionId, Source], KeptSums]:
    """All sums of these subscriptions."""
    rows = await reader.rows(_OF, {"subscriptions": list(subscriptions)})
    return {(one.subscription, one.source): one for one in map(_sums, rows)}


async def known(reader: Reader, subscription: SubscriptionId, source: Source, digests: Sequence[str]) -> frozenset[str]:
    """Those of these records that are kept already."""
    found: set[str] = set()
    for at in range(0, len(digests), PAGE):
        values = {"subscription": subscription, "source": source.value, "digests": list(digests[at : at + PAGE])}
        found.update(row.digest for row in await reader.rows(_KNOWN, values))
    return frozenset(found)


def fold(sums: KeptSums, records: Sequence[KeptRecord], at: datetime, also: Sequence[Op] = ()) -> Unit:
    """Write sums with the records that they now hold; the unit's gate is shut when they changed meanwhile.

    sums: the new state, and the number of changes that was read, 0 for none. also: what else is made of the records.
    """
    keys = {"subscription_id": sums.subscription, "source": sums.source.value}
    if sums.changes:
        gate = Gate(_GO_ON, _rewritten(sums, at))
    else:
        gate = Gate(
            _BEGIN, {**keys, "state": sums.state, "changes": 1, "updated_at": at}, ("subscription_id", "source")
        )
    kept = (Op(_KEEP, {**keys, "digest": one.digest, "at": one.at, "content": one.content}) for one in records)
    return Unit(ops=(*kept, *also), gate=gate)


def forget_of(subscription: SubscriptionId, sources: Sequence[str]) -> list[Op]:
    """Delete all that is kept of a person from these sources; the pace of use goes with the sessions."""
    keys = [{"whose": subscription, "of_source": source} for source in sources]
    pace = [Op(_FORGET_PACE, {"whose": subscription})] if Source.SESSIONS in sources else []
    return [*(Op(statement, key) for key in keys for statement in (_FORGET_STATE, _FORGET_RECORDS)), *pace]


async def older(reader: Reader, source: Source, before: datetime) -> list[Op]:
    """What deletes a page of records of this source that are older; nothing when there are none."""
    rows = await reader.rows(_OLD, {"source": source.value, "before": before})
    return [Op(_FORGET, {"whose": row.subscription_id, "of_source": source.value, "which": row.digest}) for row in rows]


async def page(reader: Reader, after: tuple[str, str]) -> Sequence[KeptSums]:
    """The next sums in the order of (subscription, source)."""
    return [_sums(row) for row in await reader.rows(_ALL, {"after": after[0], "after_source": after[1]})]


async def people(reader: Reader, after: str, most: int = PAGE) -> Sequence[SubscriptionId]:
    """The next subscriptions of which anything is kept, in order."""
    return [SubscriptionId(row.subscription_id) for row in await reader.rows(_PEOPLE, {"after": after, "most": most})]


async def is_told(reader: Reader, source: Source) -> bool:
    """Whether anything of this source is kept of anybody."""
    return await reader.first(_ANY, {"source": source.value}) is not None


async def told_of(
    reader: Reader, subscriptions: Sequence[SubscriptionId], source: Source
) -> Mapping[SubscriptionId, Sequence[KeptRecord]]:
    """What one source told of these subscriptions, in no order; nothing of those of whom it told nothing."""
    found = defaultdict[SubscriptionId, list[KeptRecord]](list)
    for row in await reader.rows(_TOLD_OF, {"subscriptions": list(subscriptions), "source": source.value}):
        found[SubscriptionId(row.subscription_id)].append(KeptRecord(row.digest, row.at, row.content))
    return found


async def paced(reader: Reader, after: str) -> Sequence[SubscriptionId]:
    """The next subscriptions whose pace of use is kept."""
    return [SubscriptionId(row.subscription_id) for row in await reader.rows(_PACED, {"after": after})]


def _rewritten(sums: KeptSums, at: datetime) -> Mapping[str, object]:
    return {
        "which": sums.subscription,
        "of_source": sums.source.value,
        "known_changes": sums.changes,
        "new_state": sums.state,
        "new_changes": sums.changes + 1,
        "at": at,
    }


def _sums(row: AnyRow) -> KeptSums:
    return KeptSums(SubscriptionId(row.subscription_id), Source(row.source), bytes(row.state), row.changes)
