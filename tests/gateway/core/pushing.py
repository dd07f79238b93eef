"""One process that pushes, without a network: killed and started anew on the same store as often as a test likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any

from handset import starter_shelf

from fakes import ANA, NUMBER, House
from flows.catalogue import load_starter
from flows.channel_choice import ChannelPolicy
from flows.contact_policy import ContactSwitches
from flows.events import BundleChange, BundleReported, Trigger
from flows.market import load_market
from flows.values import Bucket, Channel, Money, Msisdn, Unit, Wallet
from gateway.core.choosing import ChannelDesk
from gateway.core.commit import Committer
from gateway.core.crew import Crew
from gateway.core.doors import Door
from gateway.core.facts import Facts
from gateway.core.live_sessions import LiveSessions
from gateway.core.outbox import Lanes
from gateway.core.ports import PushOutcome, PushRequest, Shown
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.push_lane import PushLane
from gateway.core.pushers import MenuPusher, Pushers
from gateway.core.pushes import Pushes
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.core.sms_lane import SmsLane
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.core.turn import Input, Reply, Turn
from gateway.core.turns import TurnDesk
from store import inbox
from store.consent_ledger import ConsentLedger
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit as Written

DOOR = Door("operator", "push", service="*123#", idle_seconds=600, total_seconds=900)
WAIT = timedelta(seconds=90)
_EVENTS = count(1)


class FakePusher:
    """Phones that show everything at once, or do what they are told. up: whether the wire is ready.

    asked: what was pushed; on_push: what becomes of the next ones.
    """

    def __init__(self, door: Door = DOOR) -> None:
        self.door = door
        self.ready = True
        self.asked: list[PushRequest] = []
        self.on_push: Callable[[PushRequest], Awaitable[PushOutcome]] | None = None
        self.reached = asyncio.Event()

    def new_session(self, msisdn: Msisdn) -> str:
        return f"push-{new_id_of(len(self.asked))}"

    async def push(self, request: PushRequest) -> PushOutcome:
        self.asked.append(request)
        self.reached.set()
        return Shown() if self.on_push is None else await self.on_push(request)


def new_id_of(number: int) -> str:
    """A session's name that no other test run has."""
    return f"{number}-{next(_EVENTS)}"


def in_mexico(house: House) -> House:
    """Where a week's offers may come on any channel, so that the text behind a screen keeps its offer."""
    house.context.market, house.context.catalogue = load_market("mx"), load_starter("mx")
    house.context.switches = ContactSwitches(quiet_hours="off", assume_opt_in="yes")
    house.ocs.otherwise = Wallet(Money(100_000, "MXN"))
    return house


class Process:
    """Triggers, texts, screens, dialogues and purchases. wait: until the text behind a screen goes."""

    def __init__(self, house: House, wire: FakePusher, wait: timedelta = WAIT) -> None:
        self.house, self.wire = house, wire
        context = house.context
        self.lanes = Lanes(house.context.metrics)
        self.committer = Committer(
            house.writer, context.reach, self.lanes.put, ConsentLedger(house.reader, house.writer)
        )
        facts, settlements, shelf = Facts(context, house.ocs), Settlements(), starter_shelf(house)
        pushers = Pushers([MenuPusher(wire, "main")])
        self.texts = SmsLane(context, [house.sender], ReceiptDesk(context))
        self.screens = PushLane(context, pushers, Pushes(context, facts, shelf), self.texts.put, stop_seconds=1)
        query = Backoff(0.001, 0.001, 40)
        self.orders = PurchaseLane(context, self.committer, house.ocs, facts, settlements, query=query)
        self.sessions = LiveSessions(lambda: 0.0)
        self.turns = TurnDesk(context, facts, self.committer, settlements, shelf=shelf, sessions=self.sessions)
        policy = ChannelPolicy(order=(Channel.USSD, Channel.SMS), hours=None)
        self.channels = ChannelDesk(context, pushers, shelf, policy, wait)
        self.triggers = TriggerDesk(context, facts, self.committer, self.channels)
        self.replies = ReplyDesk(context, facts, self.committer)

    async def start(self, *, screens: bool = True) -> Process:
        """Take up what was left. screens: whether screens are pushed at all, or a crash comes before."""
        self.lanes.sms, self.lanes.purchases = self.texts, self.orders
        self.lanes.pushes = self.screens if screens else None
        self.texts.start()
        await self.lanes.recover(self.house.context)
        return self

    async def stop(self) -> None:
        """As the gateway stops."""
        await self.screens.stop()
        await self.orders.stop()
        await self.texts.stop()
        await self.texts.drain()

    async def kill(self) -> None:
        """As ``kill -9``: what is on its way is dropped where it stands; what the writer has in hand is written."""
        self.texts._stopping = self.screens._closing = True
        self.texts._waiting.close()
        for watched in (self.texts._claimer, self.texts._settling):
            watched.cancel()
        crews: list[Crew[Any]] = [*self.screens._crews.values(), self.orders._crew]
        for crew in crews:
            crew.close()
            for task in crew._working.values():
                task.cancel()
        await asyncio.sleep(0)
        await self.house.writer.commit(Written())

    # ── what happens to it ──

    async def trigger(self, msisdn: Msisdn = ANA) -> None:
        """A bundle of this person runs low."""
        at = self.house.clock()
        bucket = Bucket(f"b-{next(_EVENTS)}", Unit.BYTE, 92 << 20, 1024 << 20)
        fact = BundleReported(BundleChange.DEPLETING, bucket, threshold=0.1)
        entry = Entry(new_id(at), "trigger", "ocs", new_id(at), msisdn, "{}", at)
        await self.house.writer.commit(inbox.take_in(entry))
        assert await self.triggers.work([Triggered(entry, Trigger(msisdn, at, fact))]) == []

    async def answer(self, text: str, number: int = 1, request: PushRequest | None = None) -> Reply:
        """The phone answers the last screen, or this one."""
        asked = request or self.wire.asked[-1]
        said = Input(text, number=number)
        turn = Turn(DOOR.dialect, asked.session, asked.msisdn, "", said, DOOR, self.house.clock())
        return await self.turns.take(turn)

    async def texted(self, text: str, msisdn: Msisdn = ANA) -> None:
        """A text of this person is taken in and dealt with."""
        at = self.house.clock()
        body = json.dumps({"text": text, "to": NUMBER, "smsc": "smsc-a"})
        entry = Entry(new_id(at), "mo", "smsc-a", new_id(at), msisdn, body, at)
        await self.house.writer.commit(inbox.take_in(entry))
        assert await self.replies.work([entry]) == []
