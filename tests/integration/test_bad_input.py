"""What is wrong is answered clearly, in its own protocol, and loses nothing."""

from __future__ import annotations

import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from flows.catalogue import load_starter
from gateway.app import Gateway
from gateway.config.loading import load
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator

NUMBER = "573001112233"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _chasqui(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHASQUI_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.fixture
async def peers() -> AsyncIterator[tuple[SmscSimulator, OcsSimulator]]:
    """Simulators on free ports."""
    smsc = SmscSimulator(0, 0)
    await smsc.start()
    async with OcsSimulator(load_starter("co"), "COP") as ocs:
        yield smsc, ocs
    await smsc.stop()


@pytest.fixture
async def gateway(tmp_path: Path, peers: tuple[SmscSimulator, OcsSimulator]) -> AsyncIterator[str]:
    """A gateway in this process; its address."""
    smsc, ocs = peers
    file = tmp_path / "chasqui.toml"
    file.write_text(
        f"""
[server]
port = 0
metrics_port = 0
[ocs]
kind = "tmf"
url = "{ocs.url}"
[[smpp]]
name = "smsc-a"
host = "127.0.0.1"
port = {smsc.port}
source = "12345"
[policy]
quiet_hours = "off"
"""
    )
    running = Gateway(load(file, {}))
    await running.start()
    yield f"http://127.0.0.1:{running.port}"
    await running.stop()


def _event(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "ocs/test",
        "type": "bundle.depleting",
        "time": "2026-11-24T00:00:00Z",
        "subject": f"+{NUMBER}",
        "data": {"bundle": {"id": "b-1", "unit": "byte", "initial": 1000, "remaining": 10}, "threshold": 0.1},
    }
    event.update(changes)
    return {key: value for key, value in event.items() if value is not None}


async def _post(base: str, body: Any, kind: str = "application/cloudevents+json") -> tuple[int, dict[str, Any]]:
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base}/triggers", data=data, headers={"Content-Type": kind}) as answer,
    ):
        return answer.status, json.loads(await answer.text())


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"source": ""}, "/source"),
        ({"subject": "573001112233"}, "/subject"),
        ({"time": "yesterday"}, "/time"),
        ({"specversion": "0.3"}, "/specversion"),
        ({"data": {"threshold": 0.1}}, "/data/bundle"),
        ({"data": {"bundle": {"id": "b", "unit": "kg", "initial": 1, "remaining": 1}}}, "/data/bundle/unit"),
        ({"data": {"bundle": {"id": "b", "unit": "byte", "initial": 1, "remaining": -1}}}, "/data/bundle/remaining"),
        ({"type": "bundle.exploded"}, "/type"),
    ],
)
async def test_a_wrong_trigger_is_answered_with_where_it_is_wrong(
    gateway: str, changes: dict[str, Any], pointer: str
) -> None:
    """422, and a JSON pointer to the field."""
    status, problem = await _post(gateway, _event(**changes))
    assert status == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[" * 50_000, "not-json"),
        (b"[]", "invalid-event"),
        (b"3", "invalid-event"),
    ],
)
async def test_a_body_that_is_no_event_is_refused(gateway: str, body: bytes, code: str) -> None:
    """422 too, whatever it is instead."""
    status, problem = await _post(gateway, body)
    assert (status, problem["code"]) == (422, code)


async def test_a_body_over_one_megabyte_is_refused(gateway: str) -> None:
    """413, and the connection stays usable for the next."""
    status, problem = await _post(gateway, b" " * (1024 * 1024 + 1))
    assert (status, problem["code"]) == (413, "too-large")


async def test_a_batch_with_one_bad_event_takes_in_none(gateway: str) -> None:
    """All or nothing: the same batch, mended, is new in all its events."""
    kind = "application/cloudevents-batch+json"
    status, problem = await _post(gateway, [_event(), _event(id="evt-2", subject="x")], kind)
    assert status == 422
    assert problem["errors"][0]["pointer"] == "/1/subject"
    status, taken = await _post(gateway, [_event(), _event(id="evt-2")], kind)
    assert (status, taken) == (202, {"accepted": 2, "known": 0})
    status, taken = await _post(gateway, [_event(), _event(id="evt-2")], kind)
    assert (status, taken) == (200, {"accepted": 0, "known": 2})


async def test_an_unknown_path_and_method_are_problems_too(gateway: str) -> None:
    """404 and 405 in the same form as every other error."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{gateway}/nothing") as answer:
            assert (answer.status, answer.content_type) == (404, "application/problem+json")
        async with session.get(f"{gateway}/triggers") as answer:
            assert (answer.status, answer.content_type) == (405, "application/problem+json")


def test_an_unknown_key_stops_the_start_with_its_name(tmp_path: Path) -> None:
    """One line that names the key and what was meant."""
    (tmp_path / "chasqui.toml").write_text("[server]\nprot = 1\n")
    _refused(_chasqui("serve", folder=tmp_path), "server.prot", "server.port")


def test_an_unknown_environment_variable_stops_the_start_with_its_name(tmp_path: Path) -> None:
    """A typing error in the environment is no less an error."""
    _refused(_chasqui("serve", folder=tmp_path, CHASQUI_SERVER__PROT="1"), "CHASQUI_SERVER__PROT")


@pytest.mark.parametrize("text", ["market = 3", "market = 'xx'", "not toml", "[store]\nurl = 'mysql://x'"])
def test_a_wrong_value_stops_the_start_in_one_line(tmp_path: Path, text: str) -> None:
    """Whatever is wrong with it."""
    (tmp_path / "chasqui.toml").write_text(text)
    _refused(_chasqui("serve", folder=tmp_path), "chasqui")


def test_a_wrong_menu_stops_the_start_with_its_file_and_line(tmp_path: Path) -> None:
    """Before anything else is started."""
    (tmp_path / "chasqui.toml").write_text("[menus]\npath = 'menus'\n")
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "main.yaml").write_text("menu: main\n")
    _refused(_chasqui("serve", folder=tmp_path), "menus.path: main.yaml:1: ", "'start' is missing")


def test_a_database_from_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """Nothing of it is changed, and the line says what to do."""
    assert _chasqui("db", "upgrade", folder=tmp_path).returncode == 0
    with closing(sqlite3.connect(tmp_path / "chasqui.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    ports = {"CHASQUI_SERVER__PORT": "0", "CHASQUI_SERVER__METRICS_PORT": "0"}
    _refused(_chasqui("serve", folder=tmp_path, **ports), "9999", "newer")
    with closing(sqlite3.connect(tmp_path / "chasqui.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


@pytest.mark.parametrize(("key", "other"), [("port", "metrics_port"), ("metrics_port", "port")])
def test_a_taken_port_is_named(tmp_path: Path, taken: int, key: str, other: str) -> None:
    """For the gateway, and before its simulators and its bind have anything to log."""
    ports = {key: str(taken), other: str(_free_port())}
    done = _chasqui(
        "serve", folder=tmp_path, **{f"CHASQUI_SERVER__{name.upper()}": port for name, port in ports.items()}
    )
    _refused(done, f"server.{key}: port {taken}", "is taken")
    assert not (tmp_path / "chasqui.db").exists()


@pytest.mark.parametrize("simulator", ["smsc", "ocs"])
def test_a_simulator_names_the_taken_port(tmp_path: Path, taken: int, simulator: str) -> None:
    """For both simulators."""
    _refused(_chasqui("sim", simulator, "--port", str(taken), "--control", "0", folder=tmp_path), str(taken))
