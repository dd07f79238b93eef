"""Sessions that the network is asked to open towards phones."""

from __future__ import annotations

from typing import Literal, Protocol

from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.core.doors import Door


@dataclass(frozen=True, slots=True)
class PushRequest:
    """Show one screen on a phone that has dialled nothing.

    session: as ``UssdPusher.new_session`` named it; answers come as hops of that session, by the pusher's door.
    asks: wait for an answer (USSR); else the screen is only shown (USSN). (3GPP TS 22.090 §5)
    """

    session: str
    msisdn: Msisdn
    text: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The phone showed it: a notification was confirmed, or an answer came."""


PushReason = Literal["absent", "busy", "no_answer", "refused", "away"]
"""``absent``: switched off, no coverage; ``busy``: in a call or another session; ``no_answer``; ``refused``: barred,
not supported, unknown subscriber; ``away``: the network could not be asked."""


@dataclass(frozen=True, slots=True)
class PushFailed:
    """Nobody saw it, or nobody answered. detail: the network's own words."""

    reason: PushReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PushUnknown:
    """It was handed over, and what became of it nobody can say: the phone may show it."""

    detail: str


PushOutcome = Shown | PushFailed | PushUnknown


class UssdPusher(Protocol):
    """A wire on which sessions can be opened towards phones. door: whose hops the answers are."""

    @property
    def door(self) -> Door: ...

    @property
    def ready(self) -> bool:
        """Whether a push can be handed over now."""
        ...

    def new_session(self, msisdn: Msisdn) -> str:
        """The id of the session that the next push to this person opens."""
        ...

    async def push(self, request: PushRequest) -> PushOutcome:
        """Show the screen; returns once its fate is known or its time is over. Never raises for what the far side does.

        An answer is handed on as a hop before this returns ``Shown``; whatever the session goes on with is the wire's.
        """
        ...
