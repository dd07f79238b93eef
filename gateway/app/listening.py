"""The ports of the gateway: looked at before anything starts, then listened on."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.app.connections import Connections
from gateway.errors import ConfigError, PortInUse

_AT_ONCE = 16
"""Connections that the loop takes in before any of them is looked at."""
_QUEUE = 128
"""Connections that the system keeps until they are taken in."""


async def ensure_free(host: str, port: int, key: str) -> None:
    """See whether a port can be listened on, so that nothing else is started in vain.

    key: where the configuration names the port. Raises PortInUse and ConfigError.
    """
    with _naming(host, port, key):
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    server.close()


async def listen(connections: Connections, host: str, port: int, key: str) -> asyncio.Server:
    """Take in connections; raises as `ensure_free` does."""
    with _naming(host, port, key):
        server = await asyncio.get_running_loop().create_server(connections, host, port, backlog=_AT_ONCE)
    for one in server.sockets:
        with socket.socket(fileno=os.dup(one.fileno())) as same:  # asyncio has one number for both
            same.listen(_QUEUE)
    return server


def port_of(server: asyncio.Server) -> int:
    """Where it listens."""
    return int(server.sockets[0].getsockname()[1])


@contextmanager
def _naming(host: str, port: int, key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            variable = f"CHASQUI_{key.upper().replace('.', '__')}"
            raise PortInUse(
                f"{key}: port {port} on {host} is taken; set {key} or {variable} to another, or to 0 for a free one"
            ) from None
        raise ConfigError(f"{key}: cannot listen on {host}:{port}: {error.strerror or error}") from None
