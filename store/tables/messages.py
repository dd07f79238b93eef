"""Texts out and in, and turns of a dialogue."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from store.tables.base import UtcTime, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),  # sms | push | webhook
    Column("key", String(80), nullable=False, unique=True),
    Column("subscription_id", String(26), nullable=False),
    Column("msisdn", String(15), nullable=False),
    Column("purpose", String(14), nullable=False),
    Column("priority", Integer, nullable=False),  # low goes first
    Column("payload", Text, nullable=False),
    # queued | sending | deferred | sent | delivered | failed | expired | in_doubt | suppressed | done
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),  # times it went out again after an unknown fate
    Column("due_at", UtcTime, nullable=False),
    Column("reason", String(80)),
    Column("smsc", String(40)),
    Column("parts", Integer),
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("about", String(20)),  # a unit: what has no point once there is more of it again
    Column("campaign", String(40)),  # what a text is part of
)
_WAITING = outbox.c.state.in_(("queued", "sending", "deferred"))
Index(
    "outbox_waiting",
    outbox.c.kind,
    outbox.c.priority,
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
_IN_CAMPAIGN = outbox.c.campaign.is_not(None)
Index(
    "outbox_campaign",
    outbox.c.campaign,
    outbox.c.state,
    outbox.c.due_at,
    sqlite_where=_IN_CAMPAIGN,
    postgresql_where=_IN_CAMPAIGN,
)
Index("outbox_subscription", outbox.c.subscription_id, outbox.c.id)
_IS_WEBHOOK = outbox.c.kind == "webhook"
Index(
    "outbox_webhooks",
    outbox.c.smsc,
    outbox.c.state,
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=_IS_WEBHOOK,
    postgresql_where=_IS_WEBHOOK,
)

parts = Table(
    "parts",
    metadata,
    Column("smsc", String(40), primary_key=True),
    Column("message_id", String(70), primary_key=True),
    Column("outbox_id", String(26), nullable=False),
    Column("part", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("error", String(20)),
    Column("at", UtcTime, nullable=False),
)
Index("parts_outbox", parts.c.outbox_id)

mo_parts = Table(
    "mo_parts",
    metadata,
    Column("text_id", String(26), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1; 0 says that the text was taken in
    Column("smsc", String(40), nullable=False),
    Column("source", String(21), nullable=False),
    Column("destination", String(21), nullable=False),
    Column("reference", Integer, nullable=False),
    Column("wide", Boolean, nullable=False),  # a 16-bit reference
    Column("total", Integer, nullable=False),
    Column("data_coding", Integer, nullable=False),
    Column("locking", Integer, nullable=False),  # national language of its tables, 0: default
    Column("single", Integer, nullable=False),
    Column("octets", LargeBinary, nullable=False),  # without header; of number 0: digests of the parts
    Column("at", UtcTime, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("dialect", String(20), primary_key=True),
    Column("session", String(128), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("subscription_id", String(26), nullable=False),
    Column("digest", String(24), nullable=False),  # of all that was said so far
    Column("said", Text, nullable=False),
    Column("state", Text, nullable=False),  # flows.session after the turn
    Column("reply", Text, nullable=False),
    Column("ends", Boolean, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("menu", String(40)),  # the version that the turn was taken in; null in turns older than this column
    Column("version", String(12)),
    Column("arm", String(20)),  # empty where nothing is tried out
    Column("opened", Integer),  # position of its dialogue's first turn; null, which is 0, in turns older than this
    Column("released", UtcTime),  # when the network told, after this turn, that it had closed the session
    sqlite_with_rowid=False,  # one tree, and a session's turns beside each other
)
Index("turns_subscription", turns.c.subscription_id, turns.c.at)
