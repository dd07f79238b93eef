"""What staff wrote, set and asked for, and the audit."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables.base import UtcTime, metadata

menu_revisions = Table(
    "menu_revisions",
    metadata,
    Column("menu", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 … of each menu
    Column("version", String(12), nullable=False),  # digest of the content
    Column("source", Text, nullable=False),  # JSON: the menu's file and those it includes, as they were written
    Column("shortcuts", Text, nullable=False),  # JSON: page by the keys that lead to it
    Column("author", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("digest", String(64)),  # SHA-256 of source; null in revisions older than this column
    UniqueConstraint("menu", "version", name="menu_revisions_once"),
)

menu_publications = Table(
    "menu_publications",
    metadata,
    Column("menu", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 …; the last says what is served
    Column("split", Text, nullable=False),  # JSON: flows.split
    Column("kind", String(8), nullable=False),  # publish | canary | arms | rollback | seed
    Column("restores", Integer),  # rollback: the publication that it leads back to
    Column("author", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("token", String(40), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("created_at", UtcTime, nullable=False),
)

controls = Table(
    "controls",
    metadata,
    Column("kind", String(12), primary_key=True),  # stop | blackout | test | dry_run; changed: when any was
    Column("value", String(60), primary_key=True),
    Column("starts_at", UtcTime, primary_key=True),  # 1970: at once
    Column("ends_at", UtcTime),
    Column("author", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subscription_id", String(26)),
    Column("detail", Text, nullable=False),
)
Index("audit_subscription", audit.c.subscription_id, audit.c.id)
_REPORTS = audit.c.action == "care.reported"
Index("audit_reports", audit.c.id, sqlite_where=_REPORTS, postgresql_where=_REPORTS)
