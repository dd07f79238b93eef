"""The scenes with drops and other wires: a session that goes on, the menu over Hubtel and SMPP, a pushed screen."""

from __future__ import annotations

from time import monotonic

from gateway.simulators.demo.configuration import CIRCLE, PUSH_WAIT
from gateway.simulators.demo.person import Person, Show, pesos
from gateway.simulators.demo.wire_dialogues import HubtelDialogue, SmppDialogue

_ENOUGH = 500_000
_PRICE = 300_000
_TIMES = 20
_ABSENT = 0xFE
"""ESME_RDELIVERYFAILURE."""


async def dropped(show: Show) -> None:
    """The network drops the session on the confirm screen; whoever dials again goes on there."""
    person = Person(show, "573001110115")
    await person.has(_ENOUGH)
    lost = HubtelDialogue(show, person.msisdn, "demo-l1")
    await lost.dial()
    await lost.answer("2")
    confirm = await lost.answer("4", pesos(_PRICE))
    show.transcript.behind("the network drops the session; nobody answers")
    again = HubtelDialogue(show, person.msisdn, "demo-l2")
    question = await again.dial()
    show.check("¿Seguir donde estabas?" in question, "dialled again, in a new session: asked", repr(question))
    show.check(await again.answer("1") == confirm, "the same confirm screen")
    await again.answer("1", "activo")
    show.transcript.behind("an answer of the dropped session arrives after all")
    await lost.answer("1")
    show.check(lost.ended, "that session is over")
    await person.bought_once(_PRICE, _ENOUGH)


async def other_wires(show: Show) -> None:
    """The same menu over Hubtel's JSON and over SMPP; whatever comes again buys nothing again."""
    one = Person(show, "573001110116")
    await one.has(_ENOUGH)
    hubtel = HubtelDialogue(show, one.msisdn, "demo-m")
    await hubtel.dial()
    await hubtel.answer("2")
    await hubtel.answer("4", pesos(_PRICE))
    await hubtel.answer("1", "activo")
    show.transcript.behind(f"Hubtel sends the last hop {_TIMES} times again, at once")
    answers = set(await hubtel.repeat(_TIMES))
    show.check(answers == {hubtel.octets}, f"{_TIMES} answers, the same bytes as the first", answers)
    await _has_bought(one)
    other = Person(show, "573001110117")
    await other.has(_ENOUGH)
    smpp = SmppDialogue(show, other.msisdn)
    await smpp.dial()
    await smpp.answer("2")
    await smpp.answer("4", pesos(_PRICE))
    await smpp.answer("1", "activo", times=_TIMES)
    await _has_bought(other)


async def pushed(show: Show) -> None:
    """Alert and offer as a screen, bought in one answer; as a text, at once, for whoever is away."""
    person = Person(show, "573001110118")
    await person.has(_ENOUGH)
    await person.joins(CIRCLE)
    await person.runs_low()
    dialogue = SmppDialogue(show, person.msisdn)
    screen = await dialogue.is_pushed()
    [offer] = await show.wires.of_subscriber(person.msisdn, "offers")
    price = int(offer["price"]["amount"])
    show.check(
        offer["channel"] == "ussd" and pesos(price) in screen and "1 Comprar" in screen,
        f"offer {offer['bundle']} at {pesos(price)} on the screen",
        repr(screen),
    )
    await dialogue.answer("1", "activo")
    await person.buys()
    await person.bought_once(price, _ENOUGH)
    await person.were_delivered(1, withdrawn=1)
    await _absent(show)


async def _absent(show: Show) -> None:
    """The network says that the phone is away."""
    person = Person(show, "573001110119")
    await person.has(_ENOUGH)
    await person.joins(CIRCLE)
    await show.wires.set_network_faults(push_status=_ABSENT)
    show.transcript.behind("the SMSC will refuse screens: the phone is absent")
    began = monotonic()
    await person.runs_low()
    text = await person.gets()
    show.check(monotonic() - began < PUSH_WAIT, f"the text went at once, not after {PUSH_WAIT} s")
    offer = await person.is_offered(text)
    show.check(not await show.wires.screens(person.msisdn), "no screen was shown")
    await show.wires.set_network_faults()
    await person.texts("1")
    await person.was_charged_once(offer, _ENOUGH, await person.buys())


async def _has_bought(person: Person) -> None:
    """One charge, and its confirmation on the phone."""
    await person.bought_once(_PRICE, _ENOUGH)
    await person.gets()
    await person.were_delivered(1)
