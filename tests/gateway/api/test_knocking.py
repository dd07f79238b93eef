"""Who may post triggers: by address, by token, by signature."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fakes import TUESDAY
from gateway.ocs.signature import sign
from running import Json, Town, town

SECRET = f"whsec_{b64encode(b'twenty-four secret bytes').decode()}"
NOW = int(TUESDAY.timestamp())


async def _post(it: Town, event: Json, **headers: str) -> tuple[int, str]:
    """Status and code. headers: with ``_`` for ``-``."""
    sent = {"Content-Type": "application/cloudevents+json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    async with it.http.post(f"{it.url}/triggers", data=json.dumps(event), headers=sent) as answer:
        return answer.status, (await answer.json(content_type=None)).get("code", "")


async def test_without_a_door_this_machine_may_knock(tmp_path: Path, migrated: Path) -> None:
    """That is what somebody who tries Chasqui has."""
    async with town(tmp_path, migrated) as it:
        assert await _post(it, it.event()) == (202, "")


async def test_a_door_for_others_is_not_for_this_machine(tmp_path: Path, migrated: Path) -> None:
    """Once there is a door, it alone counts; the refused knock leaves nothing behind."""
    door = '[[doors]]\nname = "ocs"\ndialect = "triggers"\nallow = ["10.0.0.0/8"]'
    async with town(tmp_path, migrated, more=door) as it:
        assert await _post(it, it.event()) == (403, "not-admitted")
        assert await _post(it, it.event(), X_Forwarded_For="10.0.0.1", Forwarded="for=10.0.0.1") == (
            403,
            "not-admitted",
        )
        assert 'chasqui_refused_knocks_total{dialect="triggers",reason="address"} 2.0' in await it.metrics()
        assert it.smsc.messages == []


@pytest.mark.parametrize("allow", ["127.0.0.0/8", "127.0.0.1"])
async def test_a_door_with_a_token_opens_to_it_alone(tmp_path: Path, migrated: Path, allow: str) -> None:
    """From the right address with the right bearer token, and no other way."""
    door = f'[[doors]]\nname = "ocs"\ndialect = "triggers"\nallow = ["{allow}"]\ntoken = "sesame"'
    async with town(tmp_path, migrated, more=door) as it:
        for wrong in ("", "Bearer ", "Bearer Sesame", "sesame", "Bearer sesame2", "Basic sesame"):
            headers = {"Authorization": wrong} if wrong else {}
            status, _ = await _post(it, it.event(), **headers)
            assert status in {401, 403}, wrong
        assert await _post(it, it.event(), Authorization="Bearer sesame") == (202, "")


async def test_a_token_does_not_help_from_the_wrong_address(tmp_path: Path, migrated: Path) -> None:
    """Both must fit."""
    door = '[[doors]]\nname = "ocs"\ndialect = "triggers"\nallow = ["10.0.0.0/8"]\ntoken = "sesame"'
    async with town(tmp_path, migrated, more=door) as it:
        assert await _post(it, it.event(), Authorization="Bearer sesame") == (403, "not-admitted")


@pytest.fixture
async def signed(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway that takes signed events only."""
    async with town(tmp_path, migrated, more=f'[webhooks]\nsecret = "{SECRET}"') as opened:
        yield opened


def _signature(event: Any, *, webhook: str = "msg-1", at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    """The headers of Standard Webhooks for this event."""
    signature = sign(secret, webhook, str(at), json.dumps(event).encode())
    return {"webhook_id": webhook, "webhook_timestamp": str(at), "webhook_signature": signature}


async def test_a_signed_event_is_taken(signed: Town) -> None:
    """And so is its repetition, as known."""
    event = signed.event()
    assert await _post(signed, event, **_signature(event)) == (202, "")
    assert await _post(signed, event, **_signature(event)) == (200, "")
    assert len(await signed.texts()) == 1


async def test_one_of_several_signatures_is_enough(signed: Town) -> None:
    """While the secret is being changed, events carry two."""
    event = signed.event()
    headers = _signature(event)
    headers["webhook_signature"] = f"v1,AAAA {headers['webhook_signature']} v1a,BBBB"
    assert await _post(signed, event, **headers) == (202, "")


@pytest.mark.parametrize("missing", ["webhook_id", "webhook_timestamp", "webhook_signature"])
async def test_a_missing_part_of_the_signature_is_refused(signed: Town, missing: str) -> None:
    """401."""
    event = signed.event()
    headers = _signature(event)
    del headers[missing]
    assert await _post(signed, event, **headers) == (401, "signature-missing")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": NOW - 301}, "signature-stale"),
        ({"at": NOW + 301}, "signature-stale"),
        ({"secret": "whsec_" + b64encode(b"another").decode()}, "signature-wrong"),
    ],
)
async def test_a_wrong_or_stale_signature_is_refused(signed: Town, changes: dict[str, Any], code: str) -> None:
    """401, also for one from the future."""
    event = signed.event()
    assert await _post(signed, event, **_signature(event, **changes)) == (401, code)


@pytest.mark.parametrize("at", [NOW - 300, NOW + 300])
async def test_five_minutes_are_not_too_late(signed: Town, at: int) -> None:
    """The tolerance of Standard Webhooks."""
    event = signed.event()
    assert await _post(signed, event, **_signature(event, at=at)) == (202, "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"webhook_id": "msg-2"}, "signature-wrong"),
        ({"webhook_timestamp": str(NOW + 1)}, "signature-wrong"),
        ({"webhook_timestamp": "now"}, "signature-stale"),
        ({"webhook_timestamp": "٣"}, "signature-stale"),
        ({"webhook_signature": "v1,"}, "signature-wrong"),
        ({"webhook_signature": "ñ"}, "signature-wrong"),
    ],
)
async def test_a_signature_covers_id_time_and_body(signed: Town, changes: dict[str, str], code: str) -> None:
    """Whatever was changed on the way makes it wrong."""
    event = signed.event()
    assert await _post(signed, event, **{**_signature(event), **changes}) == (401, code)
    assert await _post(signed, signed.event(), **_signature(event)) == (401, "signature-wrong")


async def test_a_webhook_id_belongs_to_one_body(signed: Town) -> None:
    """409: the same id with another body is somebody's mistake, and changes nothing."""
    event, other = signed.event(), signed.event()
    assert await _post(signed, event, **_signature(event)) == (202, "")
    assert await _post(signed, other, **_signature(other)) == (409, "webhook-id-reused")
    assert await _post(signed, other, **_signature(other, webhook="msg-2")) == (202, "")


async def test_what_any_web_page_may_send_is_no_event(tmp_path: Path, migrated: Path) -> None:
    """A form or plain text from a browser on this machine is refused before it is read."""
    async with town(tmp_path, migrated) as it:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            assert await _post(it, it.event(), Content_Type=kind) == (415, "unsupported-media-type")
