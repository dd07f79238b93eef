"""Bundles that were proposed for the catalogue, and what a person decided on each. Nothing here is on sale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.documents import decode, encode
from flows.frozen import dataclass
from store.reader import AnyRow, Reader
from store.tables import catalogue_drafts as t
from store.unit import Gate

State = Literal["open", "approved", "rejected"]
_INSERT = insert(t)
_PROPOSE = _INSERT.on_conflict_do_update(
    index_elements=[t.c.mark],
    set_={name: _INSERT.excluded[name] for name in ("body", "evidence", "author", "at")},
    where=t.c.state == "open",
).returning(t.c.mark)
_DECIDE = (
    update(t)
    .where(t.c.id == bindparam("which"), t.c.state == bindparam("was"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "body", "decided_by", "decided_at", "note")})
    .returning(t.c.id)
)
_NAMED = select(t).where(or_(t.c.id == bindparam("name"), t.c.mark == bindparam("name")))
_ALL = select(t).order_by(t.c.id.desc())


@dataclass(frozen=True, slots=True)
class Draft:
    """One of them. mark: the id of its bundle when it was proposed, which makes it the same plan tomorrow.

    body: YAML, a catalogue of this bundle alone. evidence: what it was proposed for.
    """

    id: str
    mark: str
    body: str
    evidence: Mapping[str, Any]
    author: str
    at: datetime
    state: State = "open"
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None


def propose(draft: Draft) -> Gate:
    """A new draft. One of the same mark that is still open is brought up to date; shut for one that was decided on."""
    values = {
        "id": draft.id,
        "mark": draft.mark,
        "state": draft.state,
        "body": draft.body,
        "evidence": encode(dict(draft.evidence)),
        "author": draft.author,
        "at": draft.at,
        "decided_by": None,
        "decided_at": None,
        "note": None,
    }
    return Gate(_PROPOSE, values, ("mark",))


def decide(draft: Draft, state: State, body: str, *, author: str, at: datetime, note: str) -> Gate:
    """What a person decided; shut when somebody else decided since the draft was read."""
    values = {
        "which": draft.id,
        "was": draft.state,
        "new_state": state,
        "new_body": body,
        "new_decided_by": author,
        "new_decided_at": at,
        "new_note": note,
    }
    return Gate(_DECIDE, values)


async def all_of(reader: Reader) -> Sequence[Draft]:
    """Every draft, newest first."""
    return [_draft(row) for row in await reader.rows(_ALL)]


async def named(reader: Reader, name: str) -> Draft | None:
    """The one with this id or mark."""
    row = await reader.first(_NAMED, {"name": name})
    return None if row is None else _draft(row)


def _draft(row: AnyRow) -> Draft:
    return Draft(
        id=row.id,
        mark=row.mark,
        body=row.body,
        evidence=decode(row.evidence),
        author=row.author,
        at=row.at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )
