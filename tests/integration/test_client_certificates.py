"""HTTPS at the door, and clients that are known by their certificates: real TLS over loopback."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from certificates import Pair, authority, signed, trusting

from running import Town, town

_NUMBER = "573001112233"
_PATH = "/ussd/africastalking"
_HOP = {"sessionId": "s-1", "phoneNumber": f"+{_NUMBER}", "serviceCode": "*123#", "text": ""}


@dataclass(frozen=True, slots=True)
class House:
    """Everybody's certificates. folder: where the gateway's configuration is, too."""

    folder: Path
    authority: Pair
    aggregator: Pair


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An authority, the gateway's own certificate, and an aggregator's."""
    ours = authority(tmp_path, "authority")
    signed(tmp_path, "gateway", ours)
    return House(tmp_path, ours, signed(tmp_path, "aggregator", ours))


@asynccontextmanager
async def guarded(house: House, migrated: Path, dialect: str = "africastalking") -> AsyncIterator[Town]:
    """A gateway whose door asks for the aggregator's certificate."""
    server = 'tls_certificate = "gateway.pem"\ntls_key = "gateway.key"\ntls_client_ca = "authority.pem"\n'
    door = f'[[doors]]\nname = "at"\ndialect = "{dialect}"\ncertificate = "{house.aggregator.sha256}"\n'
    async with town(house.folder, migrated, trusting(house.authority), server=server, more=door) as it:
        yield it


async def _dialled(it: Town, tls: ssl.SSLContext) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(f"{it.url}{_PATH}", data=_HOP, ssl=tls) as answer:
        return answer.status, await answer.text()


def _refused(reason: str, dialect: str = "africastalking", times: int = 1) -> str:
    return f'chasqui_refused_knocks_total{{dialect="{dialect}",reason="{reason}"}} {times}.0'


async def test_the_right_certificate_opens_the_door(house: House, migrated: Path) -> None:
    """The page is answered over HTTPS; the metrics stay on plain HTTP."""
    async with guarded(house, migrated) as it:
        status, text = await _dialled(it, house.aggregator.shown_to(house.authority))
        assert (status, text[:4]) == (200, "CON ")
        assert "chasqui_refused_knocks_total{" not in await it.metrics()


async def test_a_connection_that_stays_open_keeps_its_certificate(house: House, migrated: Path) -> None:
    """It is read once, and holds for every request after."""
    async with guarded(house, migrated) as it, aiohttp.ClientSession() as http:
        tls = house.aggregator.shown_to(house.authority)
        for number in range(3):
            hop = {**_HOP, "sessionId": f"s-{number}"}
            async with http.post(f"{it.url}{_PATH}", data=hop, ssl=tls) as answer:
                assert answer.status == 200


@pytest.mark.parametrize("shown", ["none", "another"])
async def test_no_certificate_and_another_are_refused(
    house: House, migrated: Path, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the dialect's own words, counted, and with one line that names nobody."""
    other = signed(house.folder, "other", house.authority)
    tls = trusting(house.authority) if shown == "none" else other.shown_to(house.authority)
    async with guarded(house, migrated) as it:
        caplog.clear()
        status, text = await _dialled(it, tls)
        assert (status, text[:4]) == (403, "END ")
        assert _refused("certificate") in await it.metrics()
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.dialect, line.reason) == ("africastalking", "certificate")  # type: ignore[attr-defined]
    assert _NUMBER not in str(vars(line))


def _strangers(house: House) -> Iterator[tuple[str, Pair]]:
    yield "signed by itself", signed(house.folder, "own", None)
    yield "of another authority", signed(house.folder, "foreign", authority(house.folder, "elsewhere"))
    yield "expired", signed(house.folder, "old", house.authority, age=timedelta(days=30))


async def test_what_the_authority_does_not_vouch_for_fails_the_handshake(house: House, migrated: Path) -> None:
    """Before a request is read; each is counted."""
    async with guarded(house, migrated) as it:
        for number, (what, stranger) in enumerate(_strangers(house), start=1):
            with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
                pytest.fail(f"{what}: {await _dialled(it, stranger.shown_to(house.authority))}")
            assert _refused("certificate", "any", number) in await it.metrics(), what


async def test_plain_http_and_old_tls_are_no_handshake(house: House, migrated: Path) -> None:
    """Who speaks otherwise than TLS 1.2 or later is not answered."""
    old = trusting(house.authority)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with guarded(house, migrated) as it:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await _dialled(it, old)
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientError):
                await http.post(f"http://127.0.0.1:{it.gateway.port}{_PATH}", data=_HOP)
        assert _refused("handshake", "any", 1) in await it.metrics()


@pytest.mark.parametrize(("shown", "status"), [("aggregator", 202), ("none", 403)])
async def test_triggers_are_admitted_by_certificate_too(house: House, migrated: Path, shown: str, status: int) -> None:
    """A certificate at the door of the charging system says who sends, so no signature is needed."""
    tls = trusting(house.authority) if shown == "none" else house.aggregator.shown_to(house.authority)
    async with guarded(house, migrated, "triggers") as it, aiohttp.ClientSession() as http:
        headers = {"Content-Type": "application/cloudevents+json"}
        async with http.post(f"{it.url}/triggers", json=it.event(), headers=headers, ssl=tls) as answer:
            assert answer.status == status
