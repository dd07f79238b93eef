"""Events to the operator's own systems over HTTP: what they say, and what becomes of those that are not taken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from listener import Listener, listening

from fakes import ANA, NUMBER, eventually
from running import Json, Town, free_port, town


@pytest.fixture
async def app() -> AsyncIterator[Listener]:
    """The app's back end."""
    async with listening() as listener:
        yield listener


@pytest.fixture
async def it(tmp_path: Path, migrated: Path, app: Listener) -> AsyncIterator[Town]:
    """A gateway that tells the app everything, a CRM of orders alone, and somebody who is not there."""
    nobody = f'[[webhooks.endpoints]]\nname = "nobody"\nurl = "http://127.0.0.1:{free_port()}"\nsecret = "whsec_AAAA"\n'
    more = app.endpoint("app") + app.endpoint("crm", '"order.confirmed"', "/crm") + nobody
    async with town(tmp_path, migrated, more=more) as opened:
        yield opened


async def _state(it: Town, name: str) -> Json:
    status, document = await it.call("GET", "webhooks", role="admin")
    assert status == 200
    (found,) = [one for one in document["items"] if one["name"] == name]
    return dict(found)


async def test_a_purchase_is_told_from_the_offer_to_the_confirmation(it: Town, app: Listener) -> None:
    """Signed, with what the app needs to show it; each endpoint gets what it asked for, whoever else is away."""
    offer = await it.offer()
    await app.hears("offer.made")
    _, order = await it.accept(offer["id"], "key-1")
    await app.hears("offer.made", "offer.accepted", "order.confirmed", "order.confirmed")
    told = {one.document["type"]: one.document for one in app.heard}
    assert told["offer.made"]["timestamp"] == "2026-11-24T15:00:00.000Z"
    made, accepted, confirmed = (told[one]["data"] for one in ("offer.made", "offer.accepted", "order.confirmed"))
    assert made == {
        **{name: offer[name] for name in ("id", "bundle", "price", "channel", "reason", "expires_at")},
        "msisdn": ANA,
        "state": "open",
        "order": None,
        "created_at": "2026-11-24T15:00:00.000Z",
    }
    assert accepted == {**made, "state": "accepted", "order": order["key"]}
    assert (confirmed["state"], confirmed["reason"], confirmed["detail"]) == ("confirmed", None, None)
    assert confirmed["ocs_reference"]
    assert {name: confirmed[name] for name in ("key", "msisdn", "beneficiary", "price", "offer", "channel")} == {
        name: order[name] for name in ("key", "msisdn", "beneficiary", "price", "offer", "channel")
    }
    assert (await _state(it, "nobody"))["state"] == "failing"


async def test_every_event_is_what_its_schema_says(it: Town, app: Listener) -> None:
    """Of those that a refusal, a no and a clock bring."""
    offer = await it.offer()
    it.ocs.ledger.put(ANA, 0, None)
    await it.accept(offer["id"], "key-1")
    await app.hears("offer.made", "offer.accepted", "order.declined")
    await it.texts(ANA, 2)
    it.ocs.ledger.put(ANA, 1_000_000, [])
    it.clock.advance(days=1)
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "no")
    await app.hears("offer.made", "offer.accepted", "order.declined", "offer.made", "offer.declined")
    document = (await it.read(f"{it.url}/api/openapi.json"))[1]
    openapi = json.loads(document)
    for one in app.heard:
        schema = openapi["webhooks"][one.document["type"]]["post"]["requestBody"]["content"]["application/json"]
        jsonschema.validate(one.document, {**schema["schema"], "components": openapi["components"]})
    (refused,) = [one.document["data"] for one in app.heard if one.document["type"] == "order.declined"]
    assert refused["reason"] == "insufficient_funds"


async def test_a_refund_is_told_of_the_order_that_it_gives_back(it: Town, app: Listener) -> None:
    """It has steps of its own, which are no purchase."""
    offer = await it.offer()
    _, order = await it.accept(offer["id"], "key-1")
    bought = ["offer.made", "offer.accepted", "order.confirmed", "order.confirmed"]
    await app.hears(*bought)
    path = f"orders/{order['key']}/refund"
    first = await it.call("POST", path, {"reason": "complaint"}, role="admin", Idempotency_Key="key-2")
    assert first[0] == 202
    await app.hears(*bought, "order.refunded")
    told = {one.document["type"]: one.document["data"] for one in app.heard}
    assert (told["order.refunded"]["key"], told["order.refunded"]["state"]) == (order["key"], "refunded")

    async def withheld() -> bool:
        return 'chasqui_webhooks_total{endpoint="app",outcome="suppressed"} 1.0' in await it.metrics()

    await eventually(withheld)
    assert await it.call("POST", path, {"reason": "complaint"}, role="admin", Idempotency_Key="key-2") == first


async def test_an_offer_that_nobody_answered_is_told_as_expired(it: Town, app: Listener) -> None:
    """By the job that ends it."""
    await it.offer()
    it.clock.advance(days=1, seconds=1)
    await app.hears("offer.made", "offer.expired")


@pytest.mark.parametrize("change", ["recycled", "ported_out", "suspended", "sim_swapped"])
async def test_an_offer_that_ends_with_its_sim_or_number_is_told_too(it: Town, app: Listener, change: str) -> None:
    """The app must not go on showing it."""
    offer = await it.offer()
    event = {**it.event(), "type": f"subscriber.{change}", "data": {}}
    sent = {"Content-Type": "application/cloudevents+json"}
    async with it.http.post(f"{it.url}/triggers", json=event, headers=sent) as taken:
        assert taken.status == 202
    await app.hears("offer.made", "offer.expired")
    (told,) = [one.document["data"] for one in app.heard if one.document["type"] == "offer.expired"]
    assert (told["id"], told["msisdn"], told["state"]) == (offer["id"], ANA, "expired")


async def test_a_consent_is_told_in_short(it: Town, app: Listener) -> None:
    """Given in the menu; the record has the rest."""
    await _dial(it, "5", "5*1", "5*1*1", "5*1*1*1")
    await eventually(lambda: "consent.recorded" in app.types)
    (told,) = [one.document["data"] for one in app.heard if one.document["type"] == "consent.recorded"]
    (record,) = await it.items("consents")
    assert told == {
        "msisdn": ANA,
        **{name: record[name] for name in ("record_id", "event", "purpose", "language", "channel")},
    }


async def _dial(it: Town, *texts: str) -> None:
    for text in texts:
        form = {"sessionId": "s-1", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": text}
        async with it.http.post(f"{it.url}/ussd/africastalking", data=form) as answer:
            assert answer.status == 200, await answer.text()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (lambda heard: web.Response(status=500), "http_500"),
        (lambda heard: web.Response(status=302, headers={"Location": "/elsewhere"}), "http_302"),
        (lambda heard: web.Response(status=429, headers={"Retry-After": "2"}), "http_429"),
    ],
)
async def test_what_is_not_taken_is_told_again(it: Town, app: Listener, response: Any, reason: str) -> None:
    """With the same id and the same body; a redirect is not followed."""
    app.answer = response
    await it.offer()
    await app.hears("offer.made")

    async def failing() -> bool:
        return bool((await _state(it, "app"))["reason"] == reason)

    await eventually(failing)
    app.answer = lambda heard: web.Response(status=200)
    it.clock.advance(minutes=10)
    await eventually(lambda: len(app.heard) >= 2)
    first, *others = app.heard
    assert {(one.id, one.body) for one in others} == {(first.id, first.body)}

    async def active() -> bool:
        found = await _state(it, "app")
        return (found["state"], found["delivered"], found["waiting"]) == ("active", 1, 0)

    await eventually(active)


async def test_an_endpoint_that_is_gone_is_told_nothing_more(it: Town, app: Listener) -> None:
    """410 is its own word for it."""
    app.answer = lambda heard: web.Response(status=410)
    offer = await it.offer()

    async def disabled() -> bool:
        return bool((await _state(it, "app"))["state"] == "disabled")

    await eventually(disabled)
    await it.accept(offer["id"], "key-1")
    await eventually(lambda: "order.confirmed" in app.types)  # the CRM's
    assert app.types == ["offer.made", "order.confirmed"]


async def test_metrics_name_endpoints_and_nobodys_number(it: Town, app: Listener) -> None:
    """By what came of each event."""
    await it.offer()
    await app.hears("offer.made")

    async def counted() -> bool:
        return 'chasqui_webhooks_total{endpoint="app",outcome="delivered"} 1.0' in await it.metrics()

    await eventually(counted)
    found = await it.metrics()
    assert 'chasqui_webhooks_total{endpoint="nobody",outcome="retried"}' in found
    assert ANA not in found
