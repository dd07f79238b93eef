"""A gateway with an account at an aggregator and no bind: alert, answer, purchase and receipts over HTTP alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import ANA, BEN, NUMBER, eventually
from gateway.simulators.aggregator import AggregatorSimulator
from gateway.simulators.aggregator_faults import AggregatorFaults
from running import PATIENCE, Town, free_port, running, town

KINDS = ("africastalking", "twilio", "kannel")
FAILED = {"africastalking": "Failed", "twilio": "undelivered", "kannel": "2"}
_SECRET, _TOKEN = "s3cr3t", "t0k3n"
_SID = "AC" + "0" * 32


def account(kind: str, url: str, gateway: str) -> str:
    """The sections of an account of this kind, and its door."""
    return f"""
[[numbers]]
address = "{NUMBER}"
[[aggregators]]
name = "out"
kind = "{kind}"
url = "{url}"
account = "{_SID}"
secret = "{_SECRET}"
numbers = ["{NUMBER}"]
tps = 1000
receipts = "{gateway}/sms/{kind}/{_TOKEN}/receipts"
[[doors]]
name = "in"
dialect = "{kind}"
token = "{_TOKEN}"
"""


@dataclass(slots=True)
class Here:
    """A town whose phones an aggregator of this kind leads to."""

    it: Town
    aggregator: AggregatorSimulator
    kind: str

    async def texts(self, number: int, msisdn: str = ANA) -> list[str]:
        """What this phone got, once there are so many."""
        async with asyncio.timeout(PATIENCE), self.aggregator.news:
            await self.aggregator.news.wait_for(lambda: len(self.got(msisdn)) >= number)
        return self.got(msisdn)

    def got(self, msisdn: str = ANA) -> list[str]:
        """What this phone got."""
        return [one.text for one in self.aggregator.messages if one.destination.lstrip("+") == msisdn]

    async def says(self, text: str, ident: str = "", msisdn: str = ANA) -> int:
        """A phone texts; the status with which the gateway answers."""
        return (await self.aggregator.send_mo(self.kind, msisdn, NUMBER, text, ident))[0]

    async def states(self, msisdn: str = ANA) -> list[str]:
        """Of the texts to this person, newest first."""
        return [one["state"] for one in await self.it.items("messages", msisdn) if one["direction"] == "out"]

    async def become(self, *states: str, msisdn: str = ANA) -> None:
        """Wait until the texts to this person are so, newest first."""

        async def so() -> bool:
            return await self.states(msisdn) == list(states)

        await eventually(so, PATIENCE)


@asynccontextmanager
async def by(kind: str, folder: Path, migrated: Path) -> AsyncIterator[Here]:
    """An aggregator of this kind, and a gateway that knows no other way."""
    aggregator, port = AggregatorSimulator(), free_port()
    gateway = f"http://127.0.0.1:{port}"
    await aggregator.start()
    try:
        aggregator.call_at(gateway, _TOKEN, _SECRET)
        more = account(kind, aggregator.url, gateway)
        async with town(folder, migrated, smpp=None, port=port, more=more) as it:
            yield Here(it, aggregator, kind)
    finally:
        await aggregator.stop()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_offer_is_answered_bought_and_receipted_over_http_alone(
    kind: str, tmp_path: Path, migrated: Path
) -> None:
    """The account stands in readiness, reports and metrics like a bind; the numbers of people do not."""
    async with by(kind, tmp_path, migrated) as here:
        it = here.it
        assert await it.trigger() == 202
        (alert,) = await here.texts(1)
        assert "responde 1" in alert
        (offer,) = await it.items("offers")
        assert await here.says("1") == 200
        assert [one["amount"] for one in await it.ledger(ANA, 1)] == [offer["price"]["amount"]]
        assert (await here.texts(2))[1].startswith("Listo")
        await here.become("delivered", "delivered")
        assert {one["smsc"] for one in await it.items("messages")} == {"out"}
        assert it.smsc.binds() == []
        checks = (await it.read(f"{it.url}/readyz"))[1]
        assert '"aggregator out": true' in checks
        metrics = await it.metrics()
        assert 'chasqui_aggregator_out_total{account="out",outcome="submitted"} 2.0' in metrics
        assert 'chasqui_aggregator_in_total{account="out",outcome="delivered",what="receipt"} 2.0' in metrics
        assert ANA not in metrics


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_that_comes_again_under_its_name_is_one_text(kind: str, tmp_path: Path, migrated: Path) -> None:
    """At once, and after a restart: acknowledged each time, understood once, charged once."""
    async with by(kind, tmp_path, migrated) as here:
        it = here.it
        await it.trigger()
        await here.texts(1)
        assert await asyncio.gather(*(here.says("1", "MO-7") for _ in range(5))) == [200] * 5
        await here.texts(2)
        await here.become("delivered", "delivered")
        await it.gateway.stop()
        async with running(tmp_path / "chasqui.toml", it.clock) as again:
            it.gateway = again
            assert await here.says("1", "MO-7") == 200
            assert await here.says("AYUDA", "MO-8") == 200
            await here.texts(3)
            await here.become("delivered", "delivered", "delivered")
            incoming = [one["text"] for one in await it.items("messages") if one["direction"] == "in"]
            assert sorted(incoming) == ["1", "AYUDA"]
            assert len(await it.ledger(ANA)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_aggregator_could_not_deliver_is_failed(kind: str, tmp_path: Path, migrated: Path) -> None:
    """In its own word."""
    async with by(kind, tmp_path, migrated) as here:
        here.aggregator.faults = AggregatorFaults(state=FAILED[kind])
        await here.it.trigger(BEN)
        await here.texts(1, BEN)
        await here.become("failed", msisdn=BEN)


async def test_while_the_store_is_away_a_text_is_not_taken_and_kept_when_it_comes_again(
    tmp_path: Path, migrated: Path
) -> None:
    """503 and when to try again; afterwards the same text, once."""
    async with by("africastalking", tmp_path, migrated) as here:
        with closing(sqlite3.connect(tmp_path / "chasqui.db")) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write
            assert await here.says("AYUDA", "MO-1") == 503
            other.rollback()

        async def taken() -> bool:
            return await here.says("AYUDA", "MO-1") == 200

        await eventually(taken, PATIENCE)
        await here.texts(1)
        assert await here.says("AYUDA", "MO-1") == 200
        await here.become("delivered")
        assert [one["text"] for one in await here.it.items("messages") if one["direction"] == "in"] == ["AYUDA"]


async def test_a_text_that_an_account_has_no_time_for_goes_by_it_later(tmp_path: Path, migrated: Path) -> None:
    """429 with when to try again: asked once more, and delivered."""
    async with by("africastalking", tmp_path, migrated) as here:
        here.aggregator.faults = AggregatorFaults(count=1, status=429, retry_after="1")
        await here.it.trigger()
        await here.texts(1)
        await here.become("delivered")
        assert here.aggregator.requests == 2
