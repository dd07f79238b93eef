"""A text that was handed over, and what receipts have said of its parts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.ports import DeliveryReceipt

_FINAL = frozenset({"delivered", "failed", "expired"})
Durable = asyncio.Future[bool]
"""Done once something is written."""


def settled_state(state: str) -> str | None:
    """The state, if it is a last word."""
    return state if state in _FINAL else None


@dataclass(slots=True, eq=False)
class ExpectedText:
    """A text that was handed over in parts and waits for their receipts.

    states, errors: what receipts said, by part. stored: whether the rows that receipts settle are committed.
    ahead: receipts that came before that; written: those of them that are written with the text.
    writing: who waits for what a receipt said to be durable, by part.
    """

    id: str
    smsc: str
    message_ids: tuple[str, ...]
    states: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    stored: bool = False
    ahead: list[tuple[int, DeliveryReceipt, Durable]] = field(default_factory=list)
    written: list[Durable] = field(default_factory=list)
    writing: dict[int, list[Durable]] = field(default_factory=dict)

    def hear(self, number: int, receipt: DeliveryReceipt) -> bool:
        """Note what a receipt says of part ``number``; whether that settles the part. The first final word counts."""
        state = settled_state(receipt.state)
        if state is None or number in self.states:
            return False
        self.states[number] = state
        if receipt.error:
            self.errors[number] = receipt.error
        return True

    def unhear(self, number: int) -> None:
        """What was heard last of this part could not be written."""
        self.states.pop(number, None)
        self.errors.pop(number, None)

    @property
    def whole(self) -> str:
        """Delivered when every part is; else the worst part names it. Empty as long as a part is open."""
        if len(self.states) < len(self.message_ids):
            return ""
        return next((state for state in ("failed", "expired") if state in self.states.values()), "delivered")

    @property
    def reason(self) -> str | None:
        """Why it was not delivered, as the network says."""
        error = next((self.errors[number] for number in reversed(self.errors)), "")
        return f"network error {error}" if error and self.whole not in ("", "delivered") else None


class ExpectedPart(NamedTuple):
    """One part of a text, by the name that its SMSC gave it. number: from 0."""

    text: ExpectedText
    number: int
    smsc: str
    message_id: str

    @property
    def is_settled_here(self) -> bool:
        """Whether a receipt for it waits for nobody else: its rows are there, and nothing of it is being written."""
        return self.text.stored and self.number not in self.text.writing
