"""USSD dialogues over other wires: Hubtel's JSON, and SMPP as a network's own gateway speaks it."""

from __future__ import annotations

import json
from typing import Any

from gateway.simulators.demo.dialogue import SERVICE_CODE, Dialogue
from gateway.simulators.demo.person import Show
from gateway.simulators.demo.waiting import CheckFailed, until
from gateway.simulators.demo.wires import Json


class HubtelDialogue(Dialogue):
    """One session over Hubtel, which hands our ``ClientState`` back with every answer. octets: of the newest screen."""

    knock = "POST /ussd/hubtel"

    def __init__(self, show: Show, msisdn: str, session: str) -> None:
        super().__init__(show, msisdn, session)
        self.octets = b""
        self._state = ""
        self._sent: Json = {}

    async def repeat(self, times: int) -> list[bytes]:
        return await self._show.wires.hubtel_hops(self._sent, times)

    async def _heard(self) -> tuple[str, bool]:
        self._sent = self._request()
        [self.octets] = await self.repeat(1)
        said = json.loads(self.octets)
        came, self._state = self._state, said["ClientState"]
        self._show.transcript.behind(
            f"{self._sent['Type']}, state {came or '–'}; back {said['Type']}, state {self._state}"
        )
        return said["Message"], said["Type"] == "Release"

    def _request(self) -> dict[str, Any]:
        return {
            "SessionId": self._session,
            "ServiceCode": SERVICE_CODE.strip("*#"),
            "Type": "Response" if self._said else "Initiation",
            "Message": self._said[-1] if self._said else SERVICE_CODE,
            "Operator": "mtn",
            "Platform": "USSD",
            "Mobile": self._msisdn,
            "ClientState": self._state,
            "Sequence": len(self._said) + 1,
        }


class SmppDialogue(Dialogue):
    """One session on the phones of the SMSC simulator: dialled there, or pushed by us."""

    knock = "USSD over SMPP"

    def __init__(self, show: Show, msisdn: str) -> None:
        super().__init__(show, msisdn, "")
        self._number: int | None = None
        self._times = 1

    async def answer(self, text: str, shows: str = "", times: int = 1) -> str:
        """As over other wires. times: the network delivers the answer so often."""
        self._times = times
        return await super().answer(text, shows)

    async def is_pushed(self) -> str:
        """A screen that nobody has dialled for, once it is there."""

        async def look() -> Json | None:
            return next((one for one in await self._show.wires.screens(self._msisdn) if one["pushed"]), None)

        screen = await until(look, "a screen on a phone that has dialled nothing")
        self._number, self.screen, self.ended = screen["session"], screen["text"], screen["ends"]
        self._show.transcript.behind(f"SMPP submit_sm op {screen['op']}: nobody has dialled")
        self._show.transcript.shown(self.screen)
        return self.screen

    async def _heard(self) -> tuple[str, bool]:
        wires = self._show.wires
        if self._number is None:
            said = await wires.dial(self._msisdn, SERVICE_CODE)
        else:
            said = await wires.answer(self._msisdn, self._number, self._said[-1], self._times)
        statuses, screen = said["statuses"], said["screen"]
        if screen is None:
            raise CheckFailed(f"no screen came; deliver_sm: {', '.join(statuses)}")
        self._number = said["session"]
        brought = "deliver_sm" if self._times == 1 else f"{self._times} deliver_sm"
        taken = ", ".join(sorted(set(statuses)))
        self._show.transcript.behind(f"SMPP {brought}: {taken}; submit_sm op {screen['op']}")
        return screen["text"], screen["ends"]
