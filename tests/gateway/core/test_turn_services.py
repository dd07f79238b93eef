"""What the menu offers beside buying: gifts, care, calls back, preferences, and what is hidden or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from handset import DOOR, Exchange, Phone

from fakes import ANA, ANAS, BEN, House, able, ana, order, record_offer
from flows.care import reference
from flows.commands import CommandGiven
from flows.dialogue import carry_out
from flows.effects import RecordOrder, RecordPreference
from flows.offer import OfferFlow
from flows.records import Subscriber
from flows.service_orders import Switch
from flows.session import Session
from flows.values import Money, Msisdn, OfferId, OrderKey, OrderKind, Wallet
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.menu_commands import Answered, MenuCommands
from gateway.core.menu_facts import MenuFacts
from gateway.core.ports import Activated, OutcomeUnknown, Refused
from gateway.core.reach import Reach
from gateway.core.transcript import turn_key
from gateway.errors import OcsTimeout
from menus.values import Command, Place
from scoring.features import UsageState, observe, to_bytes
from store import audit, order_steps, orders, subscriptions, usage

GIFT = ("6", "6", f"+{BEN}", "4", "1")

PIN = "123456789012"


@pytest.fixture
def exchange(house: House) -> Exchange:
    """A process that has just started."""
    return Exchange(house)


@pytest.fixture
def phone(exchange: Exchange) -> Phone:
    """Ana's phone."""
    return Phone(exchange)


async def who(house: House, msisdn: Msisdn = ANA) -> Subscriber:
    """Who has this number."""
    return (await subscriptions.by_msisdn(house.reader, [msisdn]))[msisdn]


async def reports(house: House) -> Sequence[audit.Report]:
    """All problems that were reported."""
    return await audit.reports(house.reader, 10, None, house.clock() + timedelta(days=1))


def told(house: House, msisdn: Msisdn) -> list[str]:
    """What this number was texted."""
    return [text.text for text in house.texts() if text.msisdn == msisdn and text.state == "queued"]


# ── for another number ──


async def test_a_gift_is_charged_to_one_and_given_to_the_other(house: House, phone: Phone) -> None:
    """Number, bundle, a look at both, and the result in the session and by SMS to each."""
    await phone.dial()
    assert "¿Qué paquete para el +573009998877?" in await phone.answer(*GIFT[:3])
    assert "1 GB por 7 dias para el +573009998877 por $3.000" in await phone.answer("4")
    shown = await phone.answer("1")
    assert shown.startswith("END Listo: 1 GB por 7 dias para el +573009998877. Cobramos $3.000. Saldo $10.000.")
    (request,) = house.ocs.bought
    assert (request.payer, request.beneficiary, request.bundle) == (ANA, BEN, "data-1gb-7d")
    assert told(house, BEN) == ["Te regalaron 1 GB por 7 días desde el número terminado en 2233."]
    assert told(house, ANA) == [
        "Listo: 1 GB por 7 días ya está activo para el +573009998877. Cobramos $3.000. Saldo $10.000."
    ]


async def test_a_beneficiary_is_told_in_their_own_language(house: House, phone: Phone) -> None:
    """The text is kept with their subscription, not with the giver's."""
    ben = Phone(phone.exchange, "s-2", BEN)
    await ben.dial()
    await ben.answer("4", "1", "3")
    await phone.dial()
    await phone.answer(*GIFT)
    assert told(house, BEN) == ["You have received 1 GB for 7 days as a gift from the number ending in 2233."]
    (text,) = [text for text in house.texts() if text.msisdn == BEN]
    assert (text.subscription, text.key.rpartition(":")[2]) == ((await who(house, BEN)).id, "gift")


async def test_a_gift_whose_hop_comes_a_hundred_times_is_charged_and_told_once(house: House, phone: Phone) -> None:
    """Also in another process."""
    await phone.dial()
    await phone.answer(*GIFT[:4])
    phone.said.append("1")
    answers = await asyncio.gather(*(phone.again() for _ in range(100)))
    assert len(set(answers)) == 1
    assert answers[0].startswith("END Listo")
    phone.exchange = Exchange(house)
    assert await phone.again() == answers[0]
    assert len(house.ocs.bought) == 1
    assert len(told(house, BEN)) == 1


async def test_a_refused_gift_is_told_to_the_giver_alone(house: House, phone: Phone) -> None:
    """And that nothing was charged."""
    house.ocs.purchases.append(Refused("unknown_subscriber"))
    await phone.dial()
    assert "No te cobramos nada" in await phone.answer(*GIFT)
    assert told(house, BEN) == []


async def test_a_yes_to_a_gift_is_to_the_price_that_was_shown(house: House, phone: Phone) -> None:
    """A catalogue that changed between page and answer charges nobody."""
    await phone.dial()
    await phone.answer(*GIFT[:4])
    dearer = tuple(replace(one, price=Money(999_900, "COP")) for one in house.context.catalogue.bundles)
    house.sells(dearer)
    assert "No te cobramos nada" in await phone.answer("1")
    assert house.ocs.bought == []


async def test_a_gift_to_oneself_is_no_gift(house: House, phone: Phone) -> None:
    """The menu leads to buying."""
    await phone.dial()
    assert "Ese es tu numero" in await phone.answer("6", "6", f"+{ANA}", "4", "1")
    assert house.ocs.bought == []


@pytest.mark.parametrize("typed", ["12", "abc", "+57", "3001112233*1", "573009998877"])
async def test_what_is_no_number_is_asked_for_again(house: House, phone: Phone, typed: str) -> None:
    """Without a market's region only numbers with a plus are understood."""
    await phone.dial()
    assert "No es un numero" in await phone.answer("6", "6", typed)
    assert house.ocs.bought == []


async def test_somebody_who_is_not_to_be_contacted_gets_no_text_of_a_gift(house: House, phone: Phone) -> None:
    """Test numbers alone are charged and texted."""
    house.context.reach = Reach(only=frozenset({ANA}))
    phone.exchange = Exchange(house)
    await phone.dial()
    assert (await phone.answer(*GIFT)).startswith("END Listo")
    assert told(house, BEN) == []


# ── what the charging system cannot do ──


async def test_what_the_charging_system_cannot_do_is_not_offered(house: House, phone: Phone) -> None:
    """Neither in the menu nor behind its printed code."""
    house.ocs.abilities = able()
    await phone.dial()
    shown = await phone.answer("6")
    assert "5 Ayuda" in shown
    assert not any(line in shown for line in ("Para otro numero", "Recargar con PIN", "Adelanto"))
    for code in ("52", "55", "56"):
        assert "no esta disponible" in await Phone(phone.exchange, f"s-{code}").dial(code)


async def test_what_it_can_do_is_offered_and_yet_not_pretended(house: House, phone: Phone) -> None:
    """The command exists for adapters to come; until then it says so, and nothing is charged."""
    house.ocs.abilities = able("gift", "fit_combo")
    await phone.dial()
    shown = await phone.answer("00", "6", "1", "2", "2", "100", "1")
    assert "no esta disponible ahora. No te cobramos nada" in shown
    assert house.ocs.bought == []
    assert house.handed == []


@pytest.mark.parametrize(("away", "offered"), [(False, True), (True, False)])
async def test_an_advance_is_offered_only_while_the_balance_is_known(
    house: House, phone: Phone, *, away: bool, offered: bool
) -> None:
    """A condition on what a silent charging system does not tell holds for nobody."""
    house.ocs.abilities = able("advance")
    house.ocs.purchases.append(Refused("insufficient_funds"))

    async def spend() -> None:
        house.ocs.balances[ANA] = Wallet(Money(100_000, "COP"))
        house.ocs.broke = OcsTimeout("late") if away else None

    house.ocs.on_purchase = spend
    await phone.dial()
    shown = await phone.answer("2", "4", "1")
    assert "No te alcanza el saldo" in shown
    assert ("Adelanto de saldo" in shown) is offered


# ── combos, usage, purchases ──


async def test_a_combo_is_bought_like_any_bundle(house: House, phone: Phone) -> None:
    """The list has combos alone."""
    await phone.dial()
    listed = await phone.answer("6", "1")
    assert "1 2 GB + 60 min, 1 mes $9.500" in listed
    assert "1 GB por 7 dias" not in listed
    assert (await phone.answer("1", "1")).startswith("END Listo")
    assert [one.bundle for one in house.ocs.bought] == ["combo-2gb-60min-30d"]


async def test_purchases_are_told_with_what_became_of_them(house: House, phone: Phone) -> None:
    """The newest five, in words."""
    await phone.dial()
    ana = await who(house)
    for number, (state, beneficiary) in enumerate(
        [("confirmed", ANA), ("confirmed", ANA), ("declined", ANA), ("in_doubt", ANA), ("confirmed", BEN)] * 2
    ):
        made = order(
            key=OrderKey(f"ord-{number}"),
            offer=OfferId(f"off-{number}"),
            subscription=ana.id,
            state=state,
            beneficiary=beneficiary,
            created_at=house.clock() + timedelta(days=number),
        )
        await phone.exchange.committer.commit([RecordOrder(made)])
    shown = await phone.answer("6", "2")
    shown += "\n" + (await phone.answer("98")).removeprefix("CON ")
    lines = [line for line in shown.split("\n") if line.startswith("- ")]
    assert [line.rpartition(": ")[2] for line in lines] == ["regalo", "en curso", "no cobrado", "pagado", "pagado"]
    assert lines[0] == "- 1 GB por 7 dias $3.000, 3 dic: regalo"


async def test_recent_use_is_told_where_it_was_reported(house: House, phone: Phone) -> None:
    """Of the last 24 hours, and nothing is made up where nothing is known."""
    await phone.dial()
    assert "Aun no tienes consumos" in await phone.answer("6", "2")
    at = house.clock().timestamp()
    state = to_bytes(observe(observe(UsageState(), at - 90_000, 5 * 2**20), at - 7_200, 300 * 2**20))
    await phone.exchange.committer.note(usage.put((await who(house)).id, state, house.clock()))
    assert "Datos en 24 horas: 300 MB." in await phone.answer("00", "6", "2")
    await phone.exchange.committer.note(usage.put((await who(house)).id, b"?", house.clock()))
    assert "Aun no tienes consumos" in await phone.answer("00", "6", "2")


# ── charges outside a bundle ──


async def test_charges_outside_a_bundle_are_off_until_chosen(house: House, phone: Phone) -> None:
    """And off again; each in force once the charging system has it, in the order in which they were said."""
    house.ocs.abilities = able("out_of_bundle")
    await phone.dial()
    assert "Ahora: no" in await phone.answer("4", "4")
    assert (await who(house)).out_of_bundle is False
    assert "Ahora: si" in await phone.answer("1")
    assert (await who(house)).out_of_bundle is True
    assert "Ahora: no" in await phone.answer("2")
    assert (await who(house)).out_of_bundle is False
    assert [one.product for one in house.ocs.served] == ["out-of-bundle:on", "out-of-bundle:off"]


async def test_what_the_charging_system_does_not_have_yet_is_not_in_force(house: House, phone: Phone) -> None:
    """The page says what is, and what is being changed."""
    house.ocs.abilities = able("out_of_bundle")
    house.ocs.services_done.append(OutcomeUnknown("time-out"))
    await phone.dial()
    await phone.answer("4", "4", "1")
    again = Phone(phone.exchange, "s-2")
    await again.dial()
    assert "Ahora: no (cambiando a si)" in await again.answer("4", "4")
    assert (await who(house)).out_of_bundle is False


# ── vouchers, advances, balance for another number ──


async def test_a_voucher_is_used_and_its_pin_is_kept_nowhere(house: House, phone: Phone) -> None:
    """Not on a screen, not in the story of its order, not in the session any more."""
    house.ocs.abilities = able("top_up")
    house.ocs.services_done.append(Activated("ocs-s1", Money(500_000, "COP")))
    await phone.dial()
    asked = await phone.answer("6", "7", PIN)
    done = await phone.answer("1")
    assert PIN not in asked
    assert "recargaste $5.000. Saldo $10.000" in done
    assert [one.pin for one in house.ocs.served] == [PIN]
    (found,) = await orders.of_subscription(house.reader, (await who(house)).id, 5, None)
    assert (found.order.state, found.order.credit, found.order.pin) == ("confirmed", Money(500_000, "COP"), "")
    kept = await order_steps.answer_of(house.reader, found.order.key)
    assert kept is not None
    assert PIN not in str(kept)


async def test_wrong_pins_come_to_an_end(house: House, phone: Phone) -> None:
    """After three the charging system is not even asked; a day later it is again."""
    house.ocs.abilities = able("top_up")
    house.ocs.services_done.extend([Refused("wrong_voucher")] * 3)
    await phone.dial()
    said = [await phone.answer("00", "6", "7", PIN, "1") for _ in range(4)]
    assert ["no vale" in one for one in said] == [True, True, True, False]
    assert "Demasiados PIN" in said[3]
    assert len(house.ocs.served) == 3
    house.clock.advance(hours=25)
    again = Phone(phone.exchange, "s-2")
    await again.dial()
    assert "Listo" in await again.answer("6", "7", PIN, "1")


async def test_an_advance_is_chosen_from_those_that_one_may_have(house: House, phone: Phone) -> None:
    """Whoever owes one, or has enough, is offered none; the choice is shown with what it costs."""
    house.ocs.abilities = able("advance")
    await phone.dial()
    assert "no hay adelantos" in await phone.answer("6", "8")
    house.ocs.balances[ANA] = Wallet(Money(50_000, "COP"))
    assert "1 $2.000, pagas $2.200" in await phone.answer("00", "6", "8")
    assert "Recibes $2.000 ahora" in await phone.answer("1")
    assert "tienes $2.000 mas. Tu proxima recarga paga $2.200" in await phone.answer("1")
    (sent,) = house.ocs.served
    assert (sent.price, sent.credit) == (Money(220_000, "COP"), Money(200_000, "COP"))
    house.ocs.balances[ANA] = Wallet(Money(50_000, "COP"), debt=Money(220_000, "COP"))
    again = Phone(phone.exchange, "s-2")
    await again.dial()
    assert "$500 (debes $2.200)" in await again.answer("1")
    assert "no hay adelantos" in await again.answer("00", "6", "8")


async def test_balance_is_sent_to_another_number(house: House, phone: Phone) -> None:
    """With its fee, and both are told."""
    house.ocs.abilities = able("transfer")
    await phone.dial()
    assert "$2.000 para el" in await phone.answer("6", "9", f"+{BEN}", "2000")
    assert "Cobramos $2.100" in await phone.answer("1")
    (sent,) = house.ocs.served
    assert (sent.beneficiary, sent.price, sent.credit) == (BEN, Money(210_000, "COP"), Money(200_000, "COP"))
    assert [text.msisdn for text in house.texts()] == [ANA, BEN]


@pytest.mark.parametrize("amount", ["1", "9000000"])
async def test_what_may_not_be_sent_is_said_before_it_is_asked(house: House, phone: Phone, amount: str) -> None:
    """Too little to be worth it, or too much."""
    house.ocs.abilities = able("transfer")
    await phone.dial()
    assert "no se puede enviar" in await phone.answer("6", "9", f"+{BEN}", amount)
    assert house.ocs.served == []


# ── care ──


async def test_a_reported_problem_has_a_reference_on_the_page_and_by_sms(house: House, phone: Phone) -> None:
    """And is there for whoever looks after it."""
    began = house.clock()
    await phone.dial()
    shown = await phone.answer("6", "4", "2")
    name = reference(turn_key("africastalking", DOOR.session_key("s-1"), 3, began))
    assert f"Tu referencia es {name}" in shown
    assert f"La referencia es {name}:" in told(house, ANA)[0]
    (noted,) = await reports(house)
    assert (noted.kind, noted.reference, noted.msisdn) == ("inactive", name, ANA)
    phone.exchange = Exchange(house)
    assert await phone.again() == shown
    assert len(await reports(house)) == 1


async def test_a_fourth_problem_waits_for_the_next_day(house: House, phone: Phone) -> None:
    """By the market's clock: at midnight in Bogotá there is room again."""
    await phone.dial()
    for _ in range(3):
        assert "Lo anotamos" in await phone.answer("00", "6", "4", "1")
    assert "Hoy ya anotamos" in await phone.answer("00", "6", "4", "1")
    house.clock.advance(hours=13, minutes=59)
    phone.session = "s-2"
    await phone.dial()
    assert "Hoy ya anotamos" in await phone.answer("00", "6", "4", "1")
    house.clock.advance(minutes=1)
    assert "Lo anotamos" in await phone.answer("00", "6", "4", "1")
    assert len(await reports(house)) == 4


async def test_problems_reported_at_once_are_counted_all_the_same(house: House, phone: Phone) -> None:
    """Five sessions in two processes: three are noted."""
    phones = [Phone(Exchange(house) if at % 2 else phone.exchange, f"s-{at}") for at in range(5)]
    for one in phones:
        await one.dial()
        await one.answer("6", "4")
    shown = await asyncio.gather(*(one.answer("3") for one in phones), return_exceptions=True)
    assert sum(str(one).startswith("CON Lo anotamos") for one in shown) == 3
    assert len(await reports(house)) == len(told(house, ANA)) == 3


async def test_whoever_shall_call_gets_the_callers_number_after_they_agreed(house: House, phone: Phone) -> None:
    """One text, in the market's language for somebody we do not know."""
    await phone.dial()
    assert "con tu numero completo" in await phone.answer("6", "3", f"+{BEN}")
    assert told(house, BEN) == []
    shown = await phone.answer("1")
    assert "le pedimos que te llame" in shown
    phone.exchange = Exchange(house)
    assert await phone.again() == shown
    assert told(house, BEN) == ["El +573001112233 te pide que lo llames."]


async def test_a_call_is_asked_for_in_the_language_of_who_shall_call(house: House, phone: Phone) -> None:
    """As far as we know it."""
    ben = Phone(phone.exchange, "s-2", BEN)
    await ben.dial()
    await ben.answer("4", "1", "2")
    await phone.dial()
    await phone.answer("6", "3", f"+{BEN}", "1")
    assert told(house, BEN) == ["O número +573001112233 pede que você ligue de volta."]


@pytest.mark.parametrize(("number", "answer", "shows"), [(ANA, "1", "tu propio numero"), (BEN, "2", "¿qué quieres")])
async def test_nobody_is_asked_to_call_without_need(
    house: House, phone: Phone, number: Msisdn, answer: str, shows: str
) -> None:
    """Not oneself, and nobody without a yes."""
    await phone.dial()
    assert shows in await phone.answer("6", "3", f"+{number}", answer)
    assert house.handed == []


async def test_a_fourth_call_waits_for_the_next_day(house: House, phone: Phone) -> None:
    """Whoever it is to; reports have a share of their own."""
    await phone.dial()
    for _ in range(3):
        assert "le pedimos" in await phone.answer("00", "6", "3", f"+{BEN}", "1")
    assert "Por hoy ya enviaste" in await phone.answer("00", "6", "3", f"+{BEN}", "1")
    assert len(told(house, BEN)) == 3
    assert "Lo anotamos" in await phone.answer("00", "6", "4", "1")


# ── printed codes ──


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("50", "¿Qué paquete quieres?"),
        ("51", "Saldo: "),
        ("52", "¿Para qué numero?"),
        ("53", "Datos y minutos juntos"),
        ("54", "Aun no tienes consumos"),
        ("57", "¿Quién te debe llamar?"),
        ("58", "¿Qué paso?"),
        ("59", "Ayuda"),
    ],
)
async def test_a_printed_code_leads_to_its_page(phone: Phone, code: str, shows: str) -> None:
    """Whatever number the page has on screens; typed into a session it is no choice."""
    assert shows in await phone.dial(code)
    again = Phone(phone.exchange, "s-2")
    await again.dial()
    assert "No entendi" in await again.answer(code)


# ── commands by themselves ──


def given(house: House, name: str, **args: str) -> CommandGiven:
    """A command of Ana's, of whom nothing but her number is known."""
    return CommandGiven(
        at=house.clock(),
        command=Command(name, args),
        subscriber=Subscriber(ANAS, ANA, "es"),
        voice=house.context.market_voice(),
        session=Session("main", "v", Place("home")),
        session_id="s-1",
        prompt="",
        reply="1",
        key="u1",
        market="co",
    )


@pytest.mark.parametrize(
    ("name", "args", "outcome"),
    [
        ("gift", {"bundle": "data-1gb-7d", "number": BEN}, "refused"),
        ("gift", {"bundle": "data-1gb-7d", "number": "x"}, "refused"),
        ("buy", {"bundle": "data-1gb-7d"}, "refused"),
        ("top_up", {"voucher": "12345678"}, "refused"),
        ("take_advance", {"advance": "advance-small"}, "refused"),
        ("transfer", {"number": BEN, "amount": "20"}, "refused"),
        ("set_out_of_bundle", {"value": "on"}, "done"),
        ("fit_combo", {"gigabytes": "2", "minutes": "100"}, "unavailable"),
        ("call_me", {"number": "x"}, "self"),
    ],
)
def test_what_cannot_be_done_has_a_word_and_no_effect(
    house: House, name: str, args: dict[str, str], outcome: str
) -> None:
    """A charging system that gives no gifts, a bundle that is not sold, a service to come, no number."""
    carried = carry_out(given(house, name, **args), OfferFlow())
    assert (carried.outcome, carried.effects, carried.awaits) == (outcome, (), None)


@pytest.mark.parametrize("value", ["on", "off"])
def test_a_choice_about_charges_is_an_order_and_not_in_force_yet(house: House, value: str) -> None:
    """It is once the charging system has it; what was asked for already is not asked for again."""
    now = Switch(value == "off", wanted=value == "off")
    asked = replace(given(house, "set_out_of_bundle", value=value), services=frozenset({"out_of_bundle"}), switch=now)
    carried = carry_out(asked, OfferFlow())
    made = carried.effects[0]
    assert isinstance(made, RecordOrder)
    assert (made.order.kind, made.order.bundle) == (OrderKind.OUT_OF_BUNDLE, f"out-of-bundle:{value}")
    assert carried.awaits == made.order.key
    assert not any(isinstance(effect, RecordPreference) for effect in carried.effects)
    again = carry_out(replace(asked, switch=replace(now, wanted=value == "on")), OfferFlow())
    assert (again.effects, again.awaits) == ((), None)


@pytest.mark.parametrize(
    ("shown", "outcome"), [("data-1gb-7d", "started"), ("data-3gb-30d", "refused"), ("", "refused")]
)
def test_what_is_bought_is_what_the_page_showed(house: House, shown: str, outcome: str) -> None:
    """Another bundle of the same price is not what the person said yes to."""
    bundle = house.context.catalogue.get("data-1gb-7d")
    assert bundle is not None
    asked = given(house, "buy", bundle=bundle.id)
    place = Place("confirm", chosen={"bundle": shown} if shown else {})
    session = replace(asked.session, place=place, price=bundle.price.amount)
    assert carry_out(replace(asked, bundle=bundle, session=session), OfferFlow()).outcome == outcome


async def test_an_offer_of_somebody_else_is_not_accepted(house: House, committer: Committer, facts: Facts) -> None:
    """Whoever learned its id gets nothing by it."""
    ben = await facts.subscriber(BEN)
    await committer.commit([record_offer(subscription=ben.id)])
    commands = MenuCommands(house.context, facts, MenuFacts(house.context, facts))
    session = Session("main", "v", Place("offer", chosen={"offer": "off-1"}))
    answered = Answered("s-1", "", "1", "u1")
    for person, name in ((ana(), None), (ben, "off-1")):
        found = (await commands.given(Command("accept_offer", {}), person, session, answered)).offer
        assert (found.id if found else None) == name
