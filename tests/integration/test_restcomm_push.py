"""RestComm's wire alone: dialogues side by side, and what goes wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from restcomm_gateway import ABORTED, ABSENT, RestcommGateway, answered, restcomm

from fakes import ANA, eventually
from flows.values import Msisdn
from gateway.core.doors import Door
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import Ended, Hop
from gateway.ussd.restcomm_push import RestcommPusher

DOOR = Door("operator", "restcomm", service="*123#", idle_seconds=5)


@dataclass
class Desk:
    """Who takes the hops. last: after how many answers a session ends."""

    last: int = 1
    hops: list[Hop] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)

    async def answer(self, hop: Hop, door: Door) -> Reply:
        """One more screen, or the last."""
        self.hops.append(hop)
        assert isinstance(hop.said, Input)
        return Reply(f"screen {hop.said.number}", ends=hop.said.number == self.last)

    async def ended(self, ended: Ended, door: Door) -> None:
        """The network closed a session."""
        self.ends.append(ended)


@pytest.fixture
async def network() -> AsyncIterator[RestcommGateway]:
    """A gateway and its phones."""
    async with restcomm() as made:
        yield made


@pytest.fixture
def desk() -> Desk:
    """Ends each session with the first answer."""
    return Desk()


@pytest.fixture
async def pusher(network: RestcommGateway, desk: Desk) -> AsyncIterator[RestcommPusher]:
    """Pushes through the gateway."""
    made = RestcommPusher(DOOR, network.url, desk.answer, desk.ended)
    yield made
    network.hold.set()
    await made.close()
    assert not made.ready


async def push(pusher: RestcommPusher, msisdn: Msisdn = ANA, *, asks: bool = True) -> PushOutcome:
    """One screen."""
    return await pusher.push(PushRequest(pusher.new_session(msisdn), msisdn, "¿Sí?", asks))


async def test_a_session_goes_on_under_its_cookie_until_its_end(
    network: RestcommGateway, pusher: RestcommPusher, desk: Desk
) -> None:
    """Every answer is one more hop, counted by us; the last screen only shows, and the dialogue is ended."""
    desk.last = 3
    network.script.extend(answered(text) for text in ("2", "98", "00"))
    assert await push(pusher) == Shown()
    assert len(desk.hops) == 1
    await eventually(lambda: len(network.screens) == 4 and not network.open)
    assert network.screens == ["¿Sí?", "screen 1", "screen 2", "screen 3"]
    assert [hop.said for hop in desk.hops] == [Input("2", number=1), Input("98", number=2), Input("00", number=3)]
    assert len({hop.session for hop in desk.hops}) == 1
    assert ANA not in desk.hops[0].session
    assert (network.wrong, desk.ends) == ([], [])


async def test_a_notification_is_shown_confirmed_and_ended(network: RestcommGateway, pusher: RestcommPusher) -> None:
    """Nobody is asked for anything."""
    assert await push(pusher, asks=False) == Shown()
    await eventually(lambda: not network.open)
    assert network.wrong == []


async def test_many_dialogues_keep_their_cookies_apart(
    network: RestcommGateway, pusher: RestcommPusher, desk: Desk
) -> None:
    """Fifty at once, to the same gateway."""
    desk.last = 2
    people = [Msisdn(f"5730011{number:05d}") for number in range(50)]
    assert await asyncio.gather(*(push(pusher, one) for one in people)) == [Shown()] * 50
    await eventually(lambda: len(network.screens) == 150 and not network.open)
    assert sorted(network.to) == people
    assert network.wrong == []


@pytest.mark.parametrize("ending", [ABORTED, ABSENT, 500])
async def test_a_session_that_breaks_off_is_over(
    network: RestcommGateway, pusher: RestcommPusher, desk: Desk, ending: str | int
) -> None:
    """After an answer: the push was shown, and the session has ended for its network."""
    desk.last = 9
    network.script.extend([answered("1"), ending])
    assert await push(pusher) == Shown()
    await eventually(lambda: len(desk.ends) == 1)
    assert desk.ends[0].session == desk.hops[0].session


async def test_a_gateway_that_is_not_there_is_left_alone_for_a_while(desk: Desk) -> None:
    """Surely nothing was shown."""
    async with restcomm() as network:
        pusher = RestcommPusher(DOOR, network.url, desk.answer, desk.ended)
        await network.close()
    assert pusher.ready
    assert await push(pusher) == PushFailed("away", "ClientConnectorError")
    assert not pusher.ready
    await pusher.close()


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    """A screen goes to the address that was configured, and once."""
    asked: list[str] = []

    async def moved(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/{any}", moved)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pusher = RestcommPusher(DOOR, f"http://127.0.0.1:{runner.addresses[0][1]}/restcomm", desk.answer, desk.ended)
    assert await push(pusher) == PushFailed("away", "HTTP 307")
    assert asked == ["/restcomm"]
    await pusher.close()
    await runner.cleanup()


async def test_a_connection_that_breaks_leaves_the_screen_open(desk: Desk) -> None:
    """It was sent: nobody can say, and it is not sent again."""
    posts: list[int] = []

    async def hang_up(request: web.Request) -> web.Response:
        posts.append(1)
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post("/restcomm", hang_up)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pusher = RestcommPusher(DOOR, f"http://127.0.0.1:{runner.addresses[0][1]}/restcomm", desk.answer, desk.ended)
    assert isinstance(await push(pusher), PushUnknown)
    assert posts == [1]
    await pusher.close()
    await runner.cleanup()
