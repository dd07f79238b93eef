"""An SMSC for tests and demonstrations: SMPP on one port, a phone's view over HTTP on another."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from gateway.errors import PortInUse
from gateway.simulators.smsc_faults import BadFaults, Faults, parse_faults
from gateway.smpp.pdu import Bind, Message, Response
from gateway.smpp.reassembly import Reassembly, Whole
from gateway.smpp.server import Esme, NoReceiver, SmppServer, SubmitReply
from gateway.smpp.session import Answer, Timing
from gateway.smpp.text import UDHI, UserData, decode, encode, split_header
from gateway.smpp.vocabulary import NPI, TON, Command, Status, status_name

_RECEIPT: Final = 0x04
_ASKS_FOR_RECEIPT: Final = 0x03
_REDELIVERY_PAUSE: Final = 0.5
_REDELIVERIES: Final = 20
_MAX_REPEAT: Final = 10_000
_MAX_WAIT: Final = 60.0
_PROBLEM: Final = "application/problem+json"


class SmscSimulator:
    """Accepts binds and submits, sends receipts, and shows what a phone would have got.

    Ports: 0 takes a free one; the attributes then tell which. Any credentials are accepted unless
    ``system_id`` or ``password`` is given.
    """

    def __init__(
        self,
        port: int = 2775,
        control_port: int = 0,
        *,
        host: str = "127.0.0.1",
        system_id: str | None = None,
        password: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.port = port
        self.control_port = control_port
        self.faults = Faults()
        self.messages: list[dict[str, Any]] = []
        self._host = host
        self._system_id = system_id
        self._password = password
        self._server = SmppServer(
            host, port, self, self._authenticate, system_id="smsc", timing=timing, on_bound=self._bound
        )
        self._reassembly = Reassembly(timeout=60.0)
        self._part_ids: dict[object, dict[int, str]] = {}
        self._news = asyncio.Condition()
        self._last_id = 0
        self._last_reference = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._undelivered: deque[tuple[Message, str]] = deque(maxlen=100_000)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open both ports. Raises PortInUse."""
        await self._server.start()
        self.port = self._server.port
        try:
            await self._start_control()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Unbind the ESMEs and close both ports."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._server.stop()

    # ── the SMPP side ───────────────────────────────────────────────────────

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """Take a submit_sm as the faults allow."""
        if self.faults.no_response:
            self.faults.no_response -= 1
            return None
        if self.faults.throttle:
            self.faults.throttle -= 1
            return Status.THROTTLED, ""
        if self.faults.status:
            return self.faults.status, ""
        self._last_id += 1
        message_id = f"{self._last_id:08x}"
        self._record(esme, message, message_id)
        if self.faults.receipts and message.registered_delivery & _ASKS_FOR_RECEIPT == 1:
            self._start(self._send_receipt(_receipt(message, message_id), esme.system_id))
        return Status.OK, message_id

    def _authenticate(self, bind: Bind) -> int:
        if self.faults.refuse_binds:
            return Status.BIND_FAILED
        if self._system_id not in {None, bind.system_id}:
            return Status.INVALID_SYSTEM_ID
        return Status.OK if self._password in {None, bind.password} else Status.INVALID_PASSWORD

    def _bound(self, esme: Esme) -> None:
        """Receipts that found nobody go to whoever binds."""
        if esme.receives:
            waiting, self._undelivered = self._undelivered, deque(maxlen=self._undelivered.maxlen)
            for message, system_id in waiting:
                self._start(self._send_receipt(message, system_id))

    def _record(self, esme: Esme, message: Message, message_id: str) -> None:
        data = split_header(message.user_data) if message.esm_class & UDHI else UserData(message.user_data)
        place = data.concatenation
        if place is None:
            self._list(esme, message, decode(data.body, message.data_coding), [message_id])
            return
        now = asyncio.get_running_loop().time()
        self._reassembly.expire(now)
        part = (message.data_coding, data.body)
        group = (message.source, message.destination, place.reference, place.total)
        ids = self._part_ids.setdefault(group, {})
        ids[place.number] = message_id
        whole = self._reassembly.add(message.source, message.destination, place, part, now)
        if isinstance(whole, Whole):
            self._reassembly.forget(whole.key)
            del self._part_ids[group]
            self._list(esme, message, whole.text, [ids[number] for number in sorted(ids)])

    def _list(self, esme: Esme, message: Message, text: str, ids: list[str]) -> None:
        self.messages.append(
            {
                "n": len(self.messages) + 1,
                "id": ids[0],
                "ids": ids,
                "from": message.source,
                "to": message.destination,
                "text": text,
                "parts": len(ids),
                "data_coding": message.data_coding,
                "at": datetime.now(UTC).isoformat(),
                "source_ton": message.source_ton,
                "source_npi": message.source_npi,
                "validity_period": message.validity_period,
                "bind": esme.system_id,
            }
        )
        self._start(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _send_receipt(self, receipt: Message, system_id: str) -> None:
        """Deliver, again while the ESME is away or answers that it cannot keep it."""
        if self.faults.receipt_delay:
            await asyncio.sleep(self.faults.receipt_delay)
        for _ in range(_REDELIVERIES):
            try:
                answer = await self._server.deliver(receipt, system_id)
            except NoReceiver:
                self._undelivered.append((receipt, system_id))
                return
            if isinstance(answer, Response) and answer.status == Status.OK:
                return
            await asyncio.sleep(_REDELIVERY_PAUSE)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ── the control API ─────────────────────────────────────────────────────

    async def _start_control(self) -> None:
        application = web.Application(middlewares=[_problems])
        application.add_routes(
            [
                web.get("/messages", self._get_messages),
                web.post("/mo", self._post_mo),
                web.get("/faults", self._get_faults),
                web.put("/faults", self._put_faults),
                web.get("/binds", self._get_binds),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self.control_port, shutdown_timeout=0.5).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {self.control_port} on {self._host} is in use (SMSC control)") from error
            raise
        self.control_port = self._runner.addresses[0][1]

    async def _get_messages(self, request: web.Request) -> web.Response:
        """All messages, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        after, seconds = _number(request, "after"), min(_number(request, "timeout"), _MAX_WAIT)
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: len(self.messages) > after or not seconds)
        except TimeoutError:
            pass
        return web.json_response(self.messages[int(after) :])

    async def _post_mo(self, request: web.Request) -> web.Response:
        document = await _json(request)
        sender, service, text = (document.get(key) for key in ("from", "to", "text"))
        repeat = document.get("repeat", 1)
        if not (isinstance(sender, str) and isinstance(service, str) and isinstance(text, str)):
            raise _problem(400, "from, to and text are wanted, as strings")
        if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= _MAX_REPEAT:
            raise _problem(400, f"repeat is a number from 1 to {_MAX_REPEAT}")
        self._last_reference += 1
        parts = _originated(sender, service, text, self._last_reference)
        try:
            answers = await asyncio.gather(*(self._deliver_parts(parts) for _ in range(repeat)))
        except NoReceiver as error:
            raise _problem(503, str(error)) from error
        statuses = [_answer_name(answer) for answer in answers]
        return web.json_response({"status": statuses[-1], "statuses": statuses}, status=202)

    async def _deliver_parts(self, parts: list[Message]) -> Answer:
        """Deliver in order; the first part that is not taken ends it."""
        for part in parts[:-1]:
            answer = await self._server.deliver(part)
            if not isinstance(answer, Response) or answer.status != Status.OK:
                return answer
        return await self._server.deliver(parts[-1])

    async def _get_faults(self, _: web.Request) -> web.Response:
        return web.json_response(_shown(self.faults))

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            faults = parse_faults(await _json(request))
        except BadFaults as error:
            raise _problem(400, str(error)) from error
        self.faults = faults
        if faults.garbage:
            for esme in self._server.esmes:
                esme.session.write_raw(faults.garbage)
        if faults.drop:
            self._server.drop()
        faults.drop, faults.garbage = False, b""
        return web.json_response(_shown(faults))

    async def _get_binds(self, _: web.Request) -> web.Response:
        return web.json_response([{"system_id": esme.system_id, "mode": esme.mode} for esme in self._server.esmes])


def _receipt(message: Message, message_id: str) -> Message:
    """A delivery receipt in the format of SMPP 3.4 Appendix B."""
    stamp = datetime.now(UTC).strftime("%y%m%d%H%M")
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:{stamp} done date:{stamp} stat:DELIVRD err:000 "
        f"text:{decode(message.user_data, message.data_coding)[:20] if not message.esm_class & UDHI else ''}"
    )
    return Message(
        Command.DELIVER_SM,
        0,
        message.destination_ton,
        message.destination_npi,
        message.destination,
        message.source_ton,
        message.source_npi,
        message.source,
        text.encode("latin-1", "replace"),
        0x03,
        _RECEIPT,
    )


def _originated(sender: str, service: str, text: str, reference: int) -> list[Message]:
    """The deliver_sm of a text that a subscriber sends, in parts if it is long."""
    encoded = encode(text, reference)
    return [
        Message(
            Command.DELIVER_SM,
            0,
            int(TON.INTERNATIONAL),
            int(NPI.ISDN),
            sender.lstrip("+"),
            int(TON.NETWORK_SPECIFIC),
            int(NPI.UNKNOWN),
            service,
            part,
            encoded.data_coding,
            encoded.esm_class,
        )
        for part in encoded.parts
    ]


def _answer_name(answer: Answer) -> str:
    if isinstance(answer, Response):
        return status_name(answer.status)
    return "LINK_LOST" if answer.link_lost else "NO_ANSWER"


def _shown(faults: Faults) -> dict[str, Any]:
    return {
        "throttle": faults.throttle,
        "no_response": faults.no_response,
        "refuse_binds": faults.refuse_binds,
        "status": faults.status,
        "receipts": faults.receipts,
        "receipt_delay": faults.receipt_delay,
    }


class _Problem(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def _problem(status: int, detail: str) -> _Problem:
    return _Problem(status, detail)


@web.middleware
async def _problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Every error as application/problem+json (RFC 9457)."""
    try:
        response: web.StreamResponse = await handler(request)
    except _Problem as problem:
        return _as_problem(problem.status, str(problem))
    except web.HTTPException as error:
        return _as_problem(error.status, error.reason)
    return response


def _as_problem(status: int, detail: str) -> web.Response:
    return web.json_response(
        {"title": detail, "status": status, "detail": detail}, status=status, content_type=_PROBLEM
    )


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        document = await request.json()
    except ValueError:
        raise _problem(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise _problem(400, "a JSON object is wanted")
    return document


def _number(request: web.Request, name: str) -> float:
    text = request.query.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise _problem(400, f"{name} is a number from 0")
    return value
