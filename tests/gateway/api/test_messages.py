"""Texts that the operator's own systems send: at once, at a time, called off, as part of a campaign."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, NUMBER
from gateway.simulators.smsc_faults import parse_faults
from running import Json, Town, town

HELLO = {"text": "Su factura esta lista.", "purpose": "alert"}


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def post(it: Town, body: Json, key: str = "k-1", msisdn: str = ANA, role: str = "crm") -> tuple[int, Any]:
    """Ask for a text."""
    return await it.call("POST", f"subscribers/{msisdn}/messages", body, role=role, Idempotency_Key=key)


async def test_a_text_is_accepted_sent_and_delivered(it: Town) -> None:
    """Its state tells how far it is."""
    status, message = await post(it, HELLO)
    assert (status, message["text"], message["direction"]) == (202, HELLO["text"], "out")
    assert await it.texts() == [HELLO["text"]]
    assert (await it.becomes(message["id"], "delivered"))["parts"] == 1


async def test_a_text_tells_what_was_asked_and_how_it_went(it: Town) -> None:
    """Before it goes and afterwards, by itself and in its person's list."""
    goes = it.clock() + timedelta(seconds=1)
    body = {**HELLO, "campaign": "bills", "send_at": goes.isoformat(), "expires_at": (goes + timedelta(2)).isoformat()}
    _, waits = await post(it, body)
    asked = {"purpose": "alert", "campaign": "bills", "from": NUMBER, "repeats": 0, "expires_at": _z(goes, days=2)}
    assert waits == {**waits, **asked, "send_at": _z(goes), "attempts": 0}
    gone = await it.becomes(waits["id"], "delivered")
    assert gone == {**gone, **asked, "send_at": None, "attempts": 1, "reason": None}
    assert await it.items("messages") == [gone]


def _z(at: datetime, **later: int) -> str:
    return f"{at + timedelta(**later):%Y-%m-%dT%H:%M:%S}.000Z"


async def test_the_same_request_sends_once(it: Town) -> None:
    """With the same key and body the same message; with another body nothing."""
    first, again = await post(it, HELLO), await post(it, HELLO)
    assert (again[0], again[1]["id"]) == (202, first[1]["id"])
    status, problem = await post(it, {**HELLO, "text": "Otra cosa."})
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    assert (await post(it, HELLO, msisdn=BEN))[0] == 422
    assert len(await it.items("messages")) == 1


async def test_a_text_waits_for_its_time_and_can_be_called_off(it: Town) -> None:
    """Until it has gone."""
    later = (it.clock() + timedelta(hours=3)).isoformat()
    _, waits = await post(it, {**HELLO, "send_at": later})
    _, other = await post(it, {**HELLO, "send_at": later}, key="k-2")
    assert (waits["state"], waits["reason"]) == ("deferred", "scheduled")
    status, off = await it.call("DELETE", f"messages/{waits['id']}")
    assert (status, off["state"], off["reason"]) == (200, "suppressed", "called_off")
    it.clock.advance(hours=3)
    _, at_once = await post(it, HELLO, key="k-3")
    await it.becomes(at_once["id"], "delivered")
    status, problem = await it.call("DELETE", f"messages/{at_once['id']}")
    assert (status, problem["code"]) == (409, "message-gone")
    assert (await it.call("GET", f"messages/{other['id']}"))[1]["state"] == "queued"


async def test_who_wants_no_offers_is_sent_none(it: Town) -> None:
    """It is kept, with the reason."""
    await it.call("PUT", f"subscribers/{ANA}/preferences", {"marketing": False}, role="app")
    status, message = await post(it, {**HELLO, "purpose": "marketing"})
    assert (status, message["state"], message["reason"]) == (202, "suppressed", "marketing_off")
    assert it.smsc.messages == []


async def test_a_campaign_is_stopped_within_a_second_and_goes_on(it: Town) -> None:
    """What is no part of it goes."""
    assert (await it.call("PUT", "controls/stop/campaign:xmas", {"message": "wrong price"}, role="admin"))[0] == 200
    campaign = {**HELLO, "purpose": "marketing", "campaign": "xmas"}
    _, held = await post(it, campaign)
    await post(it, {**campaign, "campaign": "other"}, key="k-2", msisdn=BEN)
    await it.texts(BEN)
    waits = (await it.call("GET", f"messages/{held['id']}"))[1]
    assert (waits["state"], waits["reason"]) == ("queued", "stopped")
    assert (await it.call("DELETE", "controls/stop/campaign:xmas", role="admin"))[0] == 204
    await it.becomes(held["id"], "delivered")


async def test_a_campaign_tells_how_far_it_is(it: Town) -> None:
    """By state, as its messages do; of a name that no text has it knows nothing."""
    bills = {**HELLO, "campaign": "bills"}
    _, gone = await post(it, bills)
    await it.becomes(gone["id"], "delivered")
    await post(it, {**bills, "send_at": (it.clock() + timedelta(hours=1)).isoformat()}, key="k-2")
    await post(it, {**HELLO, "campaign": "other"}, key="k-3")
    status, campaign = await it.call("GET", "campaigns/bills")
    assert (status, campaign) == (200, {"name": "bills", "texts": 2, "states": {"delivered": 1, "deferred": 1}})
    assert (await it.call("GET", "campaigns/none"))[0] == 404
    assert (await it.call("GET", "campaigns/bills", role="app"))[0] == 403


async def test_marketing_that_is_asked_for_at_once_passes_no_cap(it: Town) -> None:
    """Colombia's is one a day: the others are kept, with the reason."""
    offers = [{"text": f"Oferta {n}.", "purpose": "marketing"} for n in range(10)]
    async with asyncio.TaskGroup() as group:
        for body in offers:
            group.create_task(post(it, body, key=body["text"]))
    reasons = [message["reason"] for message in await it.items("messages")]
    assert (reasons.count("daily_cap"), reasons.count(None)) == (9, 1)


async def test_twenty_at_once_with_one_key_are_one_text(it: Town) -> None:
    """All are told of the same; what another body or number asks for under it is refused."""
    async with asyncio.TaskGroup() as group:
        same = [group.create_task(post(it, HELLO)) for _ in range(20)]
        other = [group.create_task(post(it, HELLO, msisdn=BEN)) for _ in range(3)]
    taken = [task.result() for task in (*same, *other) if task.result()[0] == 202]
    assert len({message["id"] for _, message in taken}) == 1
    assert len(taken) in (20, 3)
    assert len([*await it.items("messages"), *await it.items("messages", BEN)]) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": "  "}, "/text"),
        ({"text": "x" * 1001}, "/text"),
        ({"text": 7}, "/text"),
        ({"text": "x", "purpose": "spam"}, "/purpose"),
        ({"text": "x", "purpose": []}, "/purpose"),
        ({"text": "x", "purpose": {}}, "/purpose"),
        ({"text": "x", "campaign": "a b"}, "/campaign"),
        ({"text": "x", "campaign": ["a"]}, "/campaign"),
        ({"text": "x", "asks": "yes"}, "/asks"),
        ({"text": "x", "send_at": "tomorrow"}, "/send_at"),
        ({"text": "x", "send_at": "2026-11-24T20:00:00"}, "/send_at"),
        ({"text": "x", "send_at": 5}, "/send_at"),
        ({"text": "x", "send_at": "9999-12-31T23:59:59+00:00"}, "/send_at"),
        ({"text": "x", "send_at": "0001-01-01T00:00:00+14:00"}, "/send_at"),
        ({"text": "x", "send_at": "2027-11-24T20:00:00Z"}, "/send_at"),
        ({"text": "x", "send_at": "2027-11-24T20:00:00Z", "expires_at": "2027-11-25T20:00:00Z"}, "/send_at"),
        ({"text": "x", "expires_at": "9999-12-31T23:59:59-14:00"}, "/expires_at"),
        ({"text": "x", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"text": "x", "expires_at": "2029-01-01T00:00:00Z"}, "/expires_at"),
        ({"text": "x", "to": "y"}, "/to"),
    ],
)
async def test_a_body_that_cannot_be_used_says_where(it: Town, body: Json, pointer: str) -> None:
    """And nothing is sent."""
    status, problem = await post(it, body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert await it.items("messages") == []


async def test_only_those_who_may_send_do(it: Town) -> None:
    """The app may not, nor may anybody without a key."""
    assert (await post(it, HELLO, role="app"))[0] == 403
    assert (await it.call("POST", f"subscribers/{ANA}/messages", HELLO))[0] == 400
    assert (await it.call("GET", "messages/none"))[0] == 404


async def test_what_an_smsc_has_is_taken_back_if_it_still_can(it: Town) -> None:
    """Its receipt has not come; afterwards nothing of it arrives."""
    it.smsc.set_faults(parse_faults({"receipt_delay": 60}))
    _, message = await post(it, HELLO)
    await it.becomes(message["id"], "sent")
    status, off = await it.call("DELETE", f"messages/{message['id']}")
    assert (status, off["state"], off["reason"]) == (200, "suppressed", "called_off")


async def test_an_smsc_is_asked_about_a_text_whose_receipt_was_lost(it: Town) -> None:
    """What it says counts like a receipt."""
    it.smsc.set_faults(parse_faults({"receipts": False}))
    _, message = await post(it, HELLO)
    await it.becomes(message["id"], "sent")
    status, asked = await it.call("POST", f"messages/{message['id']}/ask")
    assert (status, asked["state"]) == (200, "delivered")
    assert (await it.call("POST", f"messages/{message['id']}/ask"))[1]["state"] == "delivered"
