"""Takes drafts of bundles in, and what a person decides on them: with who, when and why, in the audit as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flows.effects import RecordAudit
from flows.frozen import dataclass
from gateway.errors import DraftProblem
from store import audit, catalogue_drafts
from store.catalogue_drafts import Draft
from store.ids import new_id
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bundle that somebody might sell. body: as ``Draft.body``."""

    mark: str
    body: str
    evidence: Mapping[str, Any]


class DraftDesk:
    """Nothing that it does is on sale before it was approved."""

    def __init__(self, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def propose(self, proposals: Sequence[Proposal], author: str) -> list[str]:
        """Keep them as drafts; the marks of those that are open now. What was decided on before stays decided.

        Raises StoreError.
        """
        at = self._clock()
        units = []
        for one in proposals:
            draft = Draft(new_id(at), one.mark, one.body, one.evidence, author, at)
            line = audit.note(RecordAudit(author, "draft.proposed", None, at, {"draft": one.mark}))
            units.append(Unit(ops=(line,), gate=catalogue_drafts.propose(draft)))
        kept = await self._writer.commit_all(units)
        return [one.mark for one, is_open in zip(proposals, kept, strict=True) if is_open]

    async def all(self) -> Sequence[Draft]:
        """Every draft, newest first."""
        return await catalogue_drafts.all_of(self._reader)

    async def named(self, name: str) -> Draft:
        """The one with this id, or whose bundle has this id. Raises DraftProblem."""
        found = await catalogue_drafts.named(self._reader, name)
        if found is None:
            raise DraftProblem(f"{name}: there is no such draft; chasqui catalogue drafts list tells which there are")
        return found

    async def approve(self, draft: Draft, body: str, author: str, note: str) -> None:
        """Somebody vouches for it, as it is in ``body``. Raises DraftProblem, StoreError."""
        if draft.state == "approved":
            raise DraftProblem(f"{draft.mark}: was approved by {draft.decided_by} on {draft.decided_at:%F}")
        await self._decide(draft, "approved", body, author, note)

    async def reject(self, draft: Draft, author: str, note: str) -> None:
        """It is not wanted, and is not proposed again. Raises DraftProblem, StoreError."""
        if draft.state != "open":
            raise DraftProblem(f"{draft.mark}: was {draft.state} by {draft.decided_by} on {draft.decided_at:%F}")
        await self._decide(draft, "rejected", draft.body, author, note)

    async def _decide(self, draft: Draft, state: catalogue_drafts.State, body: str, author: str, note: str) -> None:
        at = self._clock()
        detail = {"draft": draft.mark, "id": draft.id, "was": draft.state, "note": note, "bundle": body}
        line = audit.note(RecordAudit(author, f"draft.{state}", None, at, detail))
        gate = catalogue_drafts.decide(draft, state, body, author=author, at=at, note=note)
        if not await self._writer.commit(Unit(ops=(line,), gate=gate)):
            raise DraftProblem(f"{draft.mark}: somebody decided on it this very moment; look again")
