"""The ports of the gateway: looked at before anything starts, then listened on."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from gateway.errors import ConfigError, PortInUse


async def ensure_free(host: str, port: int, key: str) -> None:
    """See whether a port can be listened on, so that nothing else is started in vain.

    key: where the configuration names the port. Raises PortInUse and ConfigError.
    """
    with _naming(host, port, key):
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    server.close()


async def listen(runner: web.AppRunner, host: str, port: int, key: str, tls: ssl.SSLContext | None = None) -> int:
    """Serve an application that is set up, and return its port; raises as `ensure_free` does."""
    with _naming(host, port, key):
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    return int(runner.addresses[0][1])


@contextmanager
def _naming(host: str, port: int, key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"{key}: port {port} on {host} is taken") from None
        raise ConfigError(f"{key}: cannot listen on {host}:{port}: {error.strerror or error}") from None
