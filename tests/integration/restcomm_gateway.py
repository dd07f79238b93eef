"""RestComm's USSD gateway as a push client sees it, and the phones behind it, to the letter of its admin guide.

One POST opens a dialogue and must name the subscriber; its answer brings a cookie, and every later POST of the dialogue
must show it. A POST is answered when the phone has answered, and not before. An application ends its dialogue itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from xml.etree.ElementTree import Element, fromstring
from xml.sax.saxutils import quoteattr

from aiohttp import web

ABSENT = (
    '<dialog type="End" networkId="0" localId="0" remoteId="0" mapMessagesSize="0" sriPart="true" '
    'returnMessageOnError="false"><errComponents><invokeId value="1"/><errorComponent '
    'type="MAPErrorMessageAbsentSubscriberSM" errorCode="6"><absentSubscriberDiagnosticSM value="IMSIDetached"/>'
    "</errorComponent></errComponents></dialog>"
)
BUSY = (
    '<dialog type="End" localId="3" remoteId="4" mapMessagesSize="0" returnMessageOnError="false"><errComponents>'
    '<invokeId value="0"/><errorComponent type="MAPErrorMessageParameterless" errorCode="72"/></errComponents></dialog>'
)
TIMED_OUT = (
    '<dialog type="Abort" localId="12" remoteId="13" mapMessagesSize="0" invokeTimedOut="0" '
    'returnMessageOnError="false"><errComponents/></dialog>'
)
ABORTED = (
    '<dialog type="Unknown" localId="12" remoteId="13" mapMessagesSize="0" mapUserAbortChoice="isUserSpecificReason" '
    'returnMessageOnError="false"><errComponents/></dialog>'
)
Phone = Callable[[str], Awaitable[str]]


def answered(text: str) -> str:
    """What the gateway says when a phone has answered."""
    return _dialog(
        "Continue", f'<unstructuredSSRequest_Response invokeId="0" dataCodingScheme="15" string={quoteattr(text)}/>'
    )


def _dialog(kind: str, message: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8" ?><dialog type="{kind}" appCntx="networkUnstructuredSsContext_version2" '
        f'networkId="0" localId="12" remoteId="13" mapMessagesSize="1" returnMessageOnError="false">{message}</dialog>'
    )


CONFIRMED = _dialog("Continue", '<unstructuredSSNotify_Response invokeId="0"/>')


@dataclass(slots=True)
class RestcommGateway:
    """script: what is answered to each screen in turn, or an HTTP status; then every phone answers 1, or confirms.

    screens: what phones have shown; to: whom the dialogues were opened to; open: dialogues without an end; wrong: what
    was against the contract. hold: cleared, no phone answers.
    """

    url: str = ""
    script: deque[str | int] = field(default_factory=deque)
    screens: list[str] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _runner: web.AppRunner | None = None

    async def post(self, request: web.Request) -> web.Response:
        """One POST of an application."""
        dialog = fromstring(await request.text())
        session = request.cookies.get("JSESSIONID", "")
        problem = self._problem(dialog, session)
        if problem:
            self.wrong.append(problem)
            return web.Response(status=500)
        if dialog.get("prearrangedEnd") == "false":
            self.open.discard(session)
            return web.Response(text="", content_type="text/xml")
        opened = not session
        if opened:
            session = f"JS{next(self._numbers)}"
            self.open.add(session)
        answer = await self._shown(dialog[0])
        if isinstance(answer, int):
            return web.Response(status=answer)
        if "Response" not in answer:  # the dialogue is over
            self.open.discard(session)
        response = web.Response(text=answer, content_type="text/xml")
        if opened:
            response.set_cookie("JSESSIONID", session, path="/restcomm")
        return response

    def _problem(self, dialog: Element, session: str) -> str:
        if dialog.tag != "dialog" or dialog.get("mapMessagesSize") != str(len(dialog)):
            return "mapMessagesSize is not the number of messages"
        if session and session not in self.open:
            return "a POST in a dialogue that is over"
        if not len(dialog):
            return "" if session else "the end of no dialogue"
        message = dialog[0]
        if message.tag not in ("unstructuredSSRequest_Request", "unstructuredSSNotify_Request"):
            return f"{message.tag} is no push"
        if message.get("dataCodingScheme") not in ("15", "72") or not message.get("string"):
            return "a message without text or coding"
        named = message.find("msisdn")
        if (named is None) is not bool(session):
            return "the subscriber is named in the first message and in no other"
        if named is not None:
            self.to.append(named.get("number", ""))
        return ""

    async def _shown(self, message: Element) -> str | int:
        async with self.news:
            self.screens.append(message.get("string", ""))
            self.news.notify_all()
        await self.hold.wait()
        if self.script:
            return self.script.popleft()
        return answered("1") if message.tag == "unstructuredSSRequest_Request" else CONFIRMED

    async def shown(self, number: int) -> list[str]:
        """The screens, once there are so many."""
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: len(self.screens) >= number)
        return list(self.screens)

    async def start(self) -> None:
        """On a free port."""
        self.hold.set()
        app = web.Application()
        app.router.add_post("/restcomm", self.post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/restcomm"

    async def close(self) -> None:
        """Gone: nobody listens on its port."""
        self.hold.set()
        if self._runner is not None:
            await self._runner.cleanup()


@asynccontextmanager
async def restcomm() -> AsyncIterator[RestcommGateway]:
    """A gateway on a free port."""
    gateway = RestcommGateway()
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.close()
