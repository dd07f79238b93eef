"""One dialogue that goes on now, as memory has it: the store has it too, this is what spares a hop the reading."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.records import Subscriber
from flows.session import Session
from flows.values import SubscriptionId
from gateway.core.doors import Door

_NEVER = datetime.min.replace(tzinfo=UTC)
_NOT_YET = datetime.max.replace(tzinfo=UTC)
Service = tuple[SubscriptionId, str]
"""One person in one menu: nobody has two dialogues of that at once."""


@dataclass(slots=True, eq=False)
class LiveSession:
    """One dialogue, the newest under its network's id.

    opened, position: of its first and its last turn, -1 where nothing is known. began, answered: when those were
    answered. said, transcript: what was said last, and all of it joined by ``*``. reply, ends: what the last turn was
    answered with. door: what it came in by. read: whether the store was asked for earlier turns. gave_way: a newer
    session of the same person took its place. released: when the network said that it has ended. ordering: its hop is
    at an order that may be durable. outcome: in a word, once it is over.
    """

    dialect: str
    id: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    opened: int = 0
    position: int = -1
    said: str = ""
    transcript: str = ""
    reply: str = ""
    ends: bool = False
    began: datetime = _NEVER
    answered: datetime = _NEVER
    session: Session | None = None
    subscriber: Subscriber | None = None
    door: Door | None = None
    read: bool = False
    gave_way: bool = False
    released: datetime = _NOT_YET
    ordering: bool = False
    outcome: str = ""
    touched: float = 0.0

    @property
    def known(self) -> bool:
        """Whether a turn of it is known; else the store is asked."""
        return self.position >= 0

    @property
    def service(self) -> Service | None:
        """Whose dialogue of which menu this is, or was when that was last known."""
        return (self.subscriber.id, self.session.menu) if self.subscriber and self.session else None

    def forget(self) -> None:
        """Trust nothing any more but whose it is: the store is asked at the next hop."""
        self.opened, self.position, self.said, self.transcript, self.reply, self.ends = 0, -1, "", "", "", False
        self.began = self.answered = _NEVER
        self.read = self.gave_way = False

    def begin(self, at: datetime) -> None:
        """A dialogue begins under this id."""
        self.began, self.gave_way, self.released, self.outcome = at, False, _NOT_YET, ""
