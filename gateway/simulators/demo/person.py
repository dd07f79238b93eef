"""One subscriber of the demonstration: what they do, what they get, and what must hold for them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from gateway.simulators.demo.stage import Stage
from gateway.simulators.demo.transcript import Transcript, short
from gateway.simulators.demo.wires import Json, Wires
from locales import formats

CURRENCY = "COP"
_PATIENCE = 20.0
_LOOK_EVERY = 0.02
_GIGABYTE = 1024**3
Found = TypeVar("Found")


class CheckFailed(Exception):
    """Something that had to be so is not; one line."""


@dataclass(slots=True)
class Show:
    """What every scene plays with. prices: of the offers made, by scene, in minor units."""

    stage: Stage
    wires: Wires
    transcript: Transcript
    prices: dict[str, int] = field(default_factory=dict)

    def check(self, holds: bool, what: str) -> None:
        """Print what holds. Raises CheckFailed when it does not."""
        if not holds:
            raise CheckFailed(what)
        self.transcript.checked(what)


def pesos(amount: int) -> str:
    """Minor units as a Colombian reads them."""
    return formats.money(amount, CURRENCY, "es")


async def until(look: Callable[[], Awaitable[Found | None]], what: str) -> Found:
    """Look again and again until there is something. Raises CheckFailed after 20 seconds."""
    deadline = monotonic() + _PATIENCE
    while (found := await look()) is None:
        if monotonic() > deadline:
            raise CheckFailed(f"waited {_PATIENCE:g} s in vain: {what}")
        await asyncio.sleep(_LOOK_EVERY)
    return found


async def together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run all; the first failure ends the others and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


class Person:
    """A subscriber with a phone. Whatever they see or cause is printed."""

    def __init__(self, show: Show, msisdn: str) -> None:
        self.msisdn = msisdn
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
        status = await self._wires.post_event(_depleting(self.msisdn, f"evt-{name}"))
        words = {202: "accepted", 200: "known already"}.get(status, "")
        self._transcript.behind(f"POST /triggers bundle.depleting, event {name}: {status} {words}")
        if status != want:
            raise CheckFailed(f"POST /triggers answered {status}, not {want}")

    async def texts(self, text: str, times: int = 1) -> None:
        """They answer. times: the network delivers the same text so often."""
        self._transcript.texted(text)
        statuses = await self._wires.text_in(self.msisdn, text, times)
        twice = f"{times} x the same " if times > 1 else ""
        self._transcript.behind(f"SMPP {twice}deliver_sm: {', '.join(statuses)}")

    async def gets(self) -> str:
        """The next text on their phone. Raises CheckFailed when none comes."""
        deadline = monotonic() + _PATIENCE
        while not self._unread:
            left = deadline - monotonic()
            if left <= 0:
                raise CheckFailed(f"no text came within {_PATIENCE:g} s")
            await self._fetch(left)
        text = self._unread.popleft()
        self._transcript.received(text)
        return text

    async def got_no_more(self) -> None:
        """Raises CheckFailed when there is a text that was not looked at."""
        await self._fetch(0)
        if self._unread:
            raise CheckFailed(f"one text too many: {self._unread[0]!r}")

    async def is_offered(self, text: str, language: str = "responde") -> Json:
        """The one open offer, which ``text`` names with its price and with what to answer. language: how it asks."""
        offers = await self._wires.of_subscriber(self.msisdn, "offers")
        if len(offers) != 1:
            raise CheckFailed(f"{len(offers)} offers are open, not 1")
        offer, price = offers[0], offers[0]["price"]["amount"]
        self._show.check(
            offer["name"] in _same_letters(text, offer["name"]) and f"{language} 1" in text,
            f"offer {offer['bundle']} at {pesos(price)}, answered with 1",
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
        self._transcript.behind(
            f"OCS charged {pesos(entry['amount'])} for {entry['offering']}, {pesos(entry['balance_after'])} left"
        )

    async def buys(self) -> str:
        """Everything that follows a yes, as it happens; the confirmation."""
        _, _, confirmation = await together(self.is_charged(), self.order_becomes("confirmed"), self.gets())
        return str(confirmation)

    async def was_charged_once(self, offer: Json, had: int, confirmation: str) -> None:
        """Ledger, account, order, confirmation and delivery agree. had: their balance before."""
        check, price = self._show.check, int(offer["price"]["amount"])
        ledger = await self._wires.ledger(self.msisdn)
        check(len(ledger) == 1, f"ledger: exactly one charge (found {len(ledger)})")
        account = await self._wires.account(self.msisdn)
        check(
            ledger[0]["amount"] == price and ledger[0]["balance_after"] == account["balance"]["amount"] == had - price,
            f"{pesos(had)} - {pesos(price)} = {pesos(had - price)}, and {len(account['bundles'])} bundle granted",
        )
        check(len(account["bundles"]) == 1, "the bundle is there")
        orders = await self._wires.of_subscriber(self.msisdn, "orders")
        check(
            [(one["state"], one["price"]["amount"], one["attempts"]) for one in orders] == [("confirmed", price, 1)],
            f"one order, confirmed, sent {orders[0]['attempts']} time",
        )
        check(pesos(had - price) in confirmation, "the confirmation tells the new balance")
        await self.all_delivered()

    async def all_delivered(self) -> None:
        """The SMSC's receipts have arrived for every text that went out."""

        async def look() -> int | None:
            messages = await self._wires.of_subscriber(self.msisdn, "messages")
            states = [one["state"] for one in messages if one["direction"] == "out"]
            return len(states) if states and set(states) == {"delivered"} else None

        count = await until(look, "a receipt for every text")
        await self.got_no_more()
        self._transcript.checked(f"{count} texts sent, {count} delivered (receipts)")

    async def bought_nothing(self) -> None:
        """No order, no charge."""
        orders = await self._wires.of_subscriber(self.msisdn, "orders")
        self._show.check(not orders and not await self._wires.ledger(self.msisdn), "no order, nothing charged")

    async def _fetch(self, seconds: float) -> None:
        for message in await self._wires.texts_after(self._seen, seconds):
            self._seen = message["n"]
            if message["to"] == self.msisdn:
                self._unread.append(message["text"])


def _same_letters(text: str, name: str) -> str:
    """``text`` with the accents of ``name``: GSM-7 lacks some (í), and phones then show the bare letter."""
    plain = name.translate(str.maketrans("áíóúâêôãõ", "aiouaeoao"))
    return text.replace(plain, name)


def _depleting(msisdn: str, ident: str) -> Json:
    """A 1 GB bundle of seven days, four days old, at a tenth."""
    now = datetime.now(UTC)
    return {
        "specversion": "1.0",
        "id": ident,
        "source": "ocs/demo",
        "type": "bundle.depleting",
        "time": now.isoformat(),
        "subject": f"+{msisdn}",
        "data": {
            "bundle": {
                "id": f"b-{msisdn[-4:]}",
                "product": "data-1gb-7d",
                "unit": "byte",
                "initial": _GIGABYTE,
                "remaining": _GIGABYTE // 10,
                "activated_at": (now - timedelta(days=4)).isoformat(),
                "expires_at": (now + timedelta(days=3)).isoformat(),
                "renews": False,
                "shared": False,
            },
            "threshold": 0.1,
        },
    }
