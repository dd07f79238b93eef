"""Who may use ``/api/v1``: tokens, roles, rates. Deny by default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from fakes import ANA
from gateway.api.access import Access, Caller, Right
from gateway.config.tree import ApiTokenConfig
from gateway.core.problems import Problem
from running import TOKENS, Town, town

_READING = ("orders", "messages", "consents", "")
_CRM = b"Authorization: Bearer token-of-the-crm\r\n"


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", "Bearer wrong", TOKENS["crm"], f"Basic {TOKENS['crm']}", f"Bearer {TOKENS['crm']}x", "Bearer ñ"],
)
async def test_without_a_known_token_nobody_comes_in(it: Town, authorization: str) -> None:
    """401 for every route, reading or writing."""
    sent = {"Authorization": authorization} if authorization else {}
    for method, path in [
        ("GET", f"subscribers/{ANA}"),
        ("GET", f"subscribers/{ANA}/offers"),
        ("GET", f"subscribers/{ANA}/orders"),
        ("GET", f"subscribers/{ANA}/messages"),
        ("GET", f"subscribers/{ANA}/consents"),
        ("GET", "orders/ord-1"),
        ("PUT", f"subscribers/{ANA}/preferences"),
        ("POST", "offers/off-1/accept"),
    ]:
        status, problem = await it.call(method, path, {}, role="", **sent)
        assert (status, problem["code"]) == (401, "unauthorized"), path


async def test_the_word_bearer_may_be_written_in_any_case(it: Town) -> None:
    """As RFC 9110 §11.1 has it."""
    status, _ = await it.call("GET", f"subscribers/{ANA}/orders", role="", Authorization=f"bEaReR {TOKENS['crm']}")
    assert status == 200


async def test_a_header_that_is_no_text_is_answered_as_a_wrong_one(it: Town) -> None:
    """Bytes that are not UTF-8 are the caller's fault, not ours."""
    accept = b"POST /api/v1/offers/off-1/accept HTTP/1.1\r\n"
    status, problem = await it.raw(accept + b"Authorization: Bearer \xe9\xff\r\n")
    assert (status, problem["code"]) == (401, "unauthorized")
    status, problem = await it.raw(accept + _CRM + b"Idempotency-Key: \xe9\xff\r\n")
    assert (status, problem["code"]) == (400, "idempotency-key-missing")
    status, problem = await it.raw(accept + _CRM + b"Idempotency-Key: k\r\n", b'{"\\ud800": 1}')
    assert (status, problem["code"]) == (400, "not-json")


@pytest.mark.parametrize("path", _READING)
@pytest.mark.parametrize(("role", "expected"), [("app", 403), ("crm", 200), ("admin", 200)])
async def test_the_app_reads_nobodys_history(it: Town, path: str, role: str, expected: int) -> None:
    """Orders, messages and profile are for care."""
    await it.offer()
    status, document = await it.call("GET", f"subscribers/{ANA}/{path}".rstrip("/"), role=role)
    assert status == expected
    assert expected == 200 or document["code"] == "forbidden"


@pytest.mark.parametrize("role", list(TOKENS))
async def test_every_role_may_see_offers_and_set_preferences(it: Town, role: str) -> None:
    """That is what the app is for."""
    assert (await it.call("GET", f"subscribers/{ANA}/offers", role=role))[0] == 200
    assert (await it.call("PUT", f"subscribers/{ANA}/preferences", {"alerts": True}, role=role))[0] == 200


async def test_too_many_requests_of_one_token_are_refused(tmp_path: Path, migrated: Path) -> None:
    """429 for that token; another one goes on."""
    async with town(tmp_path, migrated, more="[api]\nrequests_per_second = 0.001") as it:
        path = f"subscribers/{ANA}/orders"
        answers = [await it.call("GET", path, role="crm") for _ in range(3)]
        assert [status for status, _ in answers] == [200, 429, 429]
        assert answers[1][1]["code"] == "too-many-requests"
        assert (await it.call("GET", path, role="admin"))[0] == 200


async def test_a_second_without_requests_fills_the_bucket_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no more than one second's worth, however long nobody asked."""
    now = 0.0
    monkeypatch.setattr("gateway.api.access.monotonic", lambda: now)
    access = Access([ApiTokenConfig("crm", "crm", sha256(b"secret").hexdigest())], per_second=3)

    async def reached(request: web.Request, caller: Caller) -> web.Response:
        return web.Response()

    handler = access.guard(Right.READ, reached)
    request = make_mocked_request("GET", "/", headers={"Authorization": "Bearer secret"})
    for now in (0.0, 1.0, 100.0):  # noqa: B007 — the bucket's clock reads it
        for _ in range(3):
            await handler(request)
        with pytest.raises(Problem, match="more than 3 requests a second"):
            await handler(request)


async def test_whoever_is_refused_is_told_when_to_come_again(tmp_path: Path, migrated: Path) -> None:
    """In whole seconds, and what there was to be shown at the door."""
    async with town(tmp_path, migrated, more="[api]\nrequests_per_second = 0.4") as it:
        url, sent = f"{it.url}/api/v1/catalogue", {"Authorization": f"Bearer {TOKENS['app']}"}
        async with it.http.get(url, headers=sent) as first, it.http.get(url, headers=sent) as second:
            assert (first.status, second.status) == (200, 429)
            assert second.headers["Retry-After"] in ("2", "3")
            assert second.content_type == "application/problem+json"
        async with it.http.get(url) as stranger:
            assert (stranger.status, stranger.headers["WWW-Authenticate"]) == (401, "Bearer")
