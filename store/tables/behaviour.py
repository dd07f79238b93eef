"""What is kept of how people live with their phone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from store.tables.base import UtcTime, metadata

usage = Table(
    "usage",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # scoring.features.UsageState
    Column("updated_at", UtcTime, nullable=False),
)

behaviour = Table(
    "behaviour",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("source", String(12), primary_key=True),  # flows.behaviour.Source
    Column("state", LargeBinary, nullable=False),  # scoring.behaviour.DayRing
    Column("changes", Integer, nullable=False),  # 1, 2, 3 …: who has read another number begins anew
    Column("updated_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

behaviour_records = Table(
    "behaviour_records",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("source", String(12), primary_key=True),
    Column("digest", String(32), primary_key=True),  # of instant and content: what says the same is the same
    Column("at", UtcTime, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON
    sqlite_with_rowid=False,
)
Index("behaviour_records_age", behaviour_records.c.source, behaviour_records.c.at)

usage_loads = Table(
    "usage_loads",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the file
    Column("kind", String(12), primary_key=True),
    Column("rows_done", BigInteger, nullable=False),  # in the order in which a file is loaded
    Column("kept", BigInteger, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),  # null: it was broken off, or runs
)
