"""Phones that dial, answer and are shown screens: USSD over SMPP as a network's gateway speaks it.

Operations and session info are those of SMPP 3.4 §5.3.2.43 and 44: PSSR indication (1) and USSR confirm (18) go to the
ESME; USSR (2) and USSN request (3) come from it, anything else ends the session, and so does the end bit. The sequence
in its_session_info counts what the phone said, from 0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from gateway.errors import GatewayError
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.server import Esme, NoReceiver
from gateway.smpp.session import Answer
from gateway.smpp.text import decode
from gateway.smpp.vocabulary import ITS_SESSION_INFO, NPI, TON, USSD_SERVICE_OP, Command, Status, gsm_encode
from menus.charset import is_gsm7

_BEGIN, _ASK, _NOTIFY, _ANSWER, _CONFIRM = 1, 2, 3, 18, 19
_NUMBERS: Final = 256
_END: Final = 0x01
Key = tuple[str, int]
"""A phone's number and its session's."""


class NoSession(GatewayError):
    """The phone has no such session now."""

    code = "no-session"


class Deliver(Protocol):
    """Sends a deliver_sm: to this ESME if it is still bound, or to a receiver of this system_id."""

    async def __call__(self, message: Message, system_id: str = "", esme: Esme | None = None) -> Answer: ...


@dataclass(slots=True)
class _Session:
    """said: how often the phone has said something. esme: who serves it, once that is known."""

    service: str
    bind: str = ""
    said: int = 0
    esme: Esme | None = None


@dataclass(slots=True)
class UssdPhones:
    """All phones with a session. screens: what was shown, oldest first; news: told of each."""

    deliver: Deliver
    screens: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _sessions: dict[Key, _Session] = field(default_factory=dict)
    _last: int = -1
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def dial(
        self, phone: str, service: str, text: str = "", *, bind: str = "", repeat: int = 1
    ) -> tuple[int, list[Answer]]:
        """Dial a service, with ``text`` behind its code; the session's number, and how each delivery was taken.

        Raises NoReceiver.
        """
        phone = phone.lstrip("+")
        number = self._new_number(phone)
        self._sessions[phone, number] = _Session(service, bind)
        dialled = f"{service.removesuffix('#')}*{text}#" if text else service
        try:
            return number, await self._say((phone, number), _BEGIN, dialled, repeat)
        except NoReceiver:
            del self._sessions[phone, number]
            raise

    async def answer(self, phone: str, number: int, text: str, *, repeat: int = 1) -> list[Answer]:
        """Answer the screen; how each delivery was taken. Raises NoSession."""
        key = (phone.lstrip("+"), number)
        self._session(key).said += 1
        return await self._say(key, _ANSWER, text, repeat)

    async def release(self, phone: str, number: int) -> list[Answer]:
        """Hang up. Raises NoSession."""
        key = (phone.lstrip("+"), number)
        self._session(key).said += 1
        answers = await self._say(key, _ANSWER, "", 1, _END)
        self._sessions.pop(key, None)
        return answers

    def submit(self, esme: Esme, message: Message, push_status: int = 0) -> int:
        """The status of a submit_sm that is a screen. push_status: that of one that opens a session."""
        value = tlv(message.tlvs, USSD_SERVICE_OP) or b""
        op, info = int.from_bytes(value[:4], "big"), tlv(message.tlvs, ITS_SESSION_INFO) or b"\0\0"
        key = (message.destination, info[0])
        session = self._sessions.get(key)
        pushed = session is None
        if session is None:
            if op not in (_ASK, _NOTIFY):
                return Status.INVALID_TLV_VALUE
            if push_status:
                return push_status
            session = self._sessions[key] = _Session(message.source)
        session.esme = esme
        ends = op not in (_ASK, _NOTIFY) or bool(info[1:2] and info[1] & _END) or (pushed and op == _NOTIFY)
        self._list(message, key, {"op": op, "ends": ends, "pushed": pushed, "bind": esme.system_id})
        if op == _NOTIFY:
            self._start(self._confirm(_said(key, session, _CONFIRM, "", (session.said & 0x7F) << 1), session))
        if ends:
            del self._sessions[key]
        return Status.OK

    async def shown(self, key: Key, after: int, seconds: float) -> dict[str, Any] | None:
        """The first screen of a session after so many screens of all."""

        def found() -> dict[str, Any] | None:
            mine = (one for one in self.screens[after:] if (one["to"], one["session"]) == key)
            return next(mine, None)

        try:
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait_for(found)
        except TimeoutError:
            return None
        return found()

    async def stop(self) -> None:
        """Say nothing more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _session(self, key: Key) -> _Session:
        session = self._sessions.get(key)
        if session is None:
            raise NoSession(f"this phone has no session {key[1]}")
        return session

    def _new_number(self, phone: str) -> int:
        for _ in range(_NUMBERS):
            self._last = (self._last + 1) % _NUMBERS
            if (phone, self._last) not in self._sessions:
                break
        return self._last

    async def _say(self, key: Key, op: int, text: str, repeat: int, end: int = 0) -> list[Answer]:
        session = self._sessions[key]
        message = _said(key, session, op, text, (session.said & 0x7F) << 1 | end)
        deliveries = (self.deliver(message, session.bind, session.esme) for _ in range(repeat))
        return list(await asyncio.gather(*deliveries))

    async def _confirm(self, message: Message, session: _Session) -> None:
        with suppress(NoReceiver):
            await self.deliver(message, session.bind, session.esme)

    def _list(self, message: Message, key: Key, what: dict[str, Any]) -> None:
        self.screens.append(
            {
                "n": len(self.screens) + 1,
                "to": key[0],
                "session": key[1],
                "from": message.source,
                "text": decode(message.user_data, message.data_coding),
                "data_coding": message.data_coding,
                "service_type": message.service_type,
                "at": datetime.now(UTC).isoformat(),
                **what,
            }
        )
        self._start(self._tell())

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def is_screen(message: Message) -> bool:
    """Whether a submit_sm belongs to a session."""
    return bool(message.tlvs) and tlv(message.tlvs, USSD_SERVICE_OP) is not None


def _said(key: Key, session: _Session, op: int, text: str, second: int) -> Message:
    coding, octets = (0x0F, gsm_encode(text)) if is_gsm7(text) else (0x48, text.encode("utf-16-be", "replace"))
    return Message(
        Command.DELIVER_SM,
        0,
        int(TON.INTERNATIONAL),
        int(NPI.ISDN),
        key[0],
        int(TON.NETWORK_SPECIFIC),
        int(NPI.UNKNOWN),
        session.service,
        octets,
        data_coding=coding,
        service_type="USSD",
        tlvs=((USSD_SERVICE_OP, bytes((op,))), (ITS_SESSION_INFO, bytes((key[1], second)))),
    )
