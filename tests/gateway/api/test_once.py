"""Idempotency-Key on every route that writes: draft-ietf-httpapi-idempotency-key-header."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from fakes import ANA, BEN, House, eventually
from gateway.api import models
from gateway.api.access import Caller
from gateway.api.once import Answer, Claim, Once
from gateway.core.commit import Committer
from gateway.core.problems import Problem
from running import Town, town

_CALLER = Caller("crm", "crm", 0, 0)


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_preferences_under_a_key_are_set_once(it: Town) -> None:
    """The repetition gets the first answer, though somebody else has set them since; another body is refused."""
    path = f"subscribers/{ANA}/preferences"
    first = await it.call("PUT", path, {"alerts": False}, Idempotency_Key="k-1")
    assert first[0] == 200
    await it.call("PUT", path, {"alerts": True})
    assert await it.call("PUT", path, {"alerts": False}, Idempotency_Key="k-1") == first
    assert (await it.call("PUT", path, {}))[1]["alerts"] is True
    status, problem = await it.call("PUT", path, {"alerts": True}, Idempotency_Key="k-1")
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    status, problem = await it.call("PUT", f"subscribers/{BEN}/preferences", {"alerts": False}, Idempotency_Key="k-1")
    assert (status, problem["code"]) == (422, "idempotency-key-reused")


async def test_a_refused_request_gives_its_key_back(it: Town) -> None:
    """What was put right may use it."""
    path = f"subscribers/{ANA}/preferences"
    assert (await it.call("PUT", path, {"alerts": 1}, Idempotency_Key="k-1"))[0] == 422
    assert (await it.call("PUT", path, {"alerts": False}, Idempotency_Key="k-1"))[0] == 200


async def test_an_empty_key_is_refused_where_it_is_given(it: Town) -> None:
    """A caller who sends one means something by it."""
    status, problem = await it.call("PUT", f"subscribers/{ANA}/preferences", {}, Idempotency_Key="")
    assert (status, problem["code"]) == (400, "idempotency-key-missing")


async def test_a_control_is_taken_back_once_under_a_key(it: Town) -> None:
    """204 again, not 404: a repetition of what was done is not a mistake."""
    path = f"controls/blackout/{ANA}"
    assert (await it.call("PUT", path, {"message": "m"}, role="admin", Idempotency_Key="k-1"))[0] == 200
    for _ in range(2):
        assert await it.call("DELETE", path, role="admin", Idempotency_Key="k-2") == (204, None)
    assert (await it.call("DELETE", path, role="admin", Idempotency_Key="k-3"))[0] == 404


async def test_a_text_is_called_off_once_under_a_key(it: Town) -> None:
    """And its SMSC is asked about it in the same way."""
    message = await it.send(ANA, "k-1", send_at=(it.clock() + timedelta(hours=3)).isoformat())
    for name, method in (("k-2", "DELETE"), ("k-3", "POST")):
        path = f"messages/{message['id']}" + ("/ask" if method == "POST" else "")
        first = await it.call(method, path, Idempotency_Key=name)
        assert first[0] == 200
        assert await it.call(method, path, Idempotency_Key=name) == first


# ── what runs ──


def _request(key: str) -> web.Request:
    return make_mocked_request("PUT", "/api/v1/x", headers={"Idempotency-Key": key})


def _money(amount: int) -> models.Money:
    return models.Money(amount=amount, currency="COP")


async def test_while_the_first_runs_the_same_key_is_refused_also_when_its_caller_hung_up(
    house: House, committer: Committer
) -> None:
    """409 in-progress; once it has ended its answer is there."""
    once, go, ran = Once(house.context, committer), asyncio.Event(), list[int]()

    async def work(claim: Claim) -> Answer:
        ran.append(1)
        await go.wait()
        return 200, _money(len(ran))

    first = asyncio.create_task(once.keyed(_request("k"), _CALLER, {}, work))
    await eventually(lambda: ran == [1])
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(Problem) as refused:
        await once.keyed(_request("k"), _CALLER, {}, work)
    assert (refused.value.status, refused.value.code) == (409, "in-progress")
    go.set()
    await eventually(lambda: not once._running)
    answer = await once.keyed(_request("k"), _CALLER, {}, work)
    assert (answer.status, answer.text, len(ran)) == (200, '{"amount":1,"currency":"COP"}', 1)


async def test_what_a_crash_cut_off_is_carried_out_again(house: House, committer: Committer) -> None:
    """The key is claimed and has no answer; the same request gets one."""

    async def dies(claim: Claim) -> Answer:
        raise RuntimeError("the process ended here")

    async def works(claim: Claim) -> Answer:
        return 201, _money(2)

    with pytest.raises(RuntimeError):
        await Once(house.context, committer).keyed(_request("k"), _CALLER, {}, dies)
    again = Once(house.context, committer)
    with pytest.raises(Problem, match="with another request"):
        await again.keyed(_request("k"), _CALLER, {"other": 1}, works)
    for _ in range(2):
        answer = await again.keyed(_request("k"), _CALLER, {}, works)
        assert (answer.status, answer.text) == (201, '{"amount":2,"currency":"COP"}')
