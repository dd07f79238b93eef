"""A hop and its answer, as every dialect reads and says them."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import NamedTuple

from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.core.doors import Door


class Transcript(NamedTuple):
    """The wire repeats all that was said since the session began, joined by ``*``; what was dialled behind the
    service code comes first.
    """

    text: str


class Input(NamedTuple):
    """The wire says what is new alone.

    begins: this opens a session, and text is what was dialled behind the service code; None where the wire does not
    say, and a session that nobody knows begins with what could be dialled. dialled: what stands behind the code in it.
    number: the hop's own count in its session, 0 for the one that begins; None where the wire counts nothing, and a
    repeated answer cannot be told from the same answer given twice.
    reuses: the wire gives a session's id again once that session is over.
    """

    text: str
    begins: bool | None = False
    number: int | None = None
    reuses: bool = False
    dialled: str = ""


Said = Transcript | Input


class Turn(NamedTuple):
    """One hop.

    msisdn: None where the wire names the subscriber only as a session begins. menu: where a session of this service
    begins; empty where the wire names the service only then. door: what it came in by. at: when it came.
    """

    dialect: str
    session: str
    msisdn: Msisdn | None
    menu: str
    said: Said
    door: Door
    at: datetime

    @property
    def key(self) -> str:
        """What its session is kept under."""
        return self.door.session_key(self.session)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown. ends: the session closes with it. number: of the hop that it answers, counted from 0."""

    text: str
    ends: bool
    number: int = field(default=0, compare=False)
