"""Stand-ins for the outside world, and the people and things that tests speak of."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select

from flows.catalogue import Bundle, load_starter
from flows.contact_policy import ContactSwitches
from flows.effects import RecordConsent, RecordOffer, SendSms
from flows.market import load_market
from flows.records import Offer, Order, Subscriber
from flows.values import (
    BundleId,
    Channel,
    Money,
    Msisdn,
    OfferId,
    OrderKey,
    Purpose,
    SubscriptionId,
    Wallet,
)
from gateway.core.context import Context, Machines
from gateway.core.ports import (
    Abilities,
    Activated,
    Delivery,
    DeliveryReceipt,
    FindOutcome,
    FindRefundOutcome,
    MobileOriginated,
    MobilePart,
    NotFound,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Service,
    ServiceRequest,
    ShortMessage,
    SmsSender,
    SubmitOutcome,
    Submitted,
)
from gateway.core.reach import Reach
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import OcsError
from gateway.telemetry import Metrics
from locales.catalogues import Catalogues
from store import tables
from store.reader import Reader
from store.record import Due
from store.sms_rows import SmsRow
from store.writer import Writer

TUESDAY = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""Ten in the morning in Bogotá, on a working day: marketing may be sent."""
ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
ANAS = SubscriptionId("01ANA")
GIGABYTE = BundleId("data-1gb-7d")
PRICE = Money(300_000, "COP")
NUMBER = "12345"
NUMBERS = (ServiceNumber(NUMBER),)
PATIENCE = 20.0


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = TUESDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> None:
        """Go on by this time, in the words of ``timedelta``."""
        self.now += timedelta(**length)


class FakeTraits:
    """What is known of a charging system, and by which orders it was learnt."""

    def __init__(self, *known: str) -> None:
        self.known: dict[str, str] = dict.fromkeys(known, "")

    async def knows(self, trait: str) -> bool:
        return trait in self.known

    async def learn(self, trait: str, key: OrderKey) -> None:
        self.known.setdefault(trait, key)


def able(*services: Service) -> Abilities:
    """A charging system that can be asked for these."""
    return Abilities("a fake", frozenset(services), frozenset(services))


class FakeOcs:
    """A charging system that says what it is told to say, and remembers what it was asked.

    purchases, finds: what is answered next; then everything is activated and found. broke: raised for a wallet.
    """

    def __init__(self, balance: int = 1_000_000) -> None:
        self.settle_seconds = 10.0
        self.abilities = able("gift")
        self.can_be_asked = True
        self.balances: dict[Msisdn, Wallet] = {}
        self.otherwise = Wallet(Money(balance, "COP"))
        self.broke: OcsError | None = None
        self.purchases: deque[PurchaseOutcome] = deque()
        self.finds: deque[FindOutcome] = deque()
        self.refunds: deque[RefundOutcome] = deque()
        self.found_refunds: deque[FindRefundOutcome] = deque()
        self.bought: list[PurchaseRequest] = []
        self.refunded: list[RefundRequest] = []
        self.services_done: deque[PurchaseOutcome] = deque()
        self.found_services: deque[FindOutcome] = deque()
        self.served: list[ServiceRequest] = []
        self.on_serve: Callable[[], None] = lambda: None
        self.asked: list[OrderKey] = []
        self.looked: list[Msisdn] = []
        self.on_find: Callable[[], None] = lambda: None
        self.on_purchase: Callable[[], Awaitable[None]] | None = None

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        self.looked.append(msisdn)
        if self.broke is not None:
            raise self.broke
        return self.balances.get(msisdn, self.otherwise)

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        self.bought.append(request)
        if self.on_purchase is not None:
            await self.on_purchase()
        return self.purchases.popleft() if self.purchases else Activated("ocs-1")

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        self.asked.append(request.key)
        self.on_find()
        return self.finds.popleft() if self.finds else NotFound()

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        self.refunded.append(request)
        return self.refunds.popleft() if self.refunds else Refunded("ocs-r1")

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        self.asked.append(request.key)
        self.on_find()
        return self.found_refunds.popleft() if self.found_refunds else NotFound()

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        self.served.append(request)
        self.on_serve()
        return self.services_done.popleft() if self.services_done else Activated("ocs-s1")

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        self.asked.append(request.key)
        self.on_find()
        return self.found_services.popleft() if self.found_services else NotFound()

    async def answers(self) -> bool:
        return self.broke is None

    async def close(self) -> None:
        """Nothing is open."""


class FakeSender:
    """An SMSC that answers as it is told, then takes everything. up: whether a bind is up."""

    def __init__(self, name: str = "smsc-a", numbers: Sequence[ServiceNumber] = NUMBERS) -> None:
        self.name = name
        self.numbers = numbers
        self.slots = 8
        self.sent: list[ShortMessage] = []
        self.outcomes: deque[SubmitOutcome] = deque()
        self.up = asyncio.Event()
        self.up.set()
        self.answering = asyncio.Event()
        self.answering.set()
        self.written = asyncio.Event()
        self._unanswered: list[Callable[[], None]] = []
        self._when_ready: list[Callable[[], object]] = []

    @property
    def ready(self) -> bool:
        return self.up.is_set()

    def on_ready(self, call: Callable[[], object]) -> None:
        self._when_ready.append(call)

    def come_up(self) -> None:
        """The bind is up again."""
        self.up.set()
        for call in self._when_ready:
            call()

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        self.sent.append(message)
        self.written.set()
        outcome = self.outcomes.popleft() if self.outcomes else Submitted(self.name, (f"id-{len(self.sent)}",))
        if self.answering.is_set():
            settled(outcome)
        else:
            self._unanswered.append(partial(settled, outcome))

    def answer(self) -> None:
        """Answer what waits for it, and from now on everything at once."""
        self.answering.set()
        for settle in self._unanswered:
            settle()
        self._unanswered.clear()


class FakeInbox:
    """Where deliveries go. Each takes one of ``failures`` along, as long as there are any.

    said: texts and parts of texts, in the order in which they came.
    """

    def __init__(self) -> None:
        self.texts: asyncio.Queue[MobileOriginated] = asyncio.Queue()
        self.said: list[MobileOriginated | MobilePart] = []
        self.receipts: asyncio.Queue[DeliveryReceipt] = asyncio.Queue()
        self.failures: list[Exception] = []

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """See ``InboundSms``."""
        return [self._take(one) for one in deliveries]

    def _take(self, delivery: Delivery) -> Exception | None:
        if self.failures:
            return self.failures.pop()
        if isinstance(delivery, DeliveryReceipt):
            self.receipts.put_nowait(delivery)
            return None
        self.said.append(delivery)
        if isinstance(delivery, MobileOriginated):
            self.texts.put_nowait(delivery)
        return None


def submitted(sender: SmsSender, message: ShortMessage) -> asyncio.Future[SubmitOutcome]:
    """What becomes of ``message``."""
    outcome: asyncio.Future[SubmitOutcome] = asyncio.get_running_loop().create_future()
    sender.submit(message, lambda result: None if outcome.done() else outcome.set_result(result))
    return outcome


@dataclass(slots=True)
class House:
    """The core as ``gateway.app`` builds it, with nobody outside.

    handed: rows that a commit handed over; hand_on: who else gets them.
    """

    context: Context
    clock: FakeClock
    reader: Reader
    writer: Writer
    ocs: FakeOcs
    sender: FakeSender
    handed: list[Due]
    hand_on: Callable[[Due], None] = lambda due: None

    def hand(self, due: Due) -> None:
        """What a commit hands over."""
        self.handed.append(due)
        self.hand_on(due)

    def texts(self) -> list[SmsRow]:
        """The texts handed over so far."""
        return [row for row in self.handed if isinstance(row, SmsRow)]

    async def all_handed(self) -> bool:
        """Whether every text that waits in the store has been handed over: the commit comes first."""
        waiting = select(tables.outbox.c.key).where(tables.outbox.c.kind == "sms", tables.outbox.c.state == "queued")
        return {row.key for row in await self.reader.rows(waiting)} <= {text.key for text in self.texts()}

    def sells(self, bundles: Iterable[Bundle]) -> None:
        """From now on these, until the day ends."""
        self.context._today = replace(self.context._day(self.clock()), on_sale=tuple(bundles), offered={})


def colombia(reader: Reader, writer: Writer, clock: FakeClock, catalogues: Catalogues) -> House:
    """The core in Colombia with the starter catalogue."""
    context = Context(
        market=load_market("co"),
        catalogue=load_starter("co"),
        catalogues=catalogues,
        switches=ContactSwitches(),
        reach=Reach(),
        service_number=ServiceNumber(NUMBER, two_way=True),
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=clock,
        metrics=Metrics(),
    )
    return House(context, clock, reader, writer, FakeOcs(), FakeSender(), [])


async def eventually(check: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Return once ``check`` holds; fails the test when it takes too long."""
    async with asyncio.timeout(seconds):
        while True:
            found = check()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.002)


def ana(**changes: object) -> Subscriber:
    """A subscriber who was never asked for anything."""
    return replace(Subscriber(id=ANAS, msisdn=ANA, language="es"), **changes)  # type: ignore[arg-type]


def offer(**changes: object) -> Offer:
    """An open offer of a gigabyte to Ana, made at ten on Tuesday, open for a day."""
    made = Offer(
        id=OfferId("off-1"),
        subscription=ANAS,
        bundle=GIGABYTE,
        price=PRICE,
        state="open",
        channel=Channel.SMS,
        sent_from=NUMBER,
        created_at=TUESDAY,
        expires_at=TUESDAY + timedelta(hours=24),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def record_offer(**changes: object) -> RecordOffer:
    """The effect that makes ``offer()``."""
    made = RecordOffer(
        id=OfferId("off-1"),
        subscription=ANAS,
        bundle=GIGABYTE,
        price=PRICE,
        channel=Channel.SMS,
        sent_from=NUMBER,
        reason="bundle.depleting",
        decision={"p50_hours": 5},
        at=TUESDAY,
        expires_at=TUESDAY + timedelta(hours=24),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def order(**changes: object) -> Order:
    """Ana's order of a gigabyte for herself, not sent yet."""
    made = Order(
        key=OrderKey("ord-off-1"),
        offer=OfferId("off-1"),
        subscription=ANAS,
        msisdn=ANA,
        beneficiary=ANA,
        bundle=GIGABYTE,
        price=PRICE,
        channel=Channel.SMS,
        state="pending",
        attempts=0,
        queries=0,
        created_at=TUESDAY,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def sms(key: str = "alert:1", **changes: object) -> SendSms:
    """An alert to Ana with an offer beside it, so that only the alert may be repeated."""
    made = SendSms(
        key=key,
        subscription=ANAS,
        msisdn=ANA,
        source=NUMBER,
        text="Se acaba. 1 GB por $3.000: responde 1.",
        purpose=Purpose.ALERT,
        at=TUESDAY,
        repeat_text="Se acaba.",
        expires_at=TUESDAY + timedelta(hours=24),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def consent(number: int = 1, **changes: object) -> RecordConsent:
    """Ana's consent to porting, with both screens; number: of the record."""
    made = RecordConsent(
        record_id=f"con-{number}",
        subscription=ANAS,
        msisdn=ANA,
        event="given",
        purpose="number_porting",
        prompts=("¿Autorizas portar tu línea? 1 Sí 2 No", "¿Confirmas? 1 Sí 2 No"),
        replies=("1", "1"),
        language="es",
        menu="main",
        menu_version="0123456789ab",
        channel=Channel.USSD,
        session="ATUid_1",
        jurisdiction="co",
        at=TUESDAY,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
