"""What was decided for whom, what models said, and prices that are one person's."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from store.tables.base import UtcTime, metadata

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(26), primary_key=True),  # the offer that was made, if one was, is off-ID
    Column("subscription_id", String(26), nullable=False),
    Column("offers", String(16), nullable=False),  # decision_offers.digest
    Column("state", String(26)),  # ranking_states.id; null: today's rule
    Column("version", Integer, nullable=False),
    Column("models", Text),  # JSON: versions by kind; null: none
    Column("inputs", LargeBinary, nullable=False),  # scoring.packed, whether they were held out among them
    Column("outputs", LargeBinary, nullable=False),  # the propensity among them
    sqlite_with_rowid=False,
)

decision_offers = Table(
    "decision_offers",
    metadata,
    Column("digest", String(16), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),  # JSON: what was on sale, in the order of the decisions' arrays
)

ranking_states = Table(
    "ranking_states",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("model", String(64), nullable=False),  # version of the file that it began with
    Column("at", UtcTime, nullable=False),
    Column("learned", Integer, nullable=False),  # answers so far, the last of them to this offer
    Column("answered_at", UtcTime, nullable=False),
    Column("offer", String(40), nullable=False),
    Column("settings", Text, nullable=False),  # JSON: how it explores
    Column("body", LargeBinary, nullable=False),  # mean and inverse of the precision, 64-bit floats
)

model_scores = Table(
    "model_scores",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("kind", String(16), nullable=False),  # depletion | acceptance
    Column("subscription_id", String(26), nullable=False),
    Column("reference", String(80), nullable=False),  # of the bundle or offer; empty where it is about the person
    Column("at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),  # when it is over, one way or the other
    Column("champion", String(64), nullable=False),  # version, or rules
    Column("champion_said", Text, nullable=False),  # JSON
    Column("challenger", String(64)),
    Column("challenger_said", Text),
    Column("known_at", UtcTime),  # when it was found out what came of it
    Column("actual", Float),  # hours, -1 for not in time; or 1 and 0; null where it will never be known
)
_NOT_KNOWN = model_scores.c.known_at.is_(None)
Index("model_scores_open", model_scores.c.until, sqlite_where=_NOT_KNOWN, postgresql_where=_NOT_KNOWN)
Index("model_scores_kind", model_scores.c.kind, model_scores.c.id)

churn_risks = Table(
    "churn_risks",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("probability", Float, nullable=False),  # of leaving within a month
    Column("origin", String(80), nullable=False),  # who says so: an event's type, or a model's version
    Column("at", UtcTime, nullable=False),
)

personal_prices = Table(
    "personal_prices",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("bundle", String(80), primary_key=True),
    Column("window", Integer, primary_key=True),  # 0, 1, … of this person and bundle
    Column("amount", BigInteger, nullable=False),
    Column("listed", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", Text, nullable=False),  # JSON: what the price was worked out from
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
)

incentives = Table(
    "incentives",
    metadata,
    Column("offer", String(40), primary_key=True),
    Column("subscription_id", String(26), nullable=False),
    Column("period", String(7), nullable=False),  # month of the market, 2026-11
    Column("amount", BigInteger, nullable=False),  # list price less the offer's
    Column("currency", String(3), nullable=False),
    Column("at", UtcTime, nullable=False),
)
Index("incentives_period", incentives.c.period)
Index("incentives_subscription", incentives.c.subscription_id)
