"""Who there is, which SIM is theirs, and what they agreed to."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from store.tables.base import UtcTime, metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("msisdn", String(15), nullable=False),
    Column("state", String(16), nullable=False),  # active | suspended | ended
    Column("language", String(8), nullable=False),
    Column("time_zone", String(40)),
    Column("segment", String(40)),
    Column("circle", String(40)),
    Column("alerts", Boolean, nullable=False),
    Column("marketing", Boolean),  # null: never asked
    Column("out_of_bundle", Boolean),  # null: never chosen, which is no
    Column("marketing_at", UtcTime),  # last offer sent
    Column("marketing_count", Integer, nullable=False),  # offers on the local day of marketing_at
    Column("marketing_channel", String(8)),
    Column("help_at", UtcTime),  # last help for a text that was not understood
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("handset", String(8)),  # feature | smart; null: not told
    Column("answers_since", UtcTime),  # begin of the hour in which answers to texts were last counted
    Column("answers_count", Integer),  # answers in it; null: none yet
    Column("sim_swapped_at", UtcTime),  # null: never told
)
Index(
    "subscriptions_msisdn_now",
    subscriptions.c.msisdn,
    unique=True,
    sqlite_where=subscriptions.c.ended_at.is_(None),
    postgresql_where=subscriptions.c.ended_at.is_(None),
)
Index(
    "subscriptions_former",
    subscriptions.c.msisdn,
    sqlite_where=subscriptions.c.ended_at.is_not(None),
    postgresql_where=subscriptions.c.ended_at.is_not(None),
)

imsis = Table(
    "imsis",
    metadata,
    Column("imsi", String(15), primary_key=True),
    Column("msisdn", String(15), nullable=False),
    Column("told_at", UtcTime, nullable=False),  # the newest word counts
)
Index("imsis_msisdn", imsis.c.msisdn)

consents = Table(
    "consents",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 …
    Column("record_id", String(40), nullable=False, unique=True),
    Column("subscription_id", String(26), nullable=False),
    Column("event", String(12), nullable=False),  # given | withdrawn
    Column("purpose", String(40), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("clear", Text, nullable=False),  # canonical JSON: what is nobody's secret
    Column("sealed", LargeBinary, nullable=False),  # store.consent_seal: number, screens, replies, session
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
Index("consents_subscription", consents.c.subscription_id, consents.c.position)

consent_keys = Table(
    "consent_keys",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("id", String(20), nullable=False),  # named by each record sealed with it
    Column("key", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
