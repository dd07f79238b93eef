"""Our client at a Diameter peer that others wrote: the node of python-diameter."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from flows.values import BundleId, Money, Msisdn, OrderKey
from gateway.core.ports import Activated, PurchaseRequest, Refunded, RefundRequest
from gateway.ocs.diameter import DiameterChargingSystem
from gateway.ocs.diameter_wire import ChargedService, Sender, session_of
from running import PATIENCE, free_port

ANA = Msisdn("573001112233")
US = Sender("chasqui.example", "example")
GIGABYTE = BundleId("data-1gb-7d")
ORDER = PurchaseRequest(OrderKey("ord-1"), ANA, ANA, GIGABYTE, Money(300000, "COP"), "sms")


@asynccontextmanager
async def node() -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """The server's port and what it tells, until the end of the block."""
    script, port = Path(__file__).with_name("diameter_node.py"), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(port), US.host, US.realm, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await heard(process.stdout) == {"listening": port}
        yield port, process.stdout
    finally:
        process.kill()
        await process.wait()


async def heard(told: asyncio.StreamReader) -> dict[str, Any]:
    """The next thing that the server tells."""
    async with asyncio.timeout(PATIENCE):
        line: dict[str, Any] = json.loads(await told.readline())
        return line


async def test_another_implementation_reads_what_we_mean() -> None:
    """Capabilities, a debit, the same again with the T flag, a refund; and it lets us go."""
    async with node() as (port, told):
        ocs = DiameterChargingSystem(
            ("127.0.0.1", port),
            US,
            timeout=PATIENCE,
            settle_seconds=0,
            currency="COP",
            services={GIGABYTE: ChargedService("bundle@operator", 101)},
            duplicates_detected=True,
            reconnect_max=0.1,
        )
        session = session_of(US.host, "ord-1")
        asked = {
            "action": 0,
            "digits": 300000,
            "exponent": -2,
            "currency": 170,
            "subscriber": ANA,
            "session": session,
            "resent": False,
        }
        assert await ocs.purchase(ORDER) == Activated(session)
        assert await heard(told) == asked
        assert await ocs.find(ORDER) == Activated(session)
        assert await heard(told) == {**asked, "resent": True}
        refund = session_of(US.host, "ref-1")
        assert await ocs.refund(RefundRequest(OrderKey("ref-1"), ORDER)) == Refunded(refund)
        assert await heard(told) == {**asked, "action": 1, "session": refund}
        await ocs.close()
