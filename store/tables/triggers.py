"""What charging systems tell of bundles, and what is foretold of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables.base import UtcTime, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("kind", String(8), nullable=False),  # trigger | mo | receipt
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("subject", String(15), nullable=False),  # MSISDN digits; empty for a receipt
    Column("body", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("processed_at", UtcTime),
    Column("outcome", String(40)),
    UniqueConstraint("source", "event_id", name="inbox_once"),
)
Index(
    "inbox_waiting",
    inbox.c.id,
    sqlite_where=inbox.c.processed_at.is_(None),
    postgresql_where=inbox.c.processed_at.is_(None),
)
Index("inbox_subject", inbox.c.subject, inbox.c.kind, inbox.c.id)

alerts = Table(
    "alerts",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("bundle_id", String(80), primary_key=True),
    Column("threshold", String(24), primary_key=True),
    Column("period", BigInteger, primary_key=True),  # microseconds at which it began, or ends; 0: not told
    Column("at", UtcTime, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("happened_at", UtcTime),  # by the charging system's clock; null in alerts older than this column
    Column("activated_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("text_key", String(80)),  # of the text in the outbox that told it
)
Index("alerts_at", alerts.c.at)

policy_counters = Table(
    "policy_counters",
    metadata,
    Column("imsi", String(15), primary_key=True),
    Column("counter", String(80), primary_key=True),
    Column("status", String(80), nullable=False),  # the last that was told: the same again is a repetition
    Column("told_at", UtcTime, nullable=False),
)

bundles = Table(
    "bundles",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("bundle_id", String(80), primary_key=True),
    Column("unit", String(8), nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("initial", BigInteger),
    Column("activated_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("product", String(80), nullable=False),
    Column("traits", Text, nullable=False),  # JSON: what else is not as for most; empty for nothing
    Column("seen_at", UtcTime, nullable=False),  # when these figures were read
    Column("tell_expiry_at", UtcTime),  # when its end is to be told; null: never, or told
    Column("tell_depletion_at", UtcTime),  # the same of its end by use
    Column("told_expiry_at", UtcTime),
    Column("told_depletion_at", UtcTime),
)
for _due in (bundles.c.tell_expiry_at, bundles.c.tell_depletion_at):
    Index(f"bundles_{_due.name}", _due, sqlite_where=_due.is_not(None), postgresql_where=_due.is_not(None))

forecasts = Table(
    "forecasts",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("bundle_id", String(80), primary_key=True),
    Column("model", String(64), nullable=False),  # version
    Column("segment", String(40), nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("p10", Float, nullable=False),  # hours, as told
    Column("p90", Float, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),  # when its outcome is looked at, whatever it is
    Column("ended_at", UtcTime),  # when the bundle was used up
)
Index("forecasts_due_at", forecasts.c.due_at)

forecast_offsets = Table(
    "forecast_offsets",
    metadata,
    Column("model", String(64), primary_key=True),
    Column("segment", String(40), primary_key=True),
    Column("p10", Float, nullable=False),  # logs of hours
    Column("p90", Float, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("learnt_at", Float, nullable=False),  # epoch seconds
)
