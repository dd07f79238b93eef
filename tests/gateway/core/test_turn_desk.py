"""A hop is answered once, the same for ever, and asks for nothing twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from handset import DOOR, MENUS, Exchange, Phone
from sqlalchemy import func, select

from fakes import ANA, BEN, NUMBER, House, eventually, record_offer
from flows.catalogue import Bundle
from flows.offer import OfferAnswered
from flows.values import Channel, Money, OrderKey, SubscriptionId, Wallet
from gateway.core.accepting import Acceptances, Accepted, AlreadyAccepted
from gateway.core.ports import Refused
from gateway.core.settlements import Settlement, Settlements
from gateway.errors import ForeignSession, OcsTimeout, SessionOver
from store import consents, offers, orders, subscriptions, tables, turns
from store.consent_erasure import erasure
from store.errors import StoreError
from store.unit import Op

BUY_A_GIGABYTE = ("2", "4", "1")


@pytest.fixture
def exchange(house: House) -> Exchange:
    """A process that has just started."""
    return Exchange(house)


@pytest.fixture
def phone(exchange: Exchange) -> Phone:
    """Ana's phone."""
    return Phone(exchange)


async def count(house: House, table: str) -> int:
    """How many rows a table has."""
    query = select(func.count()).select_from(tables.metadata.tables[table])
    return int((await house.reader.rows(query))[0][0])


# ── buying ──


async def test_a_bundle_is_bought_in_two_steps_from_the_list(house: House, phone: Phone) -> None:
    """List, confirm, result with price and balance as they are."""
    house.ocs.balances[ANA] = Wallet(Money(500_000, "COP"))
    await phone.dial()
    assert "4 1 GB por 7 dias $3.000" in await phone.answer("2")
    assert "1 GB por 7 dias por $3.000" in await phone.answer("4")
    assert await phone.answer("1") == ("END Listo: 1 GB por 7 dias ya esta activo. Cobramos $3.000. Saldo $5.000.")
    assert [one.bundle for one in house.ocs.bought] == ["data-1gb-7d"]
    (view,) = await orders.of_subscription(house.reader, await who(house), 10, None)
    assert (view.order.state, view.order.channel, view.order.price.amount) == ("confirmed", "ussd", 300_000)


async def who(house: House) -> SubscriptionId:
    """Ana's subscription."""
    return (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA].id


async def test_the_same_hop_a_hundred_times_at_once_buys_once(house: House, phone: Phone) -> None:
    """All are answered with the same words."""
    await phone.dial()
    await phone.answer(*BUY_A_GIGABYTE[:2])
    phone.said.append("1")
    answers = await asyncio.gather(*(phone.again() for _ in range(100)))
    assert len(set(answers)) == 1
    assert answers[0].startswith("END Listo")
    assert len(house.ocs.bought) == 1
    assert await phone.again() == answers[0]


async def test_after_a_restart_the_session_goes_on_and_a_repeated_hop_is_known(house: House, phone: Phone) -> None:
    """Nothing but the store is left of the first process."""
    await phone.dial()
    shown = await phone.answer(*BUY_A_GIGABYTE[:2])
    phone.exchange = Exchange(house)
    assert await phone.again() == shown
    done = await phone.answer("1")
    assert done.startswith("END Listo")
    phone.exchange = Exchange(house)
    assert await phone.again() == done
    assert len(house.ocs.bought) == 1


async def test_a_yes_is_to_the_price_that_was_shown(house: House, phone: Phone) -> None:
    """A catalogue that changed between page and answer charges nobody."""
    await phone.dial()
    await phone.answer(*BUY_A_GIGABYTE[:2])
    dearer = [one if one.id != "data-1gb-7d" else _dearer(one) for one in house.context.catalogue.bundles]
    house.sells(dearer)
    assert "No te cobramos nada" in await phone.answer("1")
    assert house.ocs.bought == []


def _dearer(bundle: Bundle) -> Bundle:
    return replace(bundle, price=Money(999_900, "COP"))


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (Refused("insufficient_funds"), "No te alcanza el saldo"),
        (Refused("not_eligible", "no"), "No pudimos activar"),
    ],
)
async def test_a_refusal_is_told_in_the_session(house: House, phone: Phone, refusal: Refused, says: str) -> None:
    """And that nothing was charged."""
    house.ocs.purchases.append(refusal)
    await phone.dial()
    shown = await phone.answer(*BUY_A_GIGABYTE)
    assert says in shown
    assert "No te cobramos nada" in shown


async def test_a_result_that_comes_too_late_for_the_session_comes_by_sms(house: House, phone: Phone) -> None:
    """The person is told so, and told not to buy again."""
    phone.exchange.purchases = False  # the charging system takes its time
    await phone.dial()
    shown = await phone.answer(*BUY_A_GIGABYTE)
    assert shown.startswith("END Estamos activando")
    (row,) = house.handed
    phone.exchange.purchases = True
    phone.exchange._hand_over(row)
    await eventually(lambda: any("Listo" in text.text for text in house.texts()))
    assert await phone.again() == shown


# ── two channels ──


async def test_an_offer_accepted_on_two_channels_at_once_is_charged_once(house: House, phone: Phone) -> None:
    """And the other channel is told."""
    await phone.dial()
    await phone.answer("0")
    person = (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA]
    await phone.exchange.committer.commit([record_offer(subscription=person.id)])
    offer = (await offers.open_of(house.reader, person.id, house.clock()))[0]
    assert "1 GB por 7 dias por $3.000" in await phone.answer("3")
    acceptances = Acceptances(house.context, phone.exchange.committer)
    shown, app = await asyncio.gather(
        phone.answer("1"),
        acceptances.accept(offer, person, channel=Channel.APP, beneficiary=ANA, request="r-1"),
    )
    assert isinstance(app, Accepted | AlreadyAccepted)
    gone = "Esta oferta ya se uso" in shown
    assert gone == isinstance(app, Accepted), shown
    await eventually(lambda: len(house.ocs.bought) == 1)
    assert await count(house, "orders") == 1


async def test_the_offer_that_was_shown_is_the_one_that_is_bought(house: House, phone: Phone) -> None:
    """One that came in between is another offer."""
    await phone.dial()
    person = (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA]
    await phone.exchange.committer.commit([record_offer(subscription=person.id)])
    await phone.answer("3")
    newer = record_offer(id="off-9", subscription=person.id, bundle="data-5gb-30d", price=Money(1_200_000, "COP"))
    await phone.exchange.committer.commit([newer])
    await phone.answer("1")
    assert [one.bundle for one in house.ocs.bought] == ["data-1gb-7d"]


async def test_a_declined_offer_is_gone_on_every_channel(house: House, phone: Phone) -> None:
    """No is an answer too."""
    await phone.dial()
    person = (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA]
    await phone.exchange.committer.commit([record_offer(subscription=person.id)])
    assert "no la activamos" in await phone.answer("3", "2")
    found = await offers.by_id(house.reader, "off-1")
    assert found is not None
    assert found.state == "declined"
    fact = OfferAnswered(house.clock(), Channel.SMS, person, ANA, house.context.voice(person), "x", NUMBER, "k")
    assert house.context.machines.offer.step(found.state, "accept", offer=found, fact=fact).state == "declined"


# ── what is said, and when ──


async def test_an_unknown_option_is_told_and_three_end_the_session(phone: Phone) -> None:
    """Kindly."""
    await phone.dial()
    assert "No entendi" in await phone.answer("77")
    assert "No entendi" in await phone.answer("#*")
    assert (await phone.answer("\N{PILE OF POO}")).startswith("END No pudimos entenderte")


async def test_an_input_with_a_star_is_one_input(phone: Phone) -> None:
    """Not two, of which the second would choose something."""
    await phone.dial()
    assert "No entendi" in await phone.answer("2*4*1")


async def test_a_late_hop_does_not_move_the_session_back(phone: Phone) -> None:
    """It is answered as it was, and the session goes on from where it stands."""
    home = await phone.dial()
    await phone.answer("4")
    assert (await phone.exchange.take("")).text == home.removeprefix("CON ")
    assert "Tu idioma" in await phone.answer("1")


async def test_a_hop_that_contradicts_the_session_is_answered_by_the_first(phone: Phone) -> None:
    """Two different answers to one screen: the one that came first counts."""
    await phone.dial()
    first = await phone.answer("4")
    assert (await phone.exchange.take("2")).text == first.removeprefix("CON ")


async def test_another_number_cannot_step_into_a_session(phone: Phone) -> None:
    """Whoever guesses its id learns nothing."""
    await phone.dial()
    with pytest.raises(ForeignSession):
        await phone.exchange.take("1", msisdn=BEN)


async def test_after_the_end_nothing_more_happens(house: House, phone: Phone) -> None:
    """A hop behind the last screen is answered with it."""
    await phone.dial()
    done = await phone.answer(*BUY_A_GIGABYTE)
    assert await phone.answer("1") == done
    assert len(house.ocs.bought) == 1


@pytest.mark.parametrize(("behind", "shows"), [("4*1", "Tu idioma"), ("2*4*1", "Qué paquete"), ("9", "¿qué quieres")])
async def test_what_is_dialled_behind_the_code_leads_there_and_buys_nothing(
    house: House, phone: Phone, behind: str, shows: str
) -> None:
    """Plain moves only."""
    assert shows in await phone.dial(behind)
    assert house.ocs.bought == []


async def test_without_the_charging_system_the_person_is_told(house: House, phone: Phone) -> None:
    """And may go back, or buy meanwhile."""
    house.ocs.broke = OcsTimeout("late")
    await phone.dial()
    assert "Tu saldo tarda en llegar" in await phone.answer("1")
    assert "1 GB por 7 dias" in await phone.answer("2")
    assert "¿qué quieres hacer?" in await phone.answer("00")


# ── preferences and consent ──


async def test_a_new_language_is_spoken_at_once(house: House, phone: Phone) -> None:
    """On the very page that says so, and the next time."""
    await phone.dial()
    assert (await phone.answer("4", "1", "2")).startswith("CON Seu idioma: Portugues")
    assert "o que voce quer fazer?" in await Phone(phone.exchange, "s-2").dial()


@pytest.mark.parametrize(("page", "name"), [("2", "alerts"), ("3", "marketing")])
async def test_alerts_and_offers_have_a_switch_each(house: House, phone: Phone, page: str, name: str) -> None:
    """Off, and on again."""
    await phone.dial()
    for answer, value in (("2", False), ("1", True)):
        await phone.answer("00", "4", page, answer)
        assert getattr((await subscriptions.by_msisdn(house.reader, [ANA]))[ANA], name) is value


async def test_consent_to_porting_takes_two_yeses_and_keeps_what_was_shown(house: House, phone: Phone) -> None:
    """Withdrawing takes one."""
    await phone.dial()
    asked = await phone.answer("5", "1")
    confirmed = await phone.answer("1")
    assert "tu autorizacion quedo registrada" in await phone.answer("1")
    (record,) = await consents.of_subscription(house.reader, await who(house))
    assert record.personal is not None
    assert record.personal.prompts == (asked.removeprefix("CON "), confirmed.removeprefix("CON "))
    assert (record.event, record.personal.replies, record.menu_version) == ("given", ("1", "1"), MENUS["main"].version)
    again = Phone(phone.exchange, "s-2")
    await again.dial()
    assert "Autorizaste traer tu numero" in await again.answer("5")
    assert "Retiramos tu autorizacion" in await again.answer("1")
    newest, _ = await consents.of_subscription(house.reader, await who(house))
    assert newest.event == "withdrawn"


async def test_a_consent_hop_that_comes_again_makes_no_second_record(house: House, phone: Phone) -> None:
    """Also in another process."""
    await phone.dial()
    given = await phone.answer("5", "1", "1", "1")
    phone.exchange = Exchange(house)
    assert await phone.again() == given
    assert await count(house, "consents") == 1


async def test_what_may_be_kept_is_seen_and_changed_in_the_menu(house: House, phone: Phone) -> None:
    """One yes on the screen that says what is kept, one no that takes it back; each is a record, and shown at once."""
    await phone.dial()
    asked = await phone.answer("4", "4", "4")
    assert "nunca donde esta. Ahora: no" in asked
    assert "lo guardamos desde ahora" in await phone.answer("1")
    assert "Ahora: si" in await phone.answer("0", "4", "4", "4")
    assert "Borramos lo que habia" in await phone.answer("2")
    assert "Ahora: no" in await phone.answer("0", "4", "4", "4")
    no, yes = await consents.of_subscription(house.reader, await who(house))
    assert (yes.event, no.event, yes.purpose, yes.menu) == ("given", "withdrawn", "behaviour_places", "main")
    assert yes.personal is not None
    assert (yes.personal.prompts, yes.personal.replies) == ((asked.removeprefix("CON "),), ("1",))


async def test_no_is_no_consent(house: House, phone: Phone) -> None:
    """At the first question and at the second."""
    await phone.dial()
    await phone.answer("5", "1", "2")
    await phone.answer("5", "1", "1", "2")
    assert await count(house, "consents") == 0


# ── what is kept ──


async def test_silent_sessions_leave_the_memory_and_not_the_store(house: House, phone: Phone) -> None:
    """The next hop reads it again."""
    await phone.dial()
    shown = await phone.answer("4")
    phone.exchange.sessions._clock = lambda: 10_000.0
    assert phone.exchange.sessions.sweep() == 1
    assert await phone.again() == shown


async def test_turns_are_forgotten_after_their_time(house: House, phone: Phone) -> None:
    """What was said is not kept for ever."""
    await phone.dial()
    await phone.exchange.committer.note(turns.forget(house.clock() + timedelta(seconds=1)))
    assert await count(house, "turns") == 0


async def test_erasing_consents_takes_the_turns_along_in_which_they_were_given(house: House, phone: Phone) -> None:
    """What was typed and shown is personal too; the chain stays."""
    await phone.dial()
    await phone.answer("5", "1", "1", "1")
    assert await house.writer.commit(erasure(await who(house), "operator", house.clock()))
    assert (await count(house, "turns"), await count(house, "consents")) == (0, 1)


# ── two processes, and hops that ran out of time ──


async def test_a_hop_that_another_process_was_quicker_with_goes_on_from_there(house: House, phone: Phone) -> None:
    """Nothing is swallowed: what is new in it is answered, and its repetition gets the same bytes."""
    first, second = phone.exchange, Exchange(house)
    await phone.dial()
    phone.exchange = second
    await phone.answer("2")
    phone.exchange = first
    shown = await phone.answer("4")
    assert "por $3.000" in shown
    phone.exchange = second
    assert await phone.again() == shown


async def test_an_answer_from_a_stale_place_accepts_no_offer(house: House, phone: Phone) -> None:
    """The turn was taken by another answer: the offer stays open, and the words are those that are stored."""
    await phone.dial()
    person = (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA]
    await phone.exchange.committer.commit([record_offer(subscription=person.id)])
    await phone.answer("3")
    taken = await Exchange(house).take("3*9")
    stale = await phone.exchange.take("3*1")
    assert (stale, house.ocs.bought) == (taken, [])
    found = await offers.by_id(house.reader, "off-1")
    assert found is not None
    assert found.state == "open"


async def test_an_order_whose_hop_ran_out_of_time_is_charged_all_the_same(house: House, phone: Phone) -> None:
    """It was committed; the next hop is answered from the store."""
    await phone.dial()
    await phone.answer(*BUY_A_GIGABYTE[:2])
    hop = asyncio.ensure_future(phone.answer("1"))
    await eventually(lambda: bool(house.writer._queue) or hop.done())
    hop.cancel()
    await asyncio.gather(hop, return_exceptions=True)
    await eventually(lambda: len(house.ocs.bought) == 1)
    assert (await phone.again()).startswith("END ")
    assert len(house.ocs.bought) == 1


async def test_a_hop_that_comes_after_the_end_of_its_session_is_answered(phone: Phone) -> None:
    """The network's notice may overtake the last answer."""
    await phone.dial()
    await phone.exchange.desk.ended(DOOR, phone.session)
    assert "1 GB por 7 dias" in await phone.answer("2")


async def test_a_session_that_the_network_has_closed_stays_closed_after_a_restart(house: House, phone: Phone) -> None:
    """An answer that comes late again is no step in a session that nobody sees any more."""
    await phone.dial()
    await phone.answer(*BUY_A_GIGABYTE[:2])
    await phone.exchange.desk.ended(DOOR, phone.session)
    house.clock.advance(seconds=4)
    for _ in range(2):
        with pytest.raises(SessionOver):
            await phone.answer("1")
        phone.exchange = Exchange(house)
    assert house.ocs.bought == []


async def test_the_first_notice_of_an_end_counts_and_one_of_nothing_does_nothing(house: House, phone: Phone) -> None:
    """Networks repeat them, and tell of sessions that never reached us."""
    await phone.exchange.desk.ended(DOOR, "nobody's")
    await phone.dial()
    for _ in range(2):
        await phone.exchange.desk.ended(DOOR, phone.session)
        house.clock.advance(seconds=3)
    (told,) = await house.reader.rows(select(tables.turns.c.released, tables.turns.c.at))
    assert told.released - told.at < timedelta(seconds=1)


async def test_everybody_who_waits_for_an_order_hears_of_its_end() -> None:
    """Two sessions may have said yes to one offer; what each shows is written with the end."""
    settlements, key = Settlements(), OrderKey("ord-1")

    async def words(settlement: Settlement) -> tuple[Op, ...]:
        return (turns.forget_of(SubscriptionId("s")),)

    with settlements.expected(key, words) as first, settlements.expected(key, words) as second:
        async with settlements.ending(key, Settlement(confirmed=True)) as ops:
            assert len(ops) == 2
        for expected in (first, second):
            settlement = await expected.within(1)
            assert settlement is not None
            assert settlement.confirmed


async def test_who_waits_no_longer_is_not_asked_what_to_write() -> None:
    """The words that went out stay."""
    settlements, key = Settlements(), OrderKey("ord-1")

    async def words(settlement: Settlement) -> tuple[Op, ...]:
        raise AssertionError

    with settlements.expected(key, words) as expected:
        assert await expected.within(0.001) is None
        async with settlements.ending(key, Settlement(confirmed=True)) as ops:
            assert not ops


async def test_an_end_that_could_not_be_written_is_not_shown() -> None:
    """Nor one that the dialogue has no words for: the purchase settles all the same."""
    settlements, key = Settlements(), OrderKey("ord-1")

    async def fine(settlement: Settlement) -> tuple[Op, ...]:
        return ()

    async def broken(settlement: Settlement) -> tuple[Op, ...]:
        raise RuntimeError("no such page")

    with settlements.expected(key, fine) as first, settlements.expected(key, broken) as second:
        with suppress(StoreError):
            async with settlements.ending(key, Settlement(confirmed=True)):
                raise StoreError("away")
        assert await first.within(1) is None
        assert await second.within(1) is None
