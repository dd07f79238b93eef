"""Kannel as Debian has it: bearerbox with its store on, and smsbox; HTTP on one side, SMPP on the other."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote, urlencode

from benchmarks.npm import Absent
from benchmarks.ports import free_ports

_BOXES: Final = ("bearerbox", "smsbox")
_PORTS: Final = ("admin", "boxes", "sendsms")
_PATIENCE: Final = 20.0
_POLL: Final = 0.05
_TICK: Final = os.sysconf("SC_CLK_TCK")
_USER_TIME: Final = 11
"""Place of utime in /proc/PID/stat behind the command; stime follows."""
_CONF: Final = """
group = core
admin-port = {admin}
admin-password = x
smsbox-port = {boxes}
log-level = 4
store-type = file
store-location = {folder}/kannel.store
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = bench
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
max-pending-submits = 50

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
global-sender = 12345
log-level = 4

group = sendsms-user
username = u
password = p

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{sink}/mo?from=%p&text=%b"
"""


class Sink:
    """An HTTP server that answers every GET at once, and counts them by path."""

    def __init__(self) -> None:
        self.got = {"/dlr": 0, "/mo": 0}
        self.port = 0
        self._news = asyncio.Event()
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Line(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def count(self, path: str) -> None:
        """One more."""
        self.got[path] += 1
        self._news.set()

    async def until(self, path: str, wanted: int) -> None:
        """Wait for so many since the start. Raises TimeoutError."""
        async with asyncio.timeout(6 * _PATIENCE):
            while self.got[path] < wanted:
                self._news.clear()
                await self._news.wait()


class _Line(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._sink.count(head.split(b" ", 2)[1].partition(b"?")[0].decode("ascii"))
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Kannel:
    """Both boxes bound to the SMSC at this port. As an async context manager."""

    def __init__(self, folder: Path, smsc: int, sink: Sink) -> None:
        """Raises Absent."""
        # Debian puts them where the path of a user who is not root does not lead
        found = [shutil.which(box, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for box in _BOXES]
        if not all(found):
            raise Absent("Kannel (bearerbox and smsbox) is absent")
        self._commands = [box for box in found if box]
        self._folder = folder / f"kannel-{smsc}"
        self._folder.mkdir()
        self._sink = sink
        self._ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._smsc = smsc
        self._boxes: list[asyncio.subprocess.Process] = []

    @property
    def port(self) -> int:
        """Where texts are submitted."""
        return self._ports["sendsms"]

    async def __aenter__(self) -> Self:
        conf = self._folder / "kannel.conf"
        conf.write_text(_CONF.format(folder=self._folder, smsc=self._smsc, sink=self._sink.port, **self._ports))
        try:
            for command in self._commands:
                await self._start(command, conf)
            await self._until_status("smsbox:")
            await self._until_status("(online")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for box in self._boxes:
            box.kill()
            await box.wait()

    async def cpu(self) -> float:
        """Seconds of processor time of both boxes."""
        return sum(_processor_time(box.pid) for box in self._boxes)

    def submission(self, msisdn: int, text: str) -> bytes:
        """The request that sends a text and asks for its receipt."""
        receipt = f"http://127.0.0.1:{self._sink.port}/dlr?id={msisdn}"
        fields = {"username": "u", "password": "p", "to": msisdn, "text": text, "dlr-mask": 3, "dlr-url": receipt}
        return f"GET /cgi-bin/sendsms?{urlencode(fields, quote_via=quote)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    async def _start(self, command: str, conf: Path) -> None:
        with (self._folder / "kannel.log").open("ab") as log:
            box = await asyncio.create_subprocess_exec(command, str(conf), cwd=self._folder, stdout=log, stderr=log)
        self._boxes.append(box)
        if len(self._boxes) == 1:
            await self._until_status("Kannel")

    async def _until_status(self, word: str) -> None:
        async with asyncio.timeout(_PATIENCE):
            while word not in await self._status():  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(_POLL)

    async def _status(self) -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._ports["admin"])
        except OSError:
            return ""
        writer.write(b"GET /status.txt?password=x HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer.decode("latin-1")


def _processor_time(pid: int) -> float:
    """Of one process and all its threads (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[_USER_TIME]) + int(fields[_USER_TIME + 1])) / _TICK
