"""Subscriptions: found by their present address, known by an opaque id (ADR 0006)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.effects import (
    RecordAnswered,
    RecordHelpGiven,
    RecordMarketingContact,
    RecordPreference,
    RecordSimSwapped,
    RecordSubscriptionState,
)
from flows.records import Subscriber
from flows.values import Msisdn, SubscriptionId
from store.ids import new_id
from store.reader import AnyRow, Reader
from store.tables import subscriptions as t
from store.tables import usage
from store.unit import Gate, Op, Unit

_CREATE = insert(t).on_conflict_do_nothing().returning(t.c.id)
_BY_MSISDN = select(t).where(t.c.msisdn.in_(bindparam("msisdns", expanding=True)), t.c.ended_at.is_(None))
_BY_ID = select(t).where(t.c.id == bindparam("id"))
_BY_IDS = select(t).where(t.c.id.in_(bindparam("ids", expanding=True)))
_WITH_USAGE = (
    select(t, usage.c.state.label("usage"))
    .outerjoin(usage, usage.c.subscription_id == t.c.id)
    .where(t.c.msisdn.in_(bindparam("msisdns", expanding=True)), t.c.ended_at.is_(None))
)
_FORMER = (
    select(t.c.msisdn, func.max(t.c.ended_at, type_=t.c.ended_at.type).label("until"))
    .where(t.c.msisdn.in_(bindparam("msisdns", expanding=True)), t.c.ended_at.is_not(None))
    .group_by(t.c.msisdn)
)
_SETTABLE = ("language", "marketing", "alerts", "out_of_bundle", "time_zone", "segment", "circle", "handset")
_SET = {name: update(t).where(t.c.id == bindparam("which")).values({name: bindparam("new")}) for name in _SETTABLE}
_MARKETED = (
    update(t)
    .where(t.c.id == bindparam("which"))
    .values(marketing_at=bindparam("at"), marketing_count=bindparam("count"), marketing_channel=bindparam("by_channel"))
)
_HELPED = update(t).where(t.c.id == bindparam("which")).values(help_at=bindparam("at"))
_ANSWERED = (
    update(t)
    .where(t.c.id == bindparam("which"))
    .values(answers_since=bindparam("since"), answers_count=bindparam("count"))
)
_SWAPPED = update(t).where(t.c.id == bindparam("which")).values(sim_swapped_at=bindparam("at"))
_STATE = update(t).where(t.c.id == bindparam("which")).values(state=bindparam("new_state"), ended_at=bindparam("ended"))


def begin(msisdn: Msisdn, language: str, at: datetime) -> Subscriber:
    """A subscription for a number that nobody holds."""
    return Subscriber(id=SubscriptionId(new_id(at)), msisdn=msisdn, language=language)


def create(subscriber: Subscriber, at: datetime) -> Unit:
    """Write a new subscription; the unit's gate is shut when somebody holds the number already."""
    values = {
        "id": subscriber.id,
        "msisdn": subscriber.msisdn,
        "state": subscriber.state,
        "language": subscriber.language,
        "alerts": subscriber.alerts,
        "marketing_count": subscriber.marketing_count,
        "created_at": at,
    }
    return Unit(gate=Gate(_CREATE, values, ("id",)))


async def by_msisdn(reader: Reader, msisdns: Sequence[Msisdn]) -> dict[Msisdn, Subscriber]:
    """The present subscriptions of these numbers."""
    rows = await reader.rows(_BY_MSISDN, {"msisdns": list(msisdns)})
    return {Msisdn(row.msisdn): _subscriber(row) for row in rows}


async def with_usage(reader: Reader, msisdns: Sequence[Msisdn]) -> dict[Msisdn, tuple[Subscriber, bytes | None]]:
    """The present subscriptions of these numbers, each with its rolling usage features."""
    rows = await reader.rows(_WITH_USAGE, {"msisdns": list(msisdns)})
    return {Msisdn(row.msisdn): (_subscriber(row), row.usage) for row in rows}


async def former(reader: Reader, msisdns: Sequence[Msisdn]) -> dict[Msisdn, datetime]:
    """Until when these numbers were somebody else's; those that never were are left out."""
    return {Msisdn(row.msisdn): row.until for row in await reader.rows(_FORMER, {"msisdns": list(msisdns)})}


async def by_id(reader: Reader, subscription: SubscriptionId) -> Subscriber | None:
    """One subscription, also one that has ended."""
    row = await reader.first(_BY_ID, {"id": subscription})
    return None if row is None else _subscriber(row)


async def by_ids(reader: Reader, subscriptions: Sequence[SubscriptionId]) -> dict[SubscriptionId, Subscriber]:
    """Those of these that there are, also those that have ended."""
    found = (
        [_subscriber(row) for row in await reader.rows(_BY_IDS, {"ids": list(subscriptions)})] if subscriptions else []
    )
    return {one.id: one for one in found}


def set_preference(effect: RecordPreference) -> Op:
    """Write one preference or attribute."""
    return Op(_SET[effect.name], {"which": effect.subscription, "new": effect.value})


def note_marketing(effect: RecordMarketingContact) -> Op:
    """Remember the last offer, for the caps."""
    return Op(
        _MARKETED,
        {"which": effect.subscription, "at": effect.at, "count": effect.count, "by_channel": effect.channel},
    )


def note_help(effect: RecordHelpGiven) -> Op:
    """Remember the last help, so that it comes once."""
    return Op(_HELPED, {"which": effect.subscription, "at": effect.at})


def note_answer(effect: RecordAnswered) -> Op:
    """Count an answer to a text."""
    return Op(_ANSWERED, {"which": effect.subscription, "since": effect.since, "count": effect.count})


def set_state(effect: RecordSubscriptionState) -> Op:
    """Active, suspended or ended."""
    ended = effect.at if effect.state == "ended" else None
    return Op(_STATE, {"which": effect.subscription, "new_state": effect.state, "ended": ended})


def note_sim_swap(effect: RecordSimSwapped) -> Op:
    """Remember when the SIM was last another."""
    return Op(_SWAPPED, {"which": effect.subscription, "at": effect.at})


def _subscriber(row: AnyRow) -> Subscriber:
    return Subscriber(
        id=SubscriptionId(row.id),
        msisdn=Msisdn(row.msisdn),
        language=row.language,
        state=row.state,
        time_zone=row.time_zone,
        segment=row.segment,
        circle=row.circle,
        handset=row.handset,
        alerts=row.alerts,
        marketing=row.marketing,
        out_of_bundle=bool(row.out_of_bundle),
        marketing_at=row.marketing_at,
        marketing_count=row.marketing_count,
        marketing_channel=row.marketing_channel,
        help_at=row.help_at,
        answers_since=row.answers_since,
        answers_count=row.answers_count or 0,
        sim_swapped_at=row.sim_swapped_at,
    )
