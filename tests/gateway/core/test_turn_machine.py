"""Whatever the network does to hops, and whenever the gateway dies: at most one charge a confirmation.

Here at the core, for each kind of wire that there is.
"""

from __future__ import annotations

from collections.abc import Hashable

from network import OVER, Network, as_test

from gateway.core.doors import Door
from gateway.core.turn import Input, Said, Transcript
from gateway.errors import SessionOver

DOOR = Door("d", "any", idle_seconds=60, total_seconds=180, resume_seconds=60, repeat_seconds=2)


class Repeating(Network):
    """A wire that repeats all that was said."""

    knows_late = True

    @property
    def session(self) -> str:
        """The network's id of the session."""
        return f"s-{self.sessions}"

    def hop(self) -> Said:
        """What the wire says."""
        return Transcript("*".join(self.said))

    def request(self) -> Hashable:
        return self.session, self.hop()

    async def deliver(self, request: Hashable) -> str:
        assert isinstance(request, tuple)
        session, said = request
        try:
            reply = await self.exchange.hear(said, session, door=DOOR)
        except SessionOver:
            return OVER
        return f"{'END' if reply.ends else 'CON'} {reply.text}"

    def release(self) -> None:
        self.runner.run(self.exchange.desk.ended(DOOR, self.session))


class Counting(Repeating):
    """A wire that counts its hops."""

    def hop(self) -> Said:
        return Input(self.said[-1] if self.said else "", begins=not self.said, number=len(self.said))


class Bare(Repeating):
    """A wire that says what is new and nothing else."""

    knows_late = False

    def hop(self) -> Said:
        return Input(self.said[-1] if self.said else "", begins=not self.said)


class Reusing(Bare):
    """The same, with one session id for ever."""

    session = "s-1"

    def hop(self) -> Said:
        return Input(self.said[-1] if self.said else "", begins=not self.said, reuses=True)


TestRepeating = as_test(Repeating)
TestCounting = as_test(Counting)
TestBare = as_test(Bare)
TestReusing = as_test(Reusing)
