"""Ports of the gateway that cannot be had: told by the key and by the variable that set them."""

from __future__ import annotations

import asyncio

import pytest

from gateway.app.listening import ensure_free
from gateway.errors import PortInUse


async def test_a_taken_port_names_its_key_and_its_variable() -> None:
    """Whoever runs a container has no file to look into."""
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(PortInUse) as refused:
            await ensure_free("127.0.0.1", port, "server.metrics_port")
    finally:
        server.close()
    assert str(refused.value) == (
        f"server.metrics_port: port {port} on 127.0.0.1 is taken; "
        "set server.metrics_port or CHASQUI_SERVER__METRICS_PORT to another, or to 0 for a free one"
    )
