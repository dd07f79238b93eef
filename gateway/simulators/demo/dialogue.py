"""A USSD dialogue of the demonstration: the phone dials and answers, the network posts hops as an aggregator does."""

from __future__ import annotations

from gateway.simulators.demo.person import Show
from gateway.simulators.demo.transcript import short
from gateway.simulators.demo.waiting import CheckFailed

SERVICE_CODE = "*123#"


class Dialogue:
    """One session of one subscriber, over Africa's Talking. session: the network's id of it."""

    knock = "POST /ussd/africastalking"

    def __init__(self, show: Show, msisdn: str, session: str) -> None:
        self._show = show
        self._msisdn = msisdn
        self._session = session
        self._said: list[str] = []
        self.screen = ""
        self.ended = False

    async def dial(self) -> str:
        """Dial the code; the first screen."""
        self._show.transcript.texted(SERVICE_CODE)
        self._show.transcript.behind(f"{short(self._msisdn)} dials: {self.knock}")
        return await self._hop()

    async def answer(self, text: str, shows: str = "") -> str:
        """Answer a screen; the next one, which must show ``shows``."""
        self._show.transcript.texted(text)
        self._said.append(text)
        screen = await self._hop()
        if shows not in screen:
            raise CheckFailed(f"the screen does not show {shows!r}: {screen!r}")
        return screen

    async def repeat(self, times: int) -> list[bytes]:
        """The network sends the last hop again, ``times`` at once; the answers as bytes."""
        hop = (self._session, self._msisdn, SERVICE_CODE, "*".join(self._said))
        return await self._show.wires.hops(*hop, times=times)

    async def _hop(self) -> str:
        """One hop over the wire, printed as the phone shows it."""
        self.screen, self.ended = await self._heard()
        self._show.transcript.shown(self.screen)
        return self.screen

    async def _heard(self) -> tuple[str, bool]:
        """What the gateway says to the newest hop, and whether that ends the session."""
        [answer] = await self.repeat(1)
        word, _, screen = answer.decode().partition(" ")
        if word not in ("CON", "END"):
            raise CheckFailed(f"not an answer of this dialect: {answer[:40]!r}")
        return screen, word == "END"
