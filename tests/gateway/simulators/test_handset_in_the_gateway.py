"""The handset inside a whole gateway: there with the built-in simulators, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fakes import ANA, FakeClock, eventually
from gateway.app import Gateway
from running import Town, running, town

_BUILT_IN = """
market = "co"
[server]
host = "{host}"
port = 0
metrics_port = 0
[policy]
quiet_hours = "off"
assume_opt_in = "yes"
"""


def built_in(folder: Path, host: str = "127.0.0.1") -> Path:
    """A configuration without peers: both simulators run inside the process."""
    file = folder / "chasqui.toml"
    file.write_text(_BUILT_IN.format(host=host), encoding="utf-8")
    return file


async def shown(http: aiohttp.ClientSession, gateway: Gateway, number: int) -> list[str]:
    """The texts on Ana's phone, once there are so many."""
    texts: list[str] = []

    async def enough() -> bool:
        url = f"http://127.0.0.1:{gateway.port}/handset/messages?msisdn={ANA}"
        async with http.get(url) as answer:
            texts[:] = [one["text"] for one in (await answer.json())["messages"]]
        return len(texts) >= number

    await eventually(enough)
    return texts


async def test_an_offer_is_bought_from_the_handset(tmp_path: Path) -> None:
    """The trigger's text is on the phone, its answer is taken, and the confirmation follows."""
    clock = FakeClock()
    async with running(built_in(tmp_path), clock) as gateway, aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{gateway.port}"
        bundle = {"id": "b-1", "unit": "byte", "initial": 1073741824, "remaining": 96636764}
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": "evt-1",
            "source": "ocs/test",
            "type": "bundle.depleting",
            "time": clock().isoformat(),
            "subject": f"+{ANA}",
            "data": {"bundle": bundle, "threshold": 0.1},
        }
        kind = {"Content-Type": "application/cloudevents+json"}
        async with http.post(f"{url}/triggers", json=event, headers=kind) as answer:
            assert answer.status == 202
        assert "responde 1" in (await shown(http, gateway, 1))[0]
        async with http.post(f"{url}/handset/texts", json={"from": f"+{ANA}", "text": "1"}) as answer:
            assert (answer.status, await answer.json()) == (202, {"status": "ESME_ROK"})
        assert (await shown(http, gateway, 2))[1].startswith("Listo")


async def test_the_status_page_says_where_it_is(tmp_path: Path) -> None:
    """With the port that answers, as a link."""
    async with running(built_in(tmp_path), FakeClock()) as gateway, aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{gateway.port}/") as answer:
            text = (await answer.text()).replace("<wbr>", "")
        assert f'<a href="/handset/">http://127.0.0.1:{gateway.port}/handset/</a>' in text
        assert gateway.handset


async def test_an_open_gateway_has_none(tmp_path: Path) -> None:
    """Who listens to the network does not play phones."""
    async with running(built_in(tmp_path, "0.0.0.0"), FakeClock()) as gateway, aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{gateway.port}/handset/") as answer:
            assert answer.status == 404
        assert not gateway.handset


@pytest.fixture
async def with_peers(tmp_path: Path, migrated: Path) -> Any:
    """A gateway whose SMSC is configured."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_a_gateway_with_an_smsc_of_its_own_has_none(with_peers: Town) -> None:
    """There is no phone to look into."""
    assert (await with_peers.read(f"{with_peers.url}/handset/"))[0] == 404
    assert "handset" not in (await with_peers.read(f"{with_peers.url}/"))[1]
