"""The scenes with texts: an SMSC that is cut, more offers, stops, an aggregator, a long text across a crash."""

from __future__ import annotations

import asyncio
from collections import Counter

from gateway.simulators.demo.configuration import AGGREGATOR, TWO_SMSCS
from gateway.simulators.demo.events import depleting
from gateway.simulators.demo.living import killed, risen
from gateway.simulators.demo.person import Person, Show, pesos
from gateway.simulators.demo.processes import run_command
from gateway.simulators.demo.transcript import short
from gateway.simulators.demo.waiting import CheckFailed, until
from gateway.simulators.demo.wires import Json

_ENOUGH, _MUCH = 500_000, 1_000_000
_PEOPLE, _TAKEN = 12, 4
_CAMPAIGN = "Este domingo: 2 GB por el precio de 1 en tu tienda."
_LONG = (
    "BAJA, por favor. Escribo porque desde hace un mes recibo ofertas casi a diario, tambien cuando acabo de "
    "recargar, y ya he pedido dos veces por telefono que no me manden mas. La senora que me atendio fue muy amable y "
    "dijo que quedaba anotado, pero esta semana llegaron otras tres. No tengo queja del servicio, el internet anda "
    "bien en mi barrio; solo quiero que no me ofrezcan nada mas por este medio. Muchas gracias y buen dia."
)


async def two_smscs(show: Show) -> None:
    """One of two SMSCs is cut while alerts go out: all arrive, none twice."""
    wires, script = show.wires, show.transcript
    everybody = [f"{TWO_SMSCS}{number:02}" for number in range(_PEOPLE)]
    await asyncio.gather(*(wires.set_balance(msisdn, _ENOUGH) for msisdn in everybody))
    before = {network: len(await wires.texts_after(0, 0, network)) for network in ("smsc", "second")}
    await wires.set_network_faults(drop_after=_TAKEN, drop_before_answer=False, refuse_binds=True)
    script.behind(f"the first SMSC will take {_TAKEN} more texts, cut the link and let nobody in")
    events = [depleting(msisdn, f"evt-{msisdn[-4:]}-1") for msisdn in everybody]
    statuses = Counter(await asyncio.gather(*map(wires.post_event, events)))
    script.behind(f"POST /triggers, {_PEOPLE} bundles at once: {statuses[202]} accepted")

    async def arrived(network: str) -> list[str]:
        return [one["to"] for one in await wires.texts_after(before[network], 0, network)]

    async def everywhere() -> bool | None:
        return set(await arrived("smsc")) | set(await arrived("second")) == set(everybody) or None

    await until(everywhere, "an alert on every phone")
    first = len(await arrived("smsc"))
    script.behind(f"on phones by the first SMSC {first}, by the second {len(await arrived('second'))}")
    show.check(not await wires.ready(), "/readyz tells that one bind is down")
    await wires.set_network_faults()
    script.behind("the first SMSC lets us in again")
    await until(lambda: _delivered(show, everybody), "a receipt for each alert")
    ledger = Counter([*await arrived("smsc"), *await arrived("second")])
    show.check(ledger == Counter(everybody), f"ledgers of both SMSCs: {_PEOPLE} phones, one text each", ledger)
    show.check(await arrived("second") != [], "nobody waited for the SMSC that was away")
    script.checked(f"{_PEOPLE} texts delivered (receipts)")


async def more_offers(show: Show) -> None:
    """A list of offers: a digit buys its own and no other. A slip does not keep anybody in."""
    person = Person(show, "573001110120")
    await person.has(_MUCH)
    await person.texts("MAS")
    listed = await person.gets()
    offers = await show.wires.of_subscriber(person.msisdn, "offers")
    third = next((one for one in offers if f"3 = {_plain(one['name'])}" in _plain(listed)), None)
    if third is None or len(offers) < 3:
        raise CheckFailed(f"no third offer in {listed!r}")
    price = int(third["price"]["amount"])
    show.check(pesos(price) in listed, f"3 is {third['bundle']} at {pesos(price)}")
    await person.texts("3")
    await person.buys()
    account, ledger = await show.wires.account(person.msisdn), await show.wires.ledger(person.msisdn)
    show.check([one["amount"] for one in ledger] == [price], "charged once, the price of the third", ledger)
    [order] = await show.wires.of_subscriber(person.msisdn, "orders")
    told = (order["bundle"], order["state"], len(account["bundles"]))
    show.check(told == (third["bundle"], "confirmed", 1), "exactly that one was bought", told)
    await person.texts("bajja!")
    answer = await person.gets()
    wishes = (await show.wires.profile(person.msisdn))["preferences"]
    show.check("ofertas" in answer and not wishes["marketing"], "a slip in BAJA: understood all the same", answer)
    await person.were_delivered(3)


async def operator_stops(show: Show) -> None:
    """Marketing is stopped while texts wait: alerts go alone, and the rest goes afterwards."""
    one, other, third = (Person(show, f"57300111012{number}") for number in (1, 2, 4))
    wires, script = show.wires, show.transcript
    await one.has(_ENOUGH)
    await wires.black_out(other.msisdn)
    script.behind(f"PUT /api/v1/controls/blackout/{short(other.msisdn)}")
    await wires.set_network_faults(drop=True, refuse_binds=True)
    await until(lambda: _is_ready(show, ready=False), "a bind that is down")
    script.behind("the SMSC is away")
    asked = await wires.send(third.msisdn, "demo-q", text=_CAMPAIGN, purpose="marketing", campaign="sunday")
    await one.runs_low()
    await until(lambda: _sent(show, one.msisdn, 1), "an alert")
    [offer] = await wires.of_subscriber(one.msisdn, "offers")
    script.behind(f"an alert with an offer of {offer['bundle']} waits, and a campaign's text to {short(third.msisdn)}")
    await _controls(show, "stop", "marketing", "--message", "prices are wrong")
    await until(lambda: _on_page(show, "stop marketing"), "the stop on the status page")
    await wires.set_network_faults()
    script.behind("the SMSC is back")
    alert = await one.gets()
    show.check("responde" not in alert, "the alert goes alone, without the offer that was decided", alert)
    await other.runs_low()
    [held] = await until(lambda: _sent(show, other.msisdn, 1), "what became of the alert")
    show.check((held["state"], held["reason"]) == ("suppressed", "blackout"), "blacked out: nothing goes there", held)
    waits = (await wires.message(asked["id"]))["state"]
    show.check(waits in ("queued", "deferred"), "the campaign's text still waits", waits)
    await _controls(show, "resume", "marketing")
    show.check(await third.gets() == _CAMPAIGN, "it goes once the stop is over")
    await one.were_delivered(1)


async def aggregator(show: Show) -> None:
    """The same by way of an aggregator over HTTP: alert, answer, charge, receipts."""
    person = Person(show, f"{AGGREGATOR}01", "aggregator")
    await show.wires.tell_aggregator()
    await person.has(_ENOUGH)
    await person.runs_low()
    offer = await person.is_offered(await person.gets())
    await person.texts("1", times=2)
    await person.was_charged_once(offer, _ENOUGH, await person.buys())
    smscs = {one["smsc"] for one in await _sent(show, person.msisdn, 2) or ()}
    show.check(smscs == {"at"}, "all of it by the account at Africa's Talking", smscs)


async def long_text(show: Show) -> None:
    """SIGKILL between the parts of a text from a phone: those that were acknowledged are still there."""
    person, wires, script = Person(show, "573001110123"), show.wires, show.transcript
    script.texted(_LONG)
    for part in (1, 3):
        [status] = await wires.text_in(person.msisdn, _LONG, parts=[part], reference=77)
        script.behind(f"SMPP deliver_sm, part {part} of 3: {status}")
    await killed(show)
    await risen(show)
    for again in range(2):
        [status] = await wires.text_in(person.msisdn, _LONG, parts=[2], reference=77)
        script.behind(f"part 2 of 3{', once more' if again else ''}: {status}")
    answer = await person.gets()
    texts = [one for one in await wires.of_subscriber(person.msisdn, "messages") if one["direction"] == "in"]
    show.check([one["text"] for one in texts] == [_LONG], "one text, whole and in order", texts)
    wishes = (await wires.profile(person.msisdn))["preferences"]
    show.check("ofertas" in answer and not wishes["marketing"], "understood once: no more offers")
    await person.were_delivered(1)


async def _controls(show: Show, *words: str) -> None:
    """An operator's command."""
    status, said = await run_command("controls", *words, "--config", str(show.stage.config))
    show.transcript.behind(f"chasqui controls {' '.join(words)}: {said}")
    if status:
        raise CheckFailed(f"chasqui controls {words[0]} ended with {status}")


async def _sent(show: Show, msisdn: str, least: int) -> list[Json] | None:
    """Texts to them, once there are so many."""
    found = [one for one in await show.wires.of_subscriber(msisdn, "messages") if one["direction"] == "out"]
    return found if len(found) >= least else None


async def _is_ready(show: Show, *, ready: bool) -> bool | None:
    return await show.wires.ready() == ready or None


async def _delivered(show: Show, everybody: list[str]) -> bool | None:
    texts = [one for msisdn in everybody for one in await _sent(show, msisdn, 0) or ()]
    return [one["state"] for one in texts] == ["delivered"] * len(everybody) or None


async def _on_page(show: Show, words: str) -> bool | None:
    return words in await show.wires.page() or None


def _plain(text: str) -> str:
    """Without the accents that GSM-7 lacks."""
    return text.translate(str.maketrans("áíóú", "aiou"))
