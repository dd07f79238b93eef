"""Orders that are no purchases, in the one lane: what is looked at before each, who goes first, what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from fakes import ANA, BEN, House, eventually, order
from flows import service_orders
from flows.catalogue_services import OUT_OF_BUNDLE_ON
from flows.effects import ActivateBundle, RecordOrder, RecordSubscriptionState
from flows.purchase import NEEDS_PERSON
from flows.records import Order
from flows.service_orders import ServiceAsked
from flows.values import Bucket, Channel, Money, Unit, Wallet
from gateway.core import purchase_lane as lane_module
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ports import Activated, NotFound, NotSent, OutcomeUnknown, Refused
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.refund_desk import RefundDesk
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.core.settling import Settler, SettlingDesk
from gateway.errors import NotRefundable
from store import orders, subscriptions
from store.orders import OrderView

TIMED_OUT = OutcomeUnknown("time-out")
PIN = "123456789012"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order comes back at once."""
    for name in ("_SHORTEST_WAIT", "_LONGEST_WAIT", "_PAUSE_AFTER_FAILURE"):
        monkeypatch.setattr(lane_module, name, 0.001)


class Desk:
    """Gives orders of Ana's to the lane, as menus and the API do."""

    def __init__(self, house: House, committer: Committer, facts: Facts, lane: PurchaseLane) -> None:
        self.house, self.lane = house, lane
        self._committer, self._facts = committer, facts
        self._count = 0

    async def asked(self) -> ServiceAsked:
        """Ana asks for something; a moment later than the last time."""
        self._count += 1
        at = self.house.clock() + timedelta(microseconds=self._count)
        return ServiceAsked(at, await self._facts.subscriber(ANA), Channel.APP, f"k{self._count}")

    async def give(self, asked: ServiceAsked, order: Order) -> Order:
        """Committed, and not taken up yet."""
        await self._committer.commit(service_orders.order_effects(asked, order))
        return order

    async def switch(self, *, on: bool) -> Order:
        """Ana wants charges outside a bundle, or none."""
        asked = await self.asked()
        return await self.give(asked, service_orders.out_of_bundle(asked, "COP", on=on))

    async def top_up(self) -> Order:
        """Ana types a PIN."""
        asked = await self.asked()
        return await self.give(asked, service_orders.top_up(asked, PIN, "COP"))

    async def advance(self) -> Order:
        """Ana takes the small advance."""
        asked = await self.asked()
        chosen = self.house.context.catalogue.services.advance("advance-small")
        assert chosen is not None
        return await self.give(asked, service_orders.advance(asked, chosen))

    async def transfer(self, amount: int = 200_000) -> Order:
        """Ana sends Ben balance."""
        asked, terms = await self.asked(), self.house.context.catalogue.services.transfers
        assert terms is not None
        return await self.give(asked, service_orders.transfer(asked, BEN, amount, terms))

    async def ends(self, *given: Order) -> Sequence[OrderView]:
        """The orders once nobody works on them any more; the last is taken up first."""
        for one in reversed(given):
            self.lane.put(one.key)

        async def done() -> bool:
            open_ = {one.key for one in given} & set(await orders.unsettled(self.house.reader))
            return not open_ and await self.house.all_handed()

        await eventually(done)
        found = [await orders.by_key(self.house.reader, one.key) for one in given]
        return [view for view in found if view is not None]

    async def out_of_bundle(self) -> bool:
        """What is in force."""
        found = await subscriptions.by_msisdn(self.house.reader, [ANA])
        return found[ANA].out_of_bundle


@pytest.fixture
async def lane(house: House, committer: Committer, facts: Facts) -> AsyncIterator[PurchaseLane]:
    """A lane that asks again at once, three times."""
    made = PurchaseLane(
        house.context, committer, house.ocs, facts, Settlements(), query=Backoff(0.001, 0.001, 3), seconds=lambda: 0.0
    )
    yield made
    await made.stop()


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts, lane: PurchaseLane) -> Desk:
    """Where Ana asks."""
    return Desk(house, committer, facts, lane)


async def test_a_switch_is_in_force_once_the_charging_system_says_so(desk: Desk) -> None:
    """And Ana is told."""
    (view,) = await desk.ends(await desk.switch(on=True))
    assert (view.order.state, await desk.out_of_bundle()) == ("confirmed", True)
    assert [one.product for one in desk.house.ocs.served] == [OUT_OF_BUNDLE_ON]
    assert "se cobra de tu saldo" in desk.house.texts()[0].text


async def test_a_switch_that_was_refused_changes_nothing(desk: Desk) -> None:
    """Consent is what the charging system has, not what we wished."""
    desk.house.ocs.services_done.append(Refused("rejected"))
    (view,) = await desk.ends(await desk.switch(on=True))
    assert (view.order.state, await desk.out_of_bundle()) == ("declined", False)


async def test_two_changes_go_in_the_order_in_which_they_were_made(desk: Desk) -> None:
    """Whichever is taken up first."""
    given = [await desk.switch(on=on) for on in (True, False, True, False)]
    await desk.ends(*given)
    assert [one.key for one in desk.house.ocs.served] == [one.key for one in given]
    assert await desk.out_of_bundle() is False


async def test_the_second_waits_until_the_first_is_known(desk: Desk) -> None:
    """An answer that was lost is asked for, and only then goes the next."""
    ocs = desk.house.ocs
    ocs.services_done.append(TIMED_OUT)
    ocs.found_services.extend([TIMED_OUT, Activated("ocs-1")])
    first, second = await desk.switch(on=True), await desk.switch(on=False)
    seen: list[int] = []
    ocs.on_find = lambda: seen.append(len(ocs.served))
    await desk.ends(first, second)
    assert seen == [1, 1]
    assert [one.key for one in ocs.served] == [first.key, second.key]
    assert await desk.out_of_bundle() is False


async def test_what_a_person_vouches_for_later_does_not_bring_an_old_choice_back(
    desk: Desk, house: House, committer: Committer
) -> None:
    """The first was left to a person, the second went on, and stands."""
    house.ocs.services_done.append(TIMED_OUT)
    house.ocs.found_services.extend([TIMED_OUT] * 3)
    first, second = await desk.switch(on=True), await desk.switch(on=False)
    left, went = await desk.ends(first, second)
    assert (left.reason, went.order.state) == (NEEDS_PERSON, "confirmed")
    decided = SettlingDesk(house.reader, house.writer, house.clock)
    await decided.decide(first.key, "confirm", reference="seen", note="it is there", author="rosa")
    assert await Settler(house.context, committer, RefundDesk(house.context, committer)).work() == 1
    view = await orders.by_key(house.reader, first.key)
    assert view is not None
    assert (view.order.state, await desk.out_of_bundle()) == ("confirmed", False)


async def test_a_choice_is_passed_on_however_late(desk: Desk) -> None:
    """Nobody is charged because the charging system was away for an hour."""
    order = await desk.switch(on=False)
    desk.house.ocs.services_done.extend([NotSent("no connection")] * 3)
    desk.house.clock.advance(hours=5)
    (view,) = await desk.ends(order)
    assert (view.order.state, view.order.attempts) == ("confirmed", 4)


async def test_a_choice_ends_with_whoever_made_it(desk: Desk, committer: Committer) -> None:
    """Whoever has the number next is not charged for it."""
    order = await desk.switch(on=True)
    gone = RecordSubscriptionState(order.subscription, "ended", desk.house.clock())
    await committer.commit([gone])
    (view,) = await desk.ends(order)
    assert (view.order.state, view.reason, desk.house.ocs.served) == ("declined", "not_applied", [])


async def test_other_requests_lapse(desk: Desk) -> None:
    """A top-up of a quarter of an hour ago is not carried out: the card is still good."""
    order = await desk.top_up()
    desk.house.clock.advance(minutes=16)
    (view,) = await desk.ends(order)
    assert (view.order.state, view.reason, desk.house.ocs.served) == ("declined", "not_applied", [])


async def test_wrong_pins_are_counted_also_when_they_come_at_once(desk: Desk) -> None:
    """They go one after the other, and the fourth is not asked for."""
    desk.house.ocs.services_done.extend([Refused("wrong_voucher")] * 9)
    views = await desk.ends(*[await desk.top_up() for _ in range(5)])
    assert [view.reason for view in views] == ["wrong_voucher"] * 3 + ["too_many_tries"] * 2
    assert len(desk.house.ocs.served) == 3


async def test_a_pin_is_forgotten_with_the_end_of_its_order(desk: Desk) -> None:
    """Until then it is kept, for the order may have to be sent again; it is in no representation of it."""
    order = await desk.top_up()
    kept = await orders.by_key(desk.house.reader, order.key)
    assert kept is not None
    assert kept.order.pin == PIN
    assert PIN not in repr(kept)
    (view,) = await desk.ends(order)
    assert view.order.pin == ""


async def test_what_a_voucher_was_worth_is_kept_and_told(desk: Desk) -> None:
    """It is not known before."""
    desk.house.ocs.services_done.append(Activated("ocs-1", Money(500_000, "COP")))
    (view,) = await desk.ends(await desk.top_up())
    assert view.order.credit == Money(500_000, "COP")
    assert "recarga de $5.000 está hecha. Saldo $10.000." in desk.house.texts()[0].text


async def test_whoever_owes_gets_no_second_advance(desk: Desk) -> None:
    """Also not of two that were asked for at once."""
    ocs = desk.house.ocs

    def owes() -> None:
        ocs.balances[ANA] = Wallet(Money(200_000, "COP"), debt=Money(220_000, "COP"))

    ocs.on_serve = owes
    first, second = await desk.ends(await desk.advance(), await desk.advance())
    assert (first.order.state, second.reason) == ("confirmed", "still_owing")
    assert "Tu próxima recarga paga $2.200" in desk.house.texts()[0].text


async def test_advanced_airtime_buys_and_is_not_given_away(desk: Desk) -> None:
    """What is owed counts against a transfer, and not against a purchase of one's own."""
    desk.house.ocs.balances[ANA] = Wallet(Money(300_000, "COP"), debt=Money(220_000, "COP"))
    (view,) = await desk.ends(await desk.transfer())
    assert (view.order.state, view.reason) == ("declined", "insufficient_funds")


async def test_a_day_has_so_many_transfers_and_so_much(desk: Desk) -> None:
    """Declined ones do not count; the next day begins at midnight of the market."""
    desk.house.ocs.otherwise = Wallet(Money(100_000_000, "COP"))
    much = await desk.ends(*[await desk.transfer(2_000_000) for _ in range(3)])
    assert [view.reason for view in much] == [None, None, "limit_reached"]
    more = await desk.ends(*[await desk.transfer() for _ in range(4)])
    assert [view.reason for view in more] == [None, None, None, "limit_reached"]
    desk.house.clock.advance(hours=14)
    assert [view.reason for view in await desk.ends(await desk.transfer(2_000_000))] == [None]


async def test_both_ends_of_a_transfer_are_told_once(desk: Desk) -> None:
    """The receiver sees the last digits of the sender."""
    await desk.ends(await desk.transfer())
    texts = {text.msisdn: text.text for text in desk.house.texts()}
    assert f"Enviaste $2.000 al +{BEN}. Cobramos $2.100" in texts[ANA]
    assert texts[BEN] == f"Recibiste $2.000 de saldo del número terminado en {ANA[-4:]}."


@pytest.mark.parametrize("give", [Desk.top_up, Desk.advance, Desk.transfer])
async def test_what_was_lost_is_asked_about_and_sent_again_only_after_the_settle_time(
    house: House, committer: Committer, facts: Facts, give: object
) -> None:
    """The same key, and never while a "not found" is not final."""
    seconds = 0.0
    lane = PurchaseLane(
        house.context,
        committer,
        house.ocs,
        facts,
        Settlements(),
        query=Backoff(0.001, 0.001, 40),
        seconds=lambda: seconds,
    )
    desk = Desk(house, committer, facts, lane)
    house.ocs.services_done.append(TIMED_OUT)
    asked = 0

    def later() -> None:
        nonlocal seconds, asked
        asked += 1
        assert len(house.ocs.served) == 1
        seconds += 3

    house.ocs.on_find = later
    house.ocs.found_services.extend([NotFound()] * 4)
    (view,) = await desk.ends(await give(desk))  # type: ignore[operator]
    await lane.stop()
    assert (view.order.state, view.order.attempts, asked) == ("confirmed", 2, 4)
    assert len({one.key for one in house.ocs.served}) == 1


async def test_a_gift_that_the_charging_system_cannot_carry_is_told_so(desk: Desk, committer: Committer) -> None:
    """Not as something that failed: another try would not help."""
    desk.house.ocs.purchases.append(Refused("not_offered", "one message has one subscriber"))
    asked = await desk.asked()
    given = order(subscription=asked.subscriber.id, beneficiary=BEN, created_at=desk.house.clock())
    await committer.commit([RecordOrder(given), ActivateBundle(given, asked.subscriber)])
    (view,) = await desk.ends(given)
    assert (view.order.state, view.reason) == ("declined", "not_offered")
    assert [text.text for text in desk.house.texts()] == [
        "Aquí no se puede regalar un paquete a otro número. No te cobramos nada."
    ]


async def test_what_is_no_purchase_is_not_given_back(desk: Desk, house: House, committer: Committer) -> None:
    """By nobody: a voucher is used, balance is with somebody else."""
    (view,) = await desk.ends(await desk.transfer())
    with pytest.raises(NotRefundable, match="no purchase"):
        await RefundDesk(house.context, committer).ask(view.order.key, "rosa", "asked")


async def test_nothing_is_looked_for_that_no_bundle_holds(house: House, committer: Committer, facts: Facts) -> None:
    """Where grants are checked, a top-up is believed."""
    house.ocs.otherwise = Wallet(Money(1_000_000, "COP"), (Bucket("b", Unit.BYTE, 0),))
    lane = PurchaseLane(house.context, committer, house.ocs, facts, Settlements(), grants="refund")
    desk = Desk(house, committer, facts, lane)
    (view,) = await desk.ends(await desk.top_up())
    await lane.stop()
    assert view.order.state == "confirmed"
