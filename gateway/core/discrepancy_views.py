"""Reconciliations and what they found, as they are shown: numbers by their last digits unless whole ones are wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.masking import without
from flows.reconciliation import excess
from flows.values import Msisdn
from store.reconciliations import Discrepancy, Run

WAYS = {
    "missing": ("decline", "note"),
    "extra": ("confirm", "refund", "note"),
    "differing": ("note",),
    "double": ("note",),
}
"""How each kind can be settled; what has no order of ours by a note alone, what was charged too much by its refund."""


def run(one: Run) -> dict[str, Any]:
    """A reconciliation."""
    counts = one.counts
    return {
        "id": one.id,
        "kind": one.kind,
        "from": _at(one.starts_at),
        "to": _at(one.ends_at),
        "statement": one.statement or None,
        "author": one.author,
        "begun_at": _at(one.begun_at),
        "ended_at": _at(one.ended_at),
        "orders": counts.orders,
        "charges": counts.charges if one.kind == "statement" else None,
        "agreed": counts.agreed,
        "unanswered": counts.unanswered,
        "left_out": counts.left_out,
    }


def discrepancy(one: Discrepancy, *, full: bool) -> dict[str, Any]:
    """What does not add up. ways: how it can be settled; empty once it is."""
    ours = one.evidence.get("ours")
    ways = () if one.settled_at else WAYS[one.kind] if ours else ("note",)
    if ways and ours and excess(one.kind, one.evidence):
        ways = ("refund", *ways)
    view = {
        "id": one.id,
        "kind": one.kind,
        "order": one.order_key,
        "msisdn": one.msisdn,
        "evidence": dict(one.evidence),
        "ways": list(ways),
        "found_at": _at(one.found_at),
        "settled_at": _at(one.settled_at),
        "settlement": one.settlement,
        "settled_by": one.author,
        "note": one.note,
    }
    if full:
        return view
    theirs = one.evidence.get("theirs")
    lines = theirs if isinstance(theirs, list) else []
    numbers = {Msisdn(one.msisdn), *(Msisdn(line["msisdn"]) for line in lines)}
    shown: dict[str, Any] = without(view, numbers)
    return shown


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
