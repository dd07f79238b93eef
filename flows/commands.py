"""A command of a menu with all that is known when it is given, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from flows.care import Called
from flows.catalogue import Bundle
from flows.catalogue_services import Services
from flows.effects import Effect
from flows.frozen import dataclass
from flows.records import Answer, Offer, Subscriber
from flows.service_orders import Switch
from flows.session import Session
from flows.texts import Voice
from flows.values import OrderKey
from menus.values import Command

NOT_TOLD = "-"
"""Stands for a balance that the charging system did not tell, or not yet."""


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """An answer that asks for something, and all that is known when it does.

    prompt, reply: the screen that was answered, as it was shown, and what was typed.
    key: identifies the turn; the same turn again has the same key. session_id: the network's.
    bundle: what is to be bought, if it is on sale for this person, at what it costs them; standing: the offer that says
    so, None where it is the list's price. offer: their newest open offer.
    name: of the offered bundle, in their language. consent_in_force: to number porting.
    source_said: the newest word about the source of behaviour that the command names, None for never asked.
    services: what the charging system can do beside selling a bundle. source: the service number.
    day: the market's; so_far: what was asked of others on it, of the kind that the command asks for.
    called: whoever has the number that the command names. offered: what the catalogue offers beside bundles, in
    ``currency``. switch: of charges outside a bundle, as it is and as it is wanted.
    """

    at: datetime
    command: Command
    subscriber: Subscriber
    voice: Voice
    session: Session
    session_id: str
    prompt: str
    reply: str
    key: str
    market: str
    bundle: Bundle | None = None
    standing: Offer | None = None
    offer: Offer | None = None
    name: str = ""
    consent_in_force: bool = False
    source_said: str | None = None
    services: frozenset[str] = frozenset()
    source: str = ""
    day: date = date.min
    so_far: int = 0
    called: Called | None = None
    offered: Services = Services()
    currency: str = ""
    switch: Switch | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What follows. outcome: the word that the menu goes on by; awaits: the order whose result decides that word.

    lost: the word where another channel was quicker.
    """

    outcome: str
    effects: tuple[Effect, ...]
    session: Session
    subscriber: Subscriber
    awaits: OrderKey | None = None
    lost: str = "gone"


def nothing_done(given: CommandGiven, outcome: str) -> Carried:
    """Only the page changes."""
    return Carried(outcome, (), given.session, given.subscriber)


def said(given: CommandGiven, secret: str = "") -> Answer:
    """The answer as it was given. secret: what must not be kept of the screen."""
    shown = given.prompt.replace(secret, "…") if secret else given.prompt
    return Answer(given.key, session=given.session_id, shown=shown, said=given.reply)


def started(given: CommandGiven, purchase: dict[str, str], effects: tuple[Effect, ...], key: OrderKey) -> Carried:
    """An order is on its way. purchase: what its result page tells."""
    session = replace(given.session, purchase=purchase)
    return Carried("started", effects, session, given.subscriber, key)
