"""The scenes of the demonstration, each with subscribers of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flows.frozen import dataclass
from gateway.simulators.demo import sms_scenes, ussd_scenes, wire_scenes
from gateway.simulators.demo.living import killed, risen
from gateway.simulators.demo.person import Person, Show, pesos
from gateway.simulators.demo.waiting import until

_ENOUGH = 500_000
_LITTLE = 120_000
_NEXT_TO_NOTHING = 10_000
_STEPS = "chasqui_orders_total"
_CALLS = "chasqui_ocs_call_seconds_count"


@dataclass(frozen=True, slots=True)
class Scene:
    """A title and what is played under it."""

    title: str
    play: Callable[[Show], Awaitable[None]]


async def one_text(show: Show) -> None:
    """Alert with offer, ``1``, charged once, confirmed."""
    person = Person(show, "573001110101")
    await person.has(_ENOUGH)
    await person.runs_low()
    offer = await person.is_offered(await person.gets())
    show.prices["enough"] = offer["price"]["amount"]
    await person.texts("1")
    await person.was_charged_once(offer, _ENOUGH, await person.buys())


async def everything_twice(show: Show) -> None:
    """Events and texts are repeated by networks: one alert, one charge."""
    person, wires = Person(show, "573001110102"), show.wires
    await person.has(_ENOUGH)
    known = await wires.counted("chasqui_triggers_total", outcome="known_threshold")
    await person.runs_low("0102-A")
    await person.runs_low("0102-A", want=200)
    await person.runs_low("0102-B")
    offer = await person.is_offered(await person.gets())
    await _counted(show, "chasqui_triggers_total", known + 1, outcome="known_threshold")
    await person.were_sent(1)
    show.transcript.checked("three events, one alert")
    repeated = await wires.counted("chasqui_mo_total", meaning="repeated")
    await person.texts("1", times=2)
    confirmation = await person.buys()
    await _counted(show, "chasqui_mo_total", repeated + 1, meaning="repeated")
    await person.was_charged_once(offer, _ENOUGH, confirmation)


async def lost_answer(show: Show) -> None:
    """The charge is applied and its answer lost: asked, not sent again."""
    person, wires = Person(show, "573001110103"), show.wires
    await person.has(_ENOUGH)
    await person.runs_low()
    offer = await person.is_offered(await person.gets())
    doubts = await wires.counted(_STEPS, state="in_doubt")
    sent, asked = await wires.counted(_CALLS, call="purchase"), await wires.counted(_CALLS, call="find")
    await wires.set_faults(drop_answer=1)
    show.transcript.behind("OCS will charge, and drop the connection instead of answering")
    await person.texts("1")
    confirmation = await person.buys()
    sends = await wires.counted(_CALLS, call="purchase") - sent
    questions = await wires.counted(_CALLS, call="find") - asked
    show.check(await wires.counted(_STEPS, state="in_doubt") > doubts, "the order was in_doubt")
    show.check(sends == 1 and questions >= 1, "sent once, then asked, not sent again", (sends, questions))
    await person.was_charged_once(offer, _ENOUGH, confirmation)


async def little_money(show: Show) -> None:
    """Nobody is offered what they cannot pay."""
    poorer = Person(show, "573001110104")
    await poorer.has(_LITTLE)
    await poorer.runs_low()
    offer = await poorer.is_offered(await poorer.gets())
    price, before = offer["price"]["amount"], show.prices.get("enough", _ENOUGH)
    show.check(price <= _LITTLE and price < before, f"{pesos(price)} fits {pesos(_LITTLE)}; with more: {pesos(before)}")
    poorest = Person(show, "573001110105")
    await poorest.has(_NEXT_TO_NOTHING)
    await poorest.runs_low()
    text = await poorest.gets()
    none = not await show.wires.of_subscriber(poorest.msisdn, "offers")
    show.check(none and pesos(_NEXT_TO_NOTHING) in text and "no alcanza" in text, "no offer, and a clear word why")
    await poorest.bought_nothing()


async def killed_after_sending(show: Show) -> None:
    """SIGKILL while the charging system holds the order."""
    person, wires = Person(show, "573001110106"), show.wires
    await person.has(_ENOUGH)
    await person.runs_low()
    offer = await person.is_offered(await person.gets())
    await wires.set_faults(hold=True)
    show.transcript.behind("OCS will take orders in and hold them")
    await person.texts("1")
    await person.order_becomes("sent")

    async def held() -> bool | None:
        return await wires.held() == 1 or None

    await until(held, "an order that the charging system holds")
    await killed(show)
    show.check(not await wires.ledger(person.msisdn), "order committed and sent, nothing charged yet")
    await wires.set_faults()
    show.transcript.behind("OCS applies what it held, and finds nobody to tell")
    await person.is_charged()
    await risen(show)
    await person.order_becomes("confirmed")
    await person.was_charged_once(offer, _ENOUGH, await person.gets())


async def killed_before_sending(show: Show) -> None:
    """SIGKILL while the charging system is away."""
    person, wires = Person(show, "573001110107"), show.wires
    await person.has(_ENOUGH)
    await person.runs_low()
    offer = await person.is_offered(await person.gets())
    await wires.set_down(down=True)
    show.transcript.behind("OCS is down")
    await person.texts("1")
    await person.order_becomes("pending")
    await killed(show)
    await wires.set_down(down=False)
    show.transcript.behind("OCS is up again")
    show.check(not await wires.ledger(person.msisdn), "order committed, nothing sent, nothing charged")
    await risen(show)
    await person.was_charged_once(offer, _ENOUGH, await person.buys())


async def stopped(show: Show) -> None:
    """After STOP: alerts yes, offers no."""
    person = Person(show, "573001110108")
    await person.has(_ENOUGH)
    await person.texts("STOP")
    answer = await person.gets()
    profile = await show.wires.profile(person.msisdn)
    wishes = profile["preferences"]
    told = "ofertas" in answer and (wishes["alerts"], wishes["marketing"]) == (True, False)
    show.check(told, "marketing is off, alerts stay on")
    await person.runs_low()
    alert = await person.gets()
    none = not await show.wires.of_subscriber(person.msisdn, "offers")
    show.check(none and "responde" not in alert, "an alert without an offer")
    await person.texts("1")
    await person.gets()
    await person.bought_nothing()
    await person.were_delivered(3)


async def other_languages(show: Show) -> None:
    """One word changes the language of everything that follows."""
    for msisdn, word, said, opening, reply in (
        ("573001110109", "PT", "em portugu", "Seu 1 GB por 7 dias", "responda"),
        ("573001110110", "EN", "in English", "Your 1 GB for 7 days", "reply"),
    ):
        person = Person(show, msisdn)
        await person.has(_ENOUGH)
        await person.texts(word)
        answer = await person.gets()
        show.check(said in answer, f"{word}: answered in that language")
        await person.runs_low()
        alert = await person.gets()
        show.check(alert.startswith(opening), "so is the alert")
        await person.is_offered(alert, reply)


async def _counted(show: Show, metric: str, least: float, **labels: str) -> None:
    """Wait until the gateway has counted so many."""

    async def look() -> bool | None:
        return await show.wires.counted(metric, **labels) >= least or None

    await until(look, f"{metric} {labels} to reach {least:g}")


SCENES = (
    Scene("a  A bundle runs low, and one text buys the next", one_text),
    Scene("b  Everything arrives twice", everything_twice),
    Scene("c  The charging system charges and its answer is lost", lost_answer),
    Scene("d  Little money, and next to none", little_money),
    Scene("e1 kill -9 after the order was sent, before it was charged", killed_after_sending),
    Scene("e2 kill -9 after the order was committed, before it was sent", killed_before_sending),
    Scene("f  STOP", stopped),
    Scene("g  Portuguese and English", other_languages),
    Scene("h  *123#: a bundle in two steps", ussd_scenes.dialled),
    Scene("i  *123#: the same hop again and again", ussd_scenes.hop_again),
    Scene("j  *123#: kill -9 in mid-session", ussd_scenes.killed_in_session),
    Scene("k  *123#: consent to porting, proved and withdrawn", ussd_scenes.consent),
    Scene("l  *123#: the network drops the session, and it goes on", wire_scenes.dropped),
    Scene("m  *123#: the same menu over Hubtel's JSON and over SMPP", wire_scenes.other_wires),
    Scene("n  A bundle runs low, and the phone shows the offer", wire_scenes.pushed),
    Scene("o  Two SMSCs, and one is cut while alerts go out", sms_scenes.two_smscs),
    Scene("p  MAS: more offers, each with a digit of its own", sms_scenes.more_offers),
    Scene("q  An operator stops marketing while texts wait", sms_scenes.operator_stops),
    Scene("r  The same over HTTP, by Africa's Talking", sms_scenes.aggregator),
    Scene("s  kill -9 between the parts of a long text from a phone", sms_scenes.long_text),
)
