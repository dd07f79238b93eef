"""The main job over real wires in one process: a bundle runs low, the person answers 1, and is charged once."""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from fakes import ANA, BEN, NUMBER, FakeClock, eventually
from flows.market import load_market
from flows.texts import Voice
from flows.values import Money
from gateway.simulators.smsc_faults import Faults
from gateway.telemetry import JsonLines
from locales.catalogues import Catalogues
from running import Town, configuration, running, simulators, town


class Place(NamedTuple):
    """One market. phone: a number of its kind; currency, language: what is charged and spoken there."""

    market: str
    phone: str
    currency: str
    language: str
    answer: str
    done: str


PLACES = [
    Place("co", "573001112233", "COP", "es", "responde 1", "Listo: "),
    Place("mx", "525512345678", "MXN", "es", "responde 1", "Listo: "),
    Place("br", "5511987654321", "BRL", "pt_BR", "responda 1", "Pronto: "),
    Place("za", "27821234567", "ZAR", "en", "reply 1", "Done: "),
    Place("gh", "233241234567", "GHS", "en", "reply 1", "Done: "),
    Place("in", "919812345678", "INR", "en", "reply 1", "Done: "),
]


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What the process would write of its work at ``--log-level debug``."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    talking = [logging.getLogger(name) for name in ("gateway", "store", "aiohttp", "asyncio")]
    before = [logger.level for logger in talking]
    for logger in talking:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger, level in zip(talking, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.market)
async def test_one_is_enough_everywhere(place: Place, tmp_path: Path, migrated: Path, catalogues: Catalogues) -> None:
    """Alert and offer in the market's first language, a charge in its currency, a confirmation with the balance."""
    assert load_market(place.market).languages[0] == place.language
    async with town(tmp_path, migrated, market=place.market) as it:
        offer = await it.offer(place.phone)
        (alert,) = await it.texts(place.phone)
        assert place.answer in alert
        assert it.smsc.messages[0]["parts"] == 1
        opening = it.ocs.ledger.account(it.smsc.messages[0]["to"]).balance
        it.clock.advance(seconds=30)
        await it.smsc.send_mo(place.phone, NUMBER, "1")
        told = (await it.texts(place.phone, 2))[1]
        (charge,) = await it.ledger()
        price = Money(offer["price"]["amount"], offer["price"]["currency"])
        assert price.currency == place.currency
        assert (charge["amount"], charge["currency"]) == (price.amount, place.currency)
        assert (charge["msisdn"], charge["beneficiary"]) == (place.phone, place.phone)
        left = Money(opening - price.amount, place.currency)
        expected = Voice(catalogues, place.language).confirmation(offer["name"], price, left)
        assert expected.startswith(place.done)
        assert _plain(told) == _plain(expected)
        (order,) = await it.items("orders", place.phone)
        assert (order["state"], order["channel"], order["key"]) == ("confirmed", "sms", charge["key"])


def _plain(text: str) -> str:
    """As a phone shows it: GSM-7 has some accents and not others."""
    return text.translate(str.maketrans("áíóúãõâêôçÁÍÓÚ", "aiouaoaeocAIOU"))


@pytest.mark.parametrize("text", ["1", " 1. ", "sí", "SIM", "Yes", "si!"])
async def test_a_yes_is_a_yes_in_every_language(it: Town, text: str) -> None:
    """However it is written."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, text)
    assert "Listo" in (await it.texts(ANA, 2))[1]
    assert len(await it.ledger()) == 1


async def test_a_yes_that_the_network_repeats_buys_once(it: Town) -> None:
    """Ten times the same text at once."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "1", repeat=10)
    await it.texts(ANA, 2)
    assert len(await it.ledger(ANA, 1)) == 1
    assert len(await it.items("orders")) == 1


async def test_a_yes_of_somebody_without_an_offer_buys_nothing(it: Town) -> None:
    """They are told that nothing is open for them, and other people's offers stay theirs."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(BEN, NUMBER, "1")
    assert "no tienes ofertas" in (await it.texts(BEN))[0]
    assert await it.ledger() == []
    assert len(await it.items("offers")) == 1


async def test_the_number_is_in_no_log_and_no_metric(tmp_path: Path, migrated: Path, logs: io.StringIO) -> None:
    """Not when all goes well, not when peers are away and requests are wrong."""
    async with town(tmp_path, migrated) as it:
        await it.offer()
        it.clock.advance(seconds=1)
        await it.smsc.send_mo(ANA, NUMBER, "1")
        await it.texts(ANA, 2)
        await it.items("messages")
        await it.call("GET", f"subscribers/{ANA}/nothing")
        await it.ocs.set_down(down=True)
        await it.trigger(BEN)
        await it.texts(BEN)
        await it.smsc.send_mo(BEN, NUMBER, "hola?")
        await it.texts(BEN, 2)
        await it.call("GET", f"subscribers/{BEN}")
        metrics = await it.metrics()
    written = logs.getvalue()
    assert "no wallet from the charging system" in written
    for number in (ANA, BEN):
        assert number not in metrics
        leaks = [line for line in written.splitlines() if number in line]
        assert leaks == []


async def test_what_a_stop_left_goes_out_once(tmp_path: Path, migrated: Path) -> None:
    """The SMSC refused the binds, the gateway was stopped with texts waiting, and a new one sends each once."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    file, clock = tmp_path / "chasqui.toml", FakeClock()
    async with simulators() as (smsc, ocs), aiohttp.ClientSession() as http:
        file.write_text(configuration(smsc=smsc.port, ocs=ocs.url), encoding="utf-8")
        smsc.set_faults(Faults(refuse_binds=True))
        async with running(file, clock) as gateway:
            it = Town(gateway, smsc, ocs, http, clock)
            for person in (ANA, BEN):
                assert await it.trigger(person) == 202

            async def offered() -> bool:
                return all([await it.items("offers", person) for person in (ANA, BEN)])

            await eventually(offered)
            assert [one["state"] for one in await it.items("messages")] == ["queued"]
        assert smsc.messages == []
        async with running(file, clock) as gateway:
            it.gateway = gateway
            assert [one["state"] for one in await it.items("messages")] == ["queued"]
            smsc.set_faults(Faults())
            await it.bound()
            for person in (ANA, BEN):
                assert "responde 1" in (await it.texts(person))[0]
        async with running(file, clock) as gateway:  # and a third finds nothing to do
            it.gateway = gateway
            await it.bound()
            clock.advance(seconds=1)
            await smsc.send_mo(ANA, NUMBER, "1")
            assert len(await it.texts(ANA, 2)) == 2
            assert len(await it.texts(BEN)) == 1
            assert len(await it.ledger(ANA, 1)) == 1


async def test_a_yes_while_the_charging_system_is_away_is_charged_when_it_is_back(it: Town) -> None:
    """Once, also when the gateway tried before."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.ocs.set_down(down=True)
    await it.smsc.send_mo(ANA, NUMBER, "1")

    async def ordered() -> bool:
        return len(await it.items("orders")) == 1

    await eventually(ordered)
    assert (await it.items("orders"))[0]["state"] == "pending"
    await it.ocs.set_down(down=False)
    assert "Listo" in (await it.texts(ANA, 2))[1]
    assert len(await it.ledger()) == 1
