"""One subscriber of the demonstration: what they do, what they get, and what must hold for them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from time import monotonic

from gateway.simulators.demo.events import activated, depleting
from gateway.simulators.demo.stage import Stage
from gateway.simulators.demo.transcript import Transcript, short
from gateway.simulators.demo.waiting import PATIENCE, CheckFailed, together, until
from gateway.simulators.demo.wires import Json, UnexpectedAnswer, Wires
from locales import formats

CURRENCY = "COP"


@dataclass(slots=True)
class Show:
    """What every scene plays with. prices: of the offers made, by scene, in minor units."""

    stage: Stage
    wires: Wires
    transcript: Transcript
    prices: dict[str, int] = field(default_factory=dict)

    def check(self, holds: bool, what: str, found: object = "") -> None:
        """Print what holds. Raises CheckFailed, with what was found instead, when it does not."""
        if not holds:
            raise CheckFailed(f"not so: {what}" + (f"; found {found}" if found != "" else ""))
        self.transcript.checked(what)


def pesos(amount: int) -> str:
    """Minor units as a Colombian reads them."""
    return formats.money(amount, CURRENCY, "es")


class Person:
    """A subscriber with a phone. Whatever they see or cause is printed. network: what leads to them, see ``Stage``."""

    def __init__(self, show: Show, msisdn: str, network: str = "smsc") -> None:
        self.msisdn = msisdn
        self._network = network
        self._show = show
        self._wires = show.wires
        self._transcript = show.transcript
        self._unread: deque[str] = deque()
        self._seen = 0
        self._events = 0

    async def has(self, balance: int) -> None:
        """Open their account with this balance."""
        await self._wires.set_balance(self.msisdn, balance)
        self._transcript.behind(f"subscriber {short(self.msisdn)} has {pesos(balance)}")

    async def runs_low(self, event_id: str = "", want: int = 202) -> None:
        """The charging system tells that their 1 GB bundle is at a tenth. event_id: to tell the same thing again."""
        self._events += 1
        name = event_id or f"{self.msisdn[-4:]}-{self._events}"
        await self._is_told_of(depleting(self.msisdn, f"evt-{name}"), f"depleting {name}", want)

    async def joins(self, circle: str) -> None:
        """The charging system tells that they are new, and in this circle."""
        await self._is_told_of(activated(self.msisdn, circle), f"activated, circle {circle}", 202)

        async def look() -> bool | None:
            try:
                return (await self._wires.profile(self.msisdn))["circle"] == circle or None
            except UnexpectedAnswer:  # nobody with this number has been seen yet
                return None

        await until(look, f"a subscriber in circle {circle}")

    async def texts(self, text: str, times: int = 1) -> None:
        """They answer. times: the network delivers the same text so often."""
        self._transcript.texted(text)
        if self._network == "aggregator":
            statuses, knock = await self._wires.call_in(self.msisdn, text, times), "POST /sms/africastalking"
        else:
            statuses, knock = await self._wires.text_in(self.msisdn, text, times), "SMPP deliver_sm"
        self._transcript.behind(f"{knock}: {', '.join(statuses)}")

    async def gets(self) -> str:
        """The next text on their phone. Raises CheckFailed when none comes."""
        deadline = monotonic() + PATIENCE
        while not self._unread:
            left = deadline - monotonic()
            if left <= 0:
                raise CheckFailed(f"no text came within {PATIENCE:g} s")
            await self._fetch(left)
        text = self._unread.popleft()
        self._transcript.received(text)
        return text

    async def is_offered(self, text: str, language: str = "responde") -> Json:
        """The one open offer, which ``text`` names with its price and with what to answer. language: how it asks."""
        offers = await self._wires.of_subscriber(self.msisdn, "offers")
        if len(offers) != 1:
            raise CheckFailed(f"{len(offers)} offers are open, not 1")
        offer, price = offers[0], offers[0]["price"]["amount"]
        self._show.check(
            offer["name"] in _same_letters(text, offer["name"]) and f"{language} 1" in text,
            f"offer {offer['bundle']} at {pesos(price)}, answered by 1",
            repr(text),
        )
        return offer

    async def order_becomes(self, wanted: str) -> Json:
        """Their newest order, once it is in this state; the states seen on the way are printed."""
        shown = ""

        async def look() -> Json | None:
            nonlocal shown
            orders = await self._wires.of_subscriber(self.msisdn, "orders")
            if not orders:
                return None
            state = orders[0]["state"]
            if state != shown:
                shown = state
                self._transcript.behind(f"order {state}")
            return orders[0] if state == wanted else None

        return await until(look, f"an order that is {wanted}")

    async def is_charged(self) -> None:
        """The charging system's ledger gets its first entry for them."""
        entries = await self._wires.ledger(self.msisdn, count=1)
        if not entries:
            raise CheckFailed("nothing was charged")
        entry = entries[0]
        self._transcript.behind(f"OCS charged {pesos(entry['amount'])}, {pesos(entry['balance_after'])} left")

    async def buys(self) -> str:
        """Everything that follows a yes, as it happens; the confirmation."""
        _, _, confirmation = await together(self.is_charged(), self.order_becomes("confirmed"), self.gets())
        return str(confirmation)

    async def was_charged_once(self, offer: Json, had: int, confirmation: str) -> None:
        """Ledger, account, order, confirmation and delivery agree. had: their balance before."""
        check, price = self._show.check, int(offer["price"]["amount"])
        ledger = await self._wires.ledger(self.msisdn)
        check(len(ledger) == 1, "ledger: exactly one charge", len(ledger))
        account = await self._wires.account(self.msisdn)
        amounts = (ledger[0]["amount"], ledger[0]["balance_after"], account["balance"]["amount"])
        check(
            amounts == (price, had - price, had - price),
            f"ledger: {pesos(had)} - {pesos(price)} = {pesos(had - price)}",
            amounts,
        )
        check(len(account["bundles"]) == 1, "OCS account: one new bundle", len(account["bundles"]))
        orders = await self._wires.of_subscriber(self.msisdn, "orders")
        told = [(one["state"], one["price"]["amount"], one["attempts"]) for one in orders]
        check(told == [("confirmed", price, 1)], "one order: confirmed, price right, sent once", told)
        check(pesos(had - price) in confirmation, "the confirmation tells the new balance", repr(confirmation))
        await self.were_delivered(2)

    async def bought_once(self, price: int, had: int) -> None:
        """One confirmed order, one charge, one new bundle. had: their balance before."""
        ledger = await self._wires.ledger(self.msisdn)
        self._show.check(len(ledger) == 1, "ledger: exactly one charge", len(ledger))
        account = await self._wires.account(self.msisdn)
        told = (account["balance"]["amount"], len(account["bundles"]))
        self._show.check(told == (had - price, 1), f"OCS account: {pesos(had - price)}, one new bundle", told)
        orders = await self._wires.of_subscriber(self.msisdn, "orders")
        states = [(one["state"], one["channel"]) for one in orders]
        self._show.check(states == [("confirmed", "ussd")], "one order: confirmed, by USSD", states)

    async def were_sent(self, count: int) -> None:
        """So many texts were ever written to them, sent or still to be sent. Raises CheckFailed if not."""
        found = len(await self._states())
        if found != count:
            raise CheckFailed(f"{found} texts were written, not {count}")

    async def were_delivered(self, count: int, withdrawn: int = 0) -> None:
        """So many texts and no more, each with the SMSC's receipt. withdrawn: so many were written and never left."""
        wanted = ["delivered"] * count + ["suppressed"] * withdrawn

        async def look() -> bool | None:
            return set(await self._states()) == set(wanted) or None

        await until(look, "a receipt for every text")
        await self.were_sent(len(wanted))
        await self._fetch(0)
        if self._unread:
            raise CheckFailed(f"one text too many on the phone: {self._unread[0]!r}")
        besides = f"; {withdrawn} withdrawn, never sent" if withdrawn else ""
        texts = "text" if count == 1 else "texts"
        self._transcript.checked(f"{count} {texts} sent, {count} delivered (receipts){besides}")

    async def bought_nothing(self) -> None:
        """No order, no charge."""
        orders = await self._wires.of_subscriber(self.msisdn, "orders")
        self._show.check(not orders and not await self._wires.ledger(self.msisdn), "no order, nothing charged")

    async def _is_told_of(self, event: Json, what: str, want: int) -> None:
        status = await self._wires.post_event(event)
        words = {202: "accepted", 200: "known"}.get(status, "")
        self._transcript.behind(f"POST /triggers {what}: {status} {words}")
        if status != want:
            raise CheckFailed(f"POST /triggers answered {status}, not {want}")

    async def _states(self) -> list[str]:
        """Of the texts written to them."""
        messages = await self._wires.of_subscriber(self.msisdn, "messages")
        return [one["state"] for one in messages if one["direction"] == "out"]

    async def _fetch(self, seconds: float) -> None:
        for message in await self._wires.texts_after(self._seen, seconds, self._network):
            self._seen = message["n"]
            if message["to"] == self.msisdn:
                self._unread.append(message["text"])


def _same_letters(text: str, name: str) -> str:
    """``text`` with the accents of ``name``: GSM-7 lacks some (í), and phones then show the bare letter."""
    plain = name.translate(str.maketrans("áíóúâêôãõ", "aiouaeoao"))
    return text.replace(plain, name)
