"""Every table, as SQLAlchemy Core.

Instants are UTC microseconds in a BigInteger (exact, sortable, the same in SQLite and PostgreSQL).
Tables carry no foreign keys: rows of one unit are written together or not at all, and the group
commit is free to order statements (ADR 0003).
"""

from __future__ import annotations

from store.tables.base import UtcTime, metadata, microseconds
from store.tables.behaviour import behaviour, behaviour_records, usage, usage_loads
from store.tables.deciding import (
    churn_risks,
    decision_offers,
    decisions,
    incentives,
    model_scores,
    personal_prices,
    ranking_states,
)
from store.tables.messages import mo_parts, outbox, parts, turns
from store.tables.operating import audit, controls, idempotency, menu_publications, menu_revisions
from store.tables.people import consent_keys, consents, imsis, subscriptions
from store.tables.selling import (
    catalogue_drafts,
    discrepancies,
    ocs_traits,
    offers,
    order_answers,
    order_settlements,
    order_steps,
    orders,
    reconciliations,
)
from store.tables.triggers import alerts, bundles, forecast_offsets, forecasts, inbox, policy_counters

__all__ = [
    "UtcTime",
    "alerts",
    "audit",
    "behaviour",
    "behaviour_records",
    "bundles",
    "catalogue_drafts",
    "churn_risks",
    "consent_keys",
    "consents",
    "controls",
    "decision_offers",
    "decisions",
    "discrepancies",
    "forecast_offsets",
    "forecasts",
    "idempotency",
    "imsis",
    "inbox",
    "incentives",
    "menu_publications",
    "menu_revisions",
    "metadata",
    "microseconds",
    "mo_parts",
    "model_scores",
    "ocs_traits",
    "offers",
    "order_answers",
    "order_settlements",
    "order_steps",
    "orders",
    "outbox",
    "parts",
    "personal_prices",
    "policy_counters",
    "ranking_states",
    "reconciliations",
    "subscriptions",
    "turns",
    "usage",
    "usage_loads",
]
