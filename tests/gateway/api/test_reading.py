"""What care reads over ``/api/v1``, and what the app sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, NUMBER, eventually
from running import Town, ids, town

_PROBLEM = "application/problem+json"
_USUAL = {"alerts": True, "marketing": None, "out_of_bundle": False}


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def _bought(it: Town, times: int) -> list[str]:
    """This many orders, a day apart; their keys, oldest first."""
    keys = []
    for number in range(times):
        offer = await it.offer()
        _, order = await it.accept(offer["id"], f"key-{number}")
        await it.texts(ANA, 2 * (number + 1))
        keys.append(order["key"])
        it.ocs.ledger.put(ANA, 1_000_000, [])  # who has a bundle that lasts gets no offer
        it.clock.advance(days=1)
    return keys


async def _pages(it: Town, what: str, limit: int) -> list[list[str]]:
    """The ids on every page, following ``next`` to its end."""
    name, pages, after = "key" if what == "orders" else "id", [], ""
    while True:
        status, page = await it.call("GET", f"subscribers/{ANA}/{what}?limit={limit}{after}")
        assert status == 200
        pages.append(ids(page["items"], name))
        if page["next"] is None:
            return pages
        assert page["next"] == pages[-1][-1]
        after = f"&after={page['next']}"


async def test_orders_come_newest_first_page_by_page(it: Town) -> None:
    """No order twice, none left out, and no empty page at the end."""
    keys = await _bought(it, 4)
    assert ids(await it.items("orders"), "key") == keys[::-1]
    assert await _pages(it, "orders", 3) == [keys[:0:-1], keys[:1]]
    assert await _pages(it, "orders", 2) == [keys[:1:-1], keys[1::-1]]
    assert await _pages(it, "orders", 200) == [keys[::-1]]


async def test_messages_come_newest_first_both_ways_page_by_page(it: Town) -> None:
    """What was sent and what came, in one list by time."""
    for text in ("ayuda", "baja"):
        await it.smsc.send_mo(ANA, NUMBER, text)
        await it.texts(ANA, 1 if text == "ayuda" else 2)
        it.clock.advance(minutes=1)
    found = await it.items("messages")
    assert sorted(message["direction"] for message in found[:2]) == ["in", "out"]
    assert {message["text"] for message in found if message["direction"] == "in"} == {"ayuda", "baja"}
    assert [message["created_at"] for message in found] == sorted(
        (message["created_at"] for message in found), reverse=True
    )
    assert "baja" in {message["text"] for message in found[:2]}
    for limit in (1, 2, 3, 4):
        assert list(chain(*await _pages(it, "messages", limit))) == ids(found)


async def test_a_message_says_what_became_of_it(it: Town) -> None:
    """State, parts, and the SMSC's ids; the receipt settles it."""
    await it.offer()

    async def delivered() -> bool:
        return [message["state"] for message in await it.items("messages")] == ["delivered"]

    await eventually(delivered)
    (message,) = await it.items("messages")
    assert message.keys() == {
        "id", "direction", "channel", "text", "purpose", "campaign", "from", "state", "parts", "smsc", "smsc_ids",
        "reason", "attempts", "repeats", "created_at", "send_at", "expires_at", "settled_at",
    }  # fmt: skip
    (seen,) = it.smsc.messages
    assert (message["direction"], message["channel"], message["reason"]) == ("out", "sms", None)
    assert message["text"].replace("á", "a") == seen["text"]  # as it was written, not as GSM-7 had it
    assert (message["parts"], message["smsc"], message["smsc_ids"]) == (seen["parts"], "smsc-a", seen["ids"])
    assert message["settled_at"]
    assert (message["purpose"], message["from"], message["attempts"], message["send_at"]) == (
        "alert",
        seen["from"],
        1,
        None,
    )


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1.5", "٣"])
async def test_a_wrong_limit_is_refused(it: Town, limit: str) -> None:
    """400, for every list."""
    for what in ("orders", "messages", "consents"):
        status, problem = await it.call("GET", f"subscribers/{ANA}/{what}?limit={limit}")
        assert (status, problem["code"]) == (400, "invalid-limit")


async def test_after_the_last_there_is_nothing(it: Town) -> None:
    """An empty page, and no next one; also after an order that never was."""
    (key,) = await _bought(it, 1)
    for after in (key, "ord-nobody"):
        assert await it.call("GET", f"subscribers/{ANA}/orders?after={after}") == (200, {"items": [], "next": None})


@pytest.mark.parametrize("number", ["abc", "123", "+", "0573001112233", "5730011122331234567", "57300111223x", "%20"])
@pytest.mark.parametrize("path", ["", "/offers", "/orders", "/messages", "/consents", "/preferences"])
async def test_what_is_no_number_is_refused(it: Town, number: str, path: str) -> None:
    """400, everywhere."""
    method = "PUT" if path == "/preferences" else "GET"
    status, problem = await it.call(method, f"subscribers/{number}{path}", {} if method == "PUT" else None)
    assert (status, problem["code"]) == (400, "invalid-msisdn")


async def test_somebody_never_seen_has_empty_lists_and_no_profile(it: Town) -> None:
    """Asking makes nobody known."""
    for what in ("offers", "orders", "messages", "consents"):
        assert await it.call("GET", f"subscribers/{BEN}/{what}") == (200, {"items": [], "next": None})
    status, problem = await it.call("GET", f"subscribers/{BEN}")
    assert (status, problem["code"]) == (404, "unknown-subscriber")


async def test_an_order_that_nobody_made_is_not_found(it: Town) -> None:
    """404."""
    status, problem = await it.call("GET", "orders/ord-nobody")
    assert (status, problem["code"]) == (404, "unknown-order")


async def test_a_profile_has_bundles_and_balance_from_the_charging_system(it: Town) -> None:
    """Beside language and preferences from the store."""
    await _bought(it, 1)
    status, profile = await it.call("GET", f"subscribers/+{ANA}")
    account = it.ocs.ledger.account(it.smsc.messages[0]["to"])
    assert (status, profile["msisdn"], profile["language"]) == (200, ANA, "es")
    assert profile["preferences"] == _USUAL
    assert profile["balance"] == {"amount": account.balance, "currency": "COP"}
    assert ids(profile["bundles"]) == [bucket.id for bucket in account.buckets]


async def test_a_profile_without_the_charging_system_leaves_its_part_open(it: Town) -> None:
    """Null, neither an error nor a zero."""
    await it.offer()
    await it.ocs.set_down(down=True)
    status, profile = await it.call("GET", f"subscribers/{ANA}")
    assert (status, profile["balance"], profile["bundles"], profile["language"]) == (200, None, None, "es")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"language": "pt_BR"},
        {"alerts": False, "marketing": True},
        {"language": "en", "alerts": True, "marketing": False},
    ],
)
async def test_preferences_hold_at_once(it: Town, wanted: dict[str, Any]) -> None:
    """What is left out stays as it was; the answer is what holds now, and so is the profile."""
    now = {"language": "es", **_USUAL, **wanted}
    answered = (200, {**now, "out_of_bundle_wanted": False})
    assert await it.call("PUT", f"subscribers/{ANA}/preferences", wanted, role="app") == answered
    _, profile = await it.call("GET", f"subscribers/{ANA}")
    assert {"language": profile["language"], **profile["preferences"]} == now


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"language": "xx"}, "/language"),
        ({"language": None}, "/language"),
        ({"language": ["es"]}, "/language"),
        ({"alerts": "yes"}, "/alerts"),
        ({"marketing": 1}, "/marketing"),
        ({"out_of_bundle": "off"}, "/out_of_bundle"),
        ({"colour": "red", "language": "en"}, "/colour"),
    ],
)
async def test_wrong_preferences_change_nothing(it: Town, wanted: dict[str, Any], pointer: str) -> None:
    """422 with a pointer, and what was right beside it is not taken either."""
    await it.offer()
    status, problem = await it.call("PUT", f"subscribers/{ANA}/preferences", wanted)
    assert (status, problem["code"]) == (422, "invalid-preferences")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    _, profile = await it.call("GET", f"subscribers/{ANA}")
    assert (profile["language"], profile["preferences"]) == ("es", _USUAL)


@pytest.mark.parametrize("body", [b"[]", b"{", b'"es"', b"[" * 100_000, b"\xff"])
async def test_preferences_that_are_no_object_are_refused(it: Town, body: bytes) -> None:
    """400."""
    head = f"PUT /api/v1/subscribers/{ANA}/preferences HTTP/1.1\r\nAuthorization: Bearer token-of-the-crm\r\n"
    status, problem = await it.raw(head.encode(), body)
    assert (status, problem["code"]) == (400, "not-json")


async def test_whoever_wants_no_marketing_gets_the_alert_alone(it: Town) -> None:
    """No offer, neither in the text nor in the list; no alerts, no text."""
    await it.call("PUT", f"subscribers/{ANA}/preferences", {"marketing": False}, role="app")
    assert await it.trigger() == 202
    (text,) = await it.texts()
    assert "responde 1" not in text
    assert await it.items("offers") == []
    await it.call("PUT", f"subscribers/{ANA}/preferences", {"alerts": False}, role="app")
    it.clock.advance(minutes=1)
    assert await it.trigger() == 202
    assert await it.trigger(BEN) == 202
    await it.texts(BEN)

    async def written() -> bool:
        return len(await it.items("messages")) == 2

    await eventually(written)
    newest = (await it.items("messages"))[0]
    assert (newest["state"], newest["reason"]) == ("suppressed", "alerts_off")
    assert len(await it.texts()) == 1


async def test_errors_are_problem_documents(it: Town) -> None:
    """RFC 9457, with a code of ours."""
    async with it.http.get(f"{it.url}/api/v1/subscribers/{ANA}") as answer:
        assert answer.content_type == _PROBLEM
        problem = await answer.json(content_type=_PROBLEM)
    assert problem.keys() >= {"type", "title", "status", "code", "detail"}
    assert problem["status"] == answer.status == 401
