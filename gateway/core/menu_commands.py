"""What a command's flow must know, fetched when the command is given and not before."""

from __future__ import annotations

from datetime import datetime, time

from flows.behaviour import Source
from flows.care import ACTIONS, Called
from flows.catalogue import Bundle
from flows.commands import CommandGiven
from flows.frozen import dataclass
from flows.porting import PURPOSE
from flows.records import Offer, Subscriber
from flows.service_orders import Switch
from flows.session import Session
from flows.values import parse_msisdn
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.menu_facts import MenuFacts
from gateway.core.pricing import at_price
from gateway.core.service_facts import out_of_bundle_of
from menus.values import Command
from store import audit, consents, offers


@dataclass(frozen=True, slots=True)
class Answered:
    """The screen that was answered, as it was shown, and what was typed. session: the network's; key: of the turn."""

    session: str
    prompt: str
    reply: str
    key: str


class MenuCommands:
    """Gathers the facts of commands. The names are those of ``flows.menu_vocabulary``."""

    def __init__(self, context: Context, facts: Facts, menu_facts: MenuFacts) -> None:
        self._context = context
        self._facts = facts
        self._menu_facts = menu_facts

    async def given(self, command: Command, person: Subscriber, session: Session, answered: Answered) -> CommandGiven:
        """The command with all that its flow asks about. Raises StoreError."""
        at = self._context.clock()
        bundle, standing = await self._wanted(command, person, at)
        offer = await self._offer(command, person, session)
        return CommandGiven(
            at=at,
            command=command,
            subscriber=person,
            voice=self._context.voice(person),
            session=session,
            session_id=answered.session,
            prompt=answered.prompt,
            reply=answered.reply,
            key=answered.key,
            market=self._context.market.code,
            bundle=bundle,
            standing=standing,
            offer=offer,
            name=self._context.bundle_name(offer.bundle, person.language) if offer else "",
            consent_in_force=await self._consents(command, person),
            source_said=await self._source_said(command, person),
            services=self._facts.abilities.services,
            source=self._context.service_number.address,
            day=at.astimezone(self._context.zone).date(),
            so_far=await self._so_far(command, person, at),
            called=await self._called(command, person),
            offered=self._context.catalogue.services,
            currency=self._context.market.currency,
            switch=await self._switch(command, person),
        )

    async def _wanted(self, command: Command, person: Subscriber, at: datetime) -> tuple[Bundle | None, Offer | None]:
        """What is to be bought, at what it costs this person now; and the offer that says so, if it is not the list."""
        wanted = command.args.get("bundle")
        found = next((one for one in self._menu_facts.for_sale(person) if one.id == wanted), None)
        if found is None or self._context.prices is None:
            return found, None
        standing = await self._context.prices.standing(person, at)
        if found.id not in standing:
            return found, None
        return at_price(found, standing), await offers.by_id(self._context.reader, standing[found.id][0])

    async def _offer(self, command: Command, person: Subscriber, session: Session) -> Offer | None:
        """The one that was shown to this person, not one that came since."""
        if command.name not in ("accept_offer", "decline_offer"):
            return None
        found = await offers.by_id(self._context.reader, session.place.chosen.get("offer", ""))
        return found if found is not None and found.subscription == person.id else None

    async def _consents(self, command: Command, person: Subscriber) -> bool:
        if command.name not in ("consent_confirm", "consent_withdraw"):
            return False
        return await consents.in_force(self._context.reader, person.id, PURPOSE) is not None

    async def _source_said(self, command: Command, person: Subscriber) -> str | None:
        if command.name != "set_source":
            return None
        purpose = Source(command.args["source"]).purpose
        return (await consents.latest(self._context.reader, [person.id], [purpose])).get((person.id, purpose))

    async def _so_far(self, command: Command, person: Subscriber, at: datetime) -> int:
        """How often this person did this since midnight."""
        if command.name not in ACTIONS:
            return 0
        midnight = datetime.combine(at.astimezone(self._context.zone), time(), self._context.zone)
        return await audit.count_since(self._context.reader, person.id, ACTIONS[command.name], midnight)

    async def _switch(self, command: Command, person: Subscriber) -> Switch | None:
        """Of charges outside a bundle."""
        if command.name != "set_out_of_bundle":
            return None
        return await out_of_bundle_of(self._context, person.id)

    async def _called(self, command: Command, person: Subscriber) -> Called | None:
        """Who shall call, in a language that they read if we know them."""
        number = parse_msisdn(command.args.get("number")) if command.name == "call_me" else None
        if number is None:
            return None
        known = await self._context.known(number)
        voice = self._context.voice(known) if known else self._context.market_voice()
        return Called(number, (known or person).id, voice)
