"""What the REST interface answers about stories and reconciliations (ADR 24)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field

from gateway.api.models import Instant, Model, Next

RunKind = Annotated[str, Meta(description="How it was compared: by asking, or with a statement.")]
DiscrepancyKind = Annotated[str, Meta(extra_json_schema={"enum": ["missing", "extra", "differing", "double"]})]
Way = Annotated[str, Meta(extra_json_schema={"enum": ["confirm", "decline", "refund", "note"]})]


class Signature(Model, frozen=True):
    """Over the canonical form (RFC 8785) of the whole document without `value`."""

    algorithm: str
    key: str
    signed_at: Instant
    value: str


class SignedStory(Model, frozen=True):
    """Everything that led to an order and came of it; docs/reference/orders.md says what stands in it."""

    story: dict[str, Any]
    signature: Signature


class StoryKey(Model, frozen=True):
    """What stories are checked with. key: its name in a signature."""

    algorithm: str
    key: str
    public_key: str


class Reconciliation(Model, frozen=True):
    """One comparison of our orders with the charging system."""

    id: str
    kind: RunKind
    starts_at: Instant = field(name="from")
    ends_at: Instant = field(name="to")
    statement: str | None
    author: str
    begun_at: Instant
    ended_at: Instant | None
    orders: int
    charges: int | None
    agreed: int
    unanswered: int
    left_out: int


class ReconciliationList(Model, frozen=True):
    """Newest first. standing: discrepancies that nobody has settled, by kind."""

    items: list[Reconciliation]
    next: Next
    standing: dict[str, int]


class Discrepancy(Model, frozen=True):
    """One thing that does not add up. ways: how it can be settled; empty once it is."""

    id: str
    kind: DiscrepancyKind
    order: str | None
    msisdn: str
    evidence: dict[str, Any]
    ways: list[Way]
    found_at: Instant
    settled_at: Instant | None
    settlement: str | None
    settled_by: str | None
    note: str | None


class ReconciliationFound(Reconciliation, frozen=True):
    """One comparison with what it found, oldest first."""

    items: list[Discrepancy]
    next: Next
