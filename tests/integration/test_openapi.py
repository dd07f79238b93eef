"""The whole of ``/api/v1`` against its own document, by schemathesis: what a client generated from it would meet."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA
from running import TOKENS, Town, town

_SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
_HOOKS = Path(__file__).with_name("openapi_hooks.py")
_SECONDS = 35
_CONFIG = f"""
[auth.openapi.token]
bearer = "{TOKENS["admin"]}"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "404", "409", "410"]
[[operations]]  # times that are over, and values that fit another kind: no schema says so
include-operation-id = ["sendMessage", "putControl", "deleteControl"]
[operations.checks.positive_data_acceptance]
enabled = false
"""


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway whose tokens may ask as often as they like."""
    async with town(tmp_path, migrated, more="[api]\nrequests_per_second = 100000") as opened:
        yield opened


async def _ids(it: Town) -> dict[str, str]:
    """What there is to be asked for: an open offer, an order, a text."""
    first = await it.offer()
    _, order = await it.accept(first["id"], "key-1")
    await it.texts(ANA, 2)
    it.ocs.ledger.put(ANA, 1_000_000, [])
    it.clock.advance(days=1)
    offer = await it.offer()
    message = await it.send(ANA, "key-2", campaign="bills")
    return {
        "msisdn": ANA,
        "key": order["key"],
        "id": message["id"],
        "/api/v1/offers/{id}/accept id": offer["id"],
        "name": "bills",
    }


async def test_every_operation_does_what_its_document_says(it: Town, tmp_path: Path) -> None:
    """Valid and invalid requests of every operation, as an admin: statuses, types, schemas, headers, and no 500."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        str(_SCHEMATHESIS),
        f"--config-file={config}",
        "run",
        f"{it.url}/api/openapi.json",
        f"--max-time={_SECONDS}",
        "--max-examples=40",
        "--seed=7",
        "--continue-on-failure",
        "--no-color",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(_HOOKS.parent)}
        | {"CHASQUI_TEST_IDS": json.dumps(await _ids(it))},
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
