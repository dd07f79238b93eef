"""Bad CloudEvents: each has its own status and code, and is counted by it; odd ones are taken."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fakes import TUESDAY, eventually
from gateway.ocs.signature import sign
from running import Json, Town, town

SECRET = f"whsec_{b64encode(b'twenty-four secret bytes').decode()}"
NOW = int(TUESDAY.timestamp())
Headers = Mapping[str, str]


def signed(body: bytes, *, webhook: str = "msg-1", at: int = NOW) -> dict[str, str]:
    """The headers of a body."""
    return {
        "webhook-id": webhook,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(SECRET, webhook, str(at), body),
    }


def event(**changes: Any) -> Json:
    """A bundle that runs low."""
    bundle = {"id": "b-1", "unit": "byte", "initial": 1000, "remaining": 100, **changes.pop("bundle", {})}
    return {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "ocs/test",
        "type": "bundle.depleting",
        "time": TUESDAY.isoformat(),
        "subject": "+573001112233",
        "data": {"bundle": bundle, "threshold": 0.1, **changes.pop("data", {})},
        **changes,
    }


async def post(it: Town, body: bytes, headers: Headers, kind: str = "application/cloudevents+json") -> tuple[int, str]:
    """Status, and code of the problem if there is one."""
    sent = {"Content-Type": kind, **headers}
    async with it.http.post(f"{it.url}/triggers", data=BytesIO(body), headers=sent) as answer:
        return answer.status, (await answer.json(content_type=None)).get("code", "")


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway that takes signed events only, and took one already."""
    async with town(tmp_path, migrated, more=f'[webhooks]\nsecret = "{SECRET}"') as opened:
        first = json.dumps(event(id="evt-0", data={"bundle": None}, type="subscriber.activated")).encode()
        assert await post(opened, first, signed(first, webhook="msg-0")) == (202, "")
        yield opened


GOOD = json.dumps(event()).encode()


def without(name: str) -> Callable[[bytes], Headers]:
    """A signature that lacks a header."""
    return lambda body: {key: value for key, value in signed(body).items() if key != name}


@pytest.mark.parametrize(
    ("body", "headers", "kind", "expected"),
    [
        (b"{", signed, "", (422, "not-json")),
        (b"[]", signed, "", (422, "invalid-event")),
        (json.dumps(event(subject="573001112233")).encode(), signed, "", (422, "invalid-event")),
        (json.dumps(event(bundle={"remaining": -1})).encode(), signed, "", (422, "invalid-event")),
        (json.dumps(event(type="weather.changed")).encode(), signed, "", (422, "unknown-event-type")),
        (b" " * (1024 * 1024 + 1), signed, "", (413, "too-large")),
        (GOOD, lambda body: {}, "", (401, "signature-missing")),
        (GOOD, without("webhook-id"), "", (401, "signature-missing")),
        (GOOD, lambda body: signed(body, at=NOW - 301), "", (401, "signature-stale")),
        (GOOD, lambda body: signed(body, at=NOW + 301), "", (401, "signature-stale")),
        (GOOD, lambda body: signed(b"another"), "", (401, "signature-wrong")),
        (GOOD, lambda body: signed(body, webhook="msg-0"), "", (409, "webhook-id-reused")),
        (GOOD, signed, "text/plain", (415, "unsupported-media-type")),
        (GOOD, lambda body: {**signed(body), "Content-Encoding": "br"}, "", (400, "unknown-encoding")),
        (GOOD, lambda body: {**signed(body), "Content-Encoding": "gzip"}, "", (400, "bad-encoding")),
    ],
)
async def test_what_is_bad_is_refused_and_counted(
    it: Town, body: bytes, headers: Callable[[bytes], Headers], kind: str, expected: tuple[int, str]
) -> None:
    """Malformed, replayed, stale, oversized, unsigned: nothing of it is in the inbox."""
    assert await post(it, body, headers(body), kind or "application/cloudevents+json") == expected
    metrics = await it.metrics()
    assert f'chasqui_triggers_rejected_total{{reason="{expected[1]}"}} 1.0' in metrics
    assert it.smsc.messages == []


async def test_the_same_webhook_again_is_known(it: Town) -> None:
    """A repetition is no mistake: 200, and nothing is done again."""
    assert await post(it, GOOD, signed(GOOD)) == (202, "")
    assert await post(it, GOOD, signed(GOOD)) == (200, "")
    assert len(await it.texts()) == 1


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"data": {"balance": {"amount": -500, "currency": "COP"}}}, "alert_and_offer"),
        ({"data": {"balance": {"amount": 500, "currency": "USD"}}}, "alert_and_offer"),
        ({"data": {"balance": {"amount": 500, "currency": "CLP"}}}, "alert_and_offer"),
        ({"bundle": {"product": "no-such-product"}}, "alert_and_offer"),
        ({"time": (TUESDAY - timedelta(hours=1)).isoformat()}, "alert_and_offer"),
        ({"time": (TUESDAY + timedelta(hours=1)).isoformat()}, "alert_and_offer"),
        ({"time": (TUESDAY + timedelta(hours=2)).isoformat()}, "from_the_future"),
        ({"time": (TUESDAY - timedelta(hours=25)).isoformat()}, "too_old"),
    ],
)
async def test_what_is_odd_is_taken(it: Town, change: Json, outcome: str) -> None:
    """Debts, other currencies, products that nobody knows, clocks that are off."""
    body = json.dumps(event(**change)).encode()
    assert await post(it, body, signed(body)) == (202, "")

    async def became() -> bool:
        return f'chasqui_triggers_total{{outcome="{outcome}"}} 1.0' in await it.metrics()

    await eventually(became)
