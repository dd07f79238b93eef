"""``/healthz``, ``/readyz`` and ``/metrics``: what the machines around the gateway ask."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes import ANA, NUMBER, FakeClock, eventually
from gateway.core.sms_lane import SmsLane
from running import Town, configuration, free_port, running, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_a_gateway_alone_in_the_world_is_healthy_and_not_ready(tmp_path: Path, migrated: Path) -> None:
    """Neither SMSC nor charging system: nobody should restart it for that, and ``/readyz`` says who is missing."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    file = tmp_path / "chasqui.toml"
    file.write_text(configuration(smsc=free_port(), ocs=f"http://127.0.0.1:{free_port()}"), encoding="utf-8")
    async with running(file, FakeClock()) as gateway, aiohttp.ClientSession() as http:
        base = f"http://127.0.0.1:{gateway.port}"
        async with http.get(f"{base}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with http.get(f"{base}/readyz") as answer:
            assert answer.status == 503
            assert await answer.json() == {
                "status": "not ready",
                "checks": {
                    "store": True,
                    "network": False,
                    "sms_lane": True,
                    "taking_work": True,
                    "smpp smsc-a": False,
                    "ocs": False,
                },
            }
        async with http.get(f"http://127.0.0.1:{gateway.metrics_port}/metrics") as answer:
            assert 'chasqui_smpp_bound{smsc="smsc-a"} 0.0' in await answer.text()


async def test_readiness_follows_the_bind(it: Town) -> None:
    """Gone with the SMSC and back with it; healthy all the while."""
    status, body, _ = await it.read(f"{it.url}/readyz")
    assert (status, json.loads(body)["checks"]["smpp smsc-a"]) == (200, True)
    await it.smsc.stop()

    async def away() -> bool:
        return (await it.read(f"{it.url}/readyz"))[0] == 503

    await eventually(away)
    assert (await it.read(f"{it.url}/healthz"))[0] == 200
    await it.smsc.start()
    await it.bound()


async def test_readiness_follows_the_lane_of_texts(it: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it has broken off nothing goes out."""
    monkeypatch.setattr(SmsLane, "running", False)
    status, body, _ = await it.read(f"{it.url}/readyz")
    assert (status, json.loads(body)["checks"]["sms_lane"]) == (503, False)


async def test_a_charging_system_that_is_away_leaves_the_gateway_ready(it: Town) -> None:
    """Alerts still go out without it, so work is still wanted."""
    await it.ocs.set_down(down=True)
    status, body, _ = await it.read(f"{it.url}/readyz")
    assert (status, json.loads(body)["checks"]["ocs"]) == (200, False)
    assert await it.trigger() == 202
    assert len(await it.texts()) == 1


async def test_metrics_count_the_micro_moment(it: Town) -> None:
    """By meaning, outcome and state, in the format that Prometheus reads."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "1")
    await it.texts(ANA, 2)
    families = text_string_to_metric_families(await it.metrics())
    counted = {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}
    assert counted["chasqui_triggers_total", "alert_and_offer"] == 1
    assert counted["chasqui_mo_total", "accept"] == 1
    assert counted["chasqui_mt_total", "sent"] >= 1
    assert counted["chasqui_orders_total", "confirmed"] == 1
    assert counted["chasqui_smpp_bound", "smsc-a"] == 1
    assert counted["chasqui_ocs_call_seconds_count", "purchase"] == 1


async def test_metrics_name_routes_and_nobody(it: Town) -> None:
    """Route templates instead of paths: no number, no path of somebody's making, whatever was asked."""
    await it.offer()
    await it.items("messages")
    await it.call("GET", f"subscribers/{ANA}/nothing")
    await it.read(f"{it.url}/{ANA}")
    found = await it.metrics()
    assert 'route="/api/v1/subscribers/{msisdn}/messages"' in found
    assert 'route="unmatched"' in found
    assert ANA not in found
    assert ANA[2:] not in found


async def test_metrics_are_on_a_port_of_their_own(it: Town) -> None:
    """The port that subscribers' apps reach does not tell them."""
    assert (await it.read(f"{it.url}/metrics"))[0] == 404
    metrics = f"http://127.0.0.1:{it.gateway.metrics_port}"
    status, _, headers = await it.read(f"{metrics}/metrics")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    for path in ("/", "/triggers", f"/api/v1/subscribers/{ANA}"):
        assert (await it.read(f"{metrics}{path}"))[0] == 404
