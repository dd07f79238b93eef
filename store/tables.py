"""Every table, as SQLAlchemy Core.

Instants are UTC microseconds in a BigInteger (exact, sortable, the same in SQLite and PostgreSQL).
Tables carry no foreign keys: rows of one unit are written together or not at all, and the group
commit is free to order statements (ADR 0003).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """An instant as the database has it."""
    return (at - _EPOCH) // _MICROSECOND


def _bound(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def _found(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime kept as UTC microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """Straight to the function: a row has up to six instants, most of them None."""
        return _bound

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """As for ``bind_processor``."""
        return _found


metadata = MetaData()

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

usage = Table(
    "usage",
    metadata,
    Column("subscription_id", String(26), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # scoring.features.UsageState
    Column("updated_at", UtcTime, nullable=False),
)

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

imsis = Table(
    "imsis",
    metadata,
    Column("imsi", String(15), primary_key=True),
    Column("msisdn", String(15), nullable=False),
    Column("told_at", UtcTime, nullable=False),  # the newest word counts
)
Index("imsis_msisdn", imsis.c.msisdn)

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
    sqlite_with_rowid=False,  # one tree, and a session's turns beside each other
)
Index("turns_subscription", turns.c.subscription_id, turns.c.at)

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

ocs_traits = Table(
    "ocs_traits",
    metadata,
    Column("ocs", String(200), primary_key=True),  # kind and address
    Column("trait", String(40), primary_key=True),
    Column("order_key", String(64), nullable=False),  # of the order that showed it
    Column("at", UtcTime, nullable=False),
)
