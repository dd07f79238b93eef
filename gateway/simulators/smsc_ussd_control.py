"""Phones with a USSD session, over HTTP: what is dialled and answered, and the screens."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from gateway.simulators.control_requests import ControlProblem, answer_name, awaited, json_object, times, wait_of
from gateway.simulators.smsc_ussd import NoSession, UssdPhones
from gateway.smpp.server import NoReceiver
from gateway.smpp.session import Answer

_WAIT: Final = "10"


class UssdControl:
    """``POST /ussd`` and ``GET /ussd``."""

    def __init__(self, phones: UssdPhones) -> None:
        self._phones = phones

    def routes(self) -> list[web.RouteDef]:
        """What to add."""
        return [web.post("/ussd", self.post_ussd), web.get("/ussd", self.get_ussd)]

    async def post_ussd(self, request: web.Request) -> web.Response:
        """Dial ``service``, or answer or ``release`` the ``session`` of a phone; its next screen, if one comes in time.

        ``timeout`` (query): seconds to wait for the screen.
        """
        document, seconds = await json_object(request), wait_of(request, _WAIT)
        phone, before = _text(document, "from"), len(self._phones.screens)
        try:
            session, answers = await self._said(document, phone)
        except NoReceiver as error:
            raise ControlProblem(503, str(error)) from error
        except NoSession as error:
            raise ControlProblem(409, str(error)) from error
        statuses = [answer_name(answer) for answer in answers]
        waits = not document.get("release") and "ESME_ROK" in statuses
        screen = await self._phones.shown((phone.lstrip("+"), session), before, seconds) if waits else None
        said = {"session": session, "status": statuses[-1], "statuses": statuses, "screen": screen}
        return web.json_response(said, status=202)

    async def get_ussd(self, request: web.Request) -> web.Response:
        """All screens, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        screens = self._phones.screens
        after = await awaited(request, self._phones.news, lambda: len(screens))
        return web.json_response(screens[after:])

    async def _said(self, document: dict[str, Any], phone: str) -> tuple[int, list[Answer]]:
        session, text, repeat = document.get("session"), _text(document, "text", ""), times(document)
        if session is None:
            service, bind = _text(document, "service"), _text(document, "bind", "")
            return await self._phones.dial(phone, service, text, bind=bind, repeat=repeat)
        if not isinstance(session, int) or isinstance(session, bool):
            raise ControlProblem(400, "session is a whole number")
        if document.get("release"):
            return session, await self._phones.release(phone, session)
        return session, await self._phones.answer(phone, session, text, repeat=repeat)


def _text(document: dict[str, Any], name: str, default: str | None = None) -> str:
    value = document.get(name, default)
    if not isinstance(value, str):
        raise ControlProblem(400, f"{name} is wanted, as a string")
    return value
