"""Events on their way to one endpoint: at least once, bounded, with pauses, whatever it answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from fakes import TUESDAY, House, eventually, order, record_offer, sms
from flows.announcements import Announcement
from flows.effects import RecordAlert, RecordConsent, RecordDropped
from flows.values import OfferId, SubscriptionId
from gateway.config.tree import WebhookEndpointConfig
from gateway.core.commit import Committer
from gateway.core.outbox import Lanes
from gateway.core.ports.webhooks import EndpointGone, NotSo, NotTaken, PostOutcome, Taken
from gateway.core.retry import Backoff
from gateway.core.webhook_lane import Announcer, WebhookLane
from gateway.core.webhook_line import AT_ONCE, WebhookLine
from store import outbox, webhook_rows
from store.consent_ledger import ConsentLedger
from store.unit import Unit
from store.webhook_rows import WebhookRow, webhook_row

_QUICK = Backoff(first=0.01, longest=0.02, most=1_000)
_HOUR = Backoff(first=3600, longest=3600, most=1_000)


class FakePoster:
    """Takes what it is told to take. posted: ids in order; waits: until ``go`` is set."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.answers: Callable[[WebhookRow], PostOutcome] = lambda row: Taken()
        self.go = asyncio.Event()
        self.go.set()
        self.most = self.now = 0

    async def post(self, row: WebhookRow) -> PostOutcome:
        self.posted.append(row.id)
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        return self.answers(row)


class Wire:
    """Two endpoints and what is written for them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.posters = {name: FakePoster() for name in ("app", "crm")}
        self.lane = self.opened()

    def opened(self, row_pauses: Backoff = _HOUR) -> WebhookLane:
        """A lane as a new process has it."""
        return WebhookLane(
            {
                name: WebhookLine(
                    name, self.house.context, poster, row_pauses=row_pauses, endpoint_pauses=_QUICK, look=0.02
                )
                for name, poster in self.posters.items()
            }
        )

    async def tell(self, number: int, *endpoints: str) -> list[WebhookRow]:
        """So many events for each endpoint, committed and handed over."""
        rows = [
            webhook_row(Announcement("order.confirmed", f"ord-{n}", self.house.clock(), {}), name)
            for n in range(number)
            for name in endpoints
        ]
        await self.house.writer.commit(Unit(ops=tuple(map(webhook_rows.put, rows))))
        for row in rows:
            self.lane.put(row)
        return rows

    async def counts(self) -> dict[tuple[str, str], int]:
        """Rows by endpoint and state."""
        return dict(await webhook_rows.counts(self.house.reader))

    async def settle(self, expected: dict[tuple[str, str], int]) -> None:
        """Wait until so many are in these states."""

        async def there() -> bool:
            return await self.counts() == expected

        await eventually(there)


@pytest.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    """Two endpoints, not begun."""
    opened = Wire(house)
    yield opened
    await opened.lane.stop(1)


async def test_each_event_is_posted_once_and_then_settled(wire: Wire) -> None:
    """More than are in hand at once, also those that were there before the start."""
    early = await wire.tell(5, "app")
    wire.lane.start()
    late = await wire.tell(30, "app")
    await wire.settle({("app", "delivered"): 35})
    assert Counter(wire.posters["app"].posted) == Counter(row.id for row in (*early, *late))
    assert wire.lane.lines["app"].state.state == "active"


async def test_only_so_many_are_in_hand_and_a_slow_endpoint_holds_up_no_other(wire: Wire) -> None:
    """Each endpoint has room of its own."""
    wire.posters["app"].go.clear()
    wire.lane.start()
    await wire.tell(50, "app", "crm")
    await wire.settle({("crm", "delivered"): 50, ("app", "queued"): 50})
    assert wire.posters["app"].most == AT_ONCE == len(wire.posters["app"].posted)
    wire.posters["app"].go.set()
    await wire.settle({("crm", "delivered"): 50, ("app", "delivered"): 50})


async def test_what_is_not_taken_goes_again_under_the_same_id(wire: Wire) -> None:
    """After its pause; the endpoint is failing until it takes something."""
    wire.posters["app"].answers = lambda row: NotTaken("http_500")
    wire.lane.start()
    (row,) = await wire.tell(1, "app")
    await eventually(lambda: wire.lane.lines["app"].state.state == "failing")
    assert wire.lane.lines["app"].state.reason == "http_500"
    wire.posters["app"].answers = lambda row: Taken()
    wire.house.clock.advance(hours=2)
    await wire.settle({("app", "delivered"): 1})
    assert wire.posters["app"].posted == [row.id, row.id]
    assert wire.lane.lines["app"].state.state == "active"


async def test_an_endpoint_that_fails_is_tried_with_one_event_at_a_time(wire: Wire) -> None:
    """However many wait."""
    poster = wire.posters["app"]
    poster.answers = lambda row: NotTaken("timeout")
    wire.lane.start()
    await wire.tell(1, "app")
    await eventually(lambda: wire.lane.lines["app"].state.state == "failing")
    poster.most = 0
    await wire.tell(20, "app")
    await eventually(lambda: len(poster.posted) >= 6)
    assert poster.most == 1


async def test_after_a_day_it_is_given_up(wire: Wire) -> None:
    """The last try is after the day, not before."""
    wire.posters["app"].answers = lambda row: NotTaken("http_503")
    wire.lane.start()
    await wire.tell(1, "app")
    await eventually(lambda: len(wire.posters["app"].posted) == 1)
    wire.house.clock.advance(hours=23, minutes=59)
    await eventually(lambda: len(wire.posters["app"].posted) == 2)
    await wire.settle({("app", "queued"): 1})
    wire.house.clock.advance(hours=2)
    await wire.settle({("app", "failed"): 1})


async def test_the_pause_that_was_asked_for_is_kept(wire: Wire) -> None:
    """Retry-After counts where it is longer than the row's own pause."""
    wire.lane = wire.opened(row_pauses=_QUICK)
    wire.posters["app"].answers = lambda row: NotTaken("http_429", wait=300)
    wire.lane.start()
    await wire.tell(1, "app")
    await eventually(lambda: wire.lane.lines["app"].state.state == "failing")

    async def put_off() -> bool:
        due = await webhook_rows.next_due(wire.house.reader, "app")
        return due is not None and due >= TUESDAY + timedelta(seconds=300)

    await eventually(put_off)


async def test_410_ends_everything_for_this_endpoint_alone(wire: Wire) -> None:
    """What waits, and what is still to come until the next start."""
    wire.posters["app"].answers = lambda row: EndpointGone()
    await wire.tell(20, "app", "crm")
    wire.lane.start()
    await wire.settle({("app", "failed"): 20, ("crm", "delivered"): 20})
    assert wire.lane.lines["app"].state.state == "disabled"
    posted = len(wire.posters["app"].posted)
    await wire.tell(3, "app")
    await wire.settle({("app", "failed"): 23, ("crm", "delivered"): 20})
    assert len(wire.posters["app"].posted) == posted


async def test_what_did_not_come_to_pass_is_not_told(wire: Wire) -> None:
    """And counts as no failure."""
    wire.posters["app"].answers = lambda row: NotSo()
    wire.lane.start()
    await wire.tell(1, "app")
    await wire.settle({("app", "suppressed"): 1})
    assert wire.lane.lines["app"].state.state == "active"


async def test_an_event_that_cannot_be_composed_takes_no_other_along(wire: Wire) -> None:
    """It goes again like one that was not taken."""
    first = (await wire.tell(1, "app"))[0].id

    def answer(row: WebhookRow) -> PostOutcome:
        if row.id == first:
            raise KeyError("what nobody has thought of")
        return Taken()

    wire.posters["app"].answers = answer
    wire.lane.start()
    await wire.tell(3, "app")
    await wire.settle({("app", "queued"): 1, ("app", "delivered"): 3})


async def test_what_was_in_hand_when_a_process_ended_goes_again_under_the_same_id(wire: Wire) -> None:
    """At least once: nobody knows whether it was taken."""
    wire.posters["app"].go.clear()
    wire.lane.start()
    (row,) = await wire.tell(1, "app")
    await eventually(lambda: wire.posters["app"].posted == [row.id])
    await wire.lane.stop(0)
    wire.posters["app"].go.set()
    wire.lane = wire.opened()
    wire.lane.start()
    await wire.settle({("app", "delivered"): 1})
    assert wire.posters["app"].posted == [row.id, row.id]


# ── written with the step ──

_ALL = WebhookEndpointConfig("app", "http://app.example", "whsec_AAAA")
_ORDERS = WebhookEndpointConfig("crm", "http://crm.example", "whsec_AAAA", ("order.confirmed", "consents", "orders"))


def _telling(house: House) -> Committer:
    ledger = ConsentLedger(house.reader, house.writer)
    tell = Announcer([_ALL, _ORDERS]).rows
    return Committer(house.writer, house.context.reach, house.handed.append, ledger, tell=tell)


async def test_events_are_written_with_their_step_for_whoever_wants_them(house: House) -> None:
    """Once for each endpoint, also where it named an event twice; and handed over."""
    committer = _telling(house)
    await committer.commit([record_offer()])
    await committer.commit_all([([RecordDropped(OfferId("off-1"), TUESDAY)], ())])
    assert [(row.endpoint, row.event) for row in house.handed if isinstance(row, WebhookRow)] == [
        ("app", "offer.made"),
        ("app", "offer.declined"),
    ]
    assert await webhook_rows.counts(house.reader) == {("app", "queued"): 2}
    found = await webhook_rows.due(house.reader, "app", TUESDAY, 10)
    told = {row.id: row for row in house.handed if isinstance(row, WebhookRow)}
    assert {row.id: row for row in found} == told


async def test_a_consent_is_told_in_the_commit_of_its_record(house: House) -> None:
    """It takes its place in the chain and in the outbox together."""
    record = RecordConsent(
        "con-1", SubscriptionId("01ANA"), order().msisdn, "given", "number_porting", ("¿Sí?",), ("1",), "es", "main",
        "1", order().channel, "s-1", "co", TUESDAY,
    )  # fmt: skip
    await _telling(house).commit([record])
    assert await webhook_rows.counts(house.reader) == {("app", "queued"): 1, ("crm", "queued"): 1}


async def test_a_step_whose_gate_is_shut_tells_nothing(house: House) -> None:
    """The second alert about one threshold made no offer."""
    committer = _telling(house)
    alert = RecordAlert(SubscriptionId("01ANA"), "b-1", "0.1", TUESDAY, "offered")
    assert await committer.commit([alert, record_offer()])
    assert not await committer.commit([alert, record_offer(id=OfferId("off-2"))])
    assert await webhook_rows.counts(house.reader) == {("app", "queued"): 1}


async def test_other_lanes_and_endings_leave_events_alone(house: House) -> None:
    """A start does not take them for screens, and a lane without their endpoint forgets nothing."""
    committer = _telling(house)
    await committer.commit([record_offer(), sms()])
    assert await outbox.half_done(house.reader) == []
    lanes = Lanes(house.context.metrics)
    lanes.webhooks = WebhookLane({})
    for row in house.handed:
        if isinstance(row, WebhookRow):
            lanes.put(row)
    assert (await webhook_rows.counts(house.reader))["app", "queued"] == 1


async def test_what_is_old_is_given_up_and_then_forgotten(house: House) -> None:
    """Also events of endpoints that nobody has any more."""
    await _telling(house).commit([record_offer()])
    later = TUESDAY + timedelta(days=2)
    await house.writer.commit(Unit(ops=(webhook_rows.give_up(later - timedelta(days=1), later),)))
    assert await webhook_rows.counts(house.reader) == {("app", "failed"): 1}
    await house.writer.commit(Unit(ops=(webhook_rows.forget(later),)))
    assert await webhook_rows.counts(house.reader) == {}
