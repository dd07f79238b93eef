"""A hop and its answer, as every dialect reads and says them."""

from __future__ import annotations

from dataclasses import dataclass

from flows.values import Msisdn
from menus.values import Budget


@dataclass(frozen=True, slots=True)
class Turn:
    """One hop.

    menu: where a session of this service begins. transcript: all that was said since the session began, joined by
    ``*``; what was dialled behind the service code comes first. budget: what the door's screens hold.
    """

    dialect: str
    session: str
    msisdn: Msisdn
    menu: str
    transcript: str
    budget: Budget


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown. ends: the session closes with it."""

    text: str
    ends: bool
