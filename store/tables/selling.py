"""Offers, orders with their steps, and what the charging system says of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from store.tables.base import UtcTime, metadata

offers = Table(
    "offers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subscription_id", String(26), nullable=False),
    Column("bundle", String(80), nullable=False),
    Column("price_amount", BigInteger, nullable=False),
    Column("price_currency", String(3), nullable=False),
    Column("state", String(12), nullable=False),  # open | accepted | declined | expired
    Column("channel", String(8), nullable=False),
    Column("sent_from", String(21), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("decision", Text, nullable=False),  # JSON: what was known and why this offer
    Column("order_key", String(44)),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("reply_code", Integer),  # the digit that its text asks for; null: 1
    Column("asked_at", UtcTime),  # when a text asked for it again
    Column("yes_at", UtcTime),  # a first yes that wants a second; long ago: it was taken back
)
Index("offers_subscription", offers.c.subscription_id, offers.c.id)
Index(
    "offers_open",
    offers.c.expires_at,
    sqlite_where=offers.c.state == "open",
    postgresql_where=offers.c.state == "open",
)
Index(
    "offers_settled",
    offers.c.settled_at,
    offers.c.id,
    sqlite_where=offers.c.settled_at.is_not(None),
    postgresql_where=offers.c.settled_at.is_not(None),
)

orders = Table(
    "orders",
    metadata,
    Column("key", String(44), primary_key=True),
    Column("subscription_id", String(26), nullable=False),
    Column("msisdn", String(15), nullable=False),
    Column("beneficiary", String(15), nullable=False),
    Column("bundle", String(80), nullable=False),
    Column("price_amount", BigInteger, nullable=False),
    Column("price_currency", String(3), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("offer", String(40), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("reason", String(40)),
    Column("detail", Text),
    Column("ocs_reference", String(120)),
    Column("attempts", Integer, nullable=False),  # times the order was sent
    Column("queries", Integer, nullable=False),  # times the charging system was asked about it
    Column("sent_at", UtcTime),  # last send: the settle time counts from here
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("gives_back", String(44)),  # the order that a refund returns; null: none
    Column("kind", String(14), nullable=False, server_default="purchase"),
    Column("credit_amount", BigInteger),  # money that the beneficiary gets, in the currency of the price
    Column("pin", String(40)),  # of a voucher, until the order is settled
)
Index("orders_subscription", orders.c.subscription_id, orders.c.key)
_UNSETTLED = orders.c.settled_at.is_(None)
Index("orders_unsettled", orders.c.created_at, sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
Index("orders_created", orders.c.created_at, orders.c.key)

order_steps = Table(
    "order_steps",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("order_key", String(44), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("sent", Boolean, nullable=False),  # handed to the charging system with this step
    Column("asked", Boolean, nullable=False),  # what the charging system said when it was asked
    Column("reason", String(40)),
    Column("detail", Text),
    Column("reference", String(120)),
)
Index("order_steps_order", order_steps.c.order_key, order_steps.c.position)

order_answers = Table(
    "order_answers",
    metadata,
    Column("order_key", String(44), primary_key=True),
    Column("reference", String(80), nullable=False),  # inbox entry, key of a turn, digest of a request
    Column("session", String(128), nullable=False),
    Column("shown", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("caller", String(60), nullable=False),
    Column("at", UtcTime, nullable=False),
)

order_settlements = Table(
    "order_settlements",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("order_key", String(44), nullable=False),
    Column("discrepancy_id", String(30)),
    Column("decision", String(8), nullable=False),  # confirm | decline
    Column("reference", String(120), nullable=False),
    Column("note", Text, nullable=False),
    Column("author", String(60), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Column("outcome", String(40)),
)
_NOT_DONE = order_settlements.c.done_at.is_(None)
Index("order_settlements_waiting", order_settlements.c.id, sqlite_where=_NOT_DONE, postgresql_where=_NOT_DONE)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),  # asked | statement
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("statement", String(200), nullable=False),
    Column("author", String(60), nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),  # null: it runs, or was broken off
    Column("orders", Integer, nullable=False),
    Column("charges", Integer, nullable=False),
    Column("agreed", Integer, nullable=False),
    Column("unanswered", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
)

discrepancies = Table(
    "discrepancies",
    metadata,
    Column("id", String(30), primary_key=True),
    Column("kind", String(10), nullable=False),  # missing | extra | differing | double
    Column("mark", String(120), nullable=False, unique=True),  # what makes it the same one tomorrow
    Column("order_key", String(44)),
    Column("msisdn", String(15), nullable=False),
    Column("evidence", Text, nullable=False),  # JSON: what we have, what they have
    Column("found_by", String(26), nullable=False),
    Column("seen_by", String(26), nullable=False),  # the reconciliation that found it last
    Column("found_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("settlement", String(8)),  # confirm | decline | note
    Column("author", String(60)),
    Column("note", Text),
)
Index("discrepancies_seen", discrepancies.c.seen_by, discrepancies.c.id)
_STANDING = discrepancies.c.settled_at.is_(None)
Index("discrepancies_standing", discrepancies.c.kind, sqlite_where=_STANDING, postgresql_where=_STANDING)

catalogue_drafts = Table(
    "catalogue_drafts",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("mark", String(64), nullable=False, unique=True),  # id of its bundle as proposed: the same plan tomorrow
    Column("state", String(8), nullable=False),  # open | approved | rejected
    Column("body", Text, nullable=False),  # YAML: a catalogue of this bundle alone; once approved, as it was approved
    Column("evidence", Text, nullable=False),  # JSON: what it was proposed for
    Column("author", String(60), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("decided_by", String(60)),
    Column("decided_at", UtcTime),
    Column("note", Text),
)

ocs_traits = Table(
    "ocs_traits",
    metadata,
    Column("ocs", String(200), primary_key=True),  # kind and address
    Column("trait", String(40), primary_key=True),
    Column("order_key", String(64), nullable=False),  # of the order that showed it
    Column("at", UtcTime, nullable=False),
)
