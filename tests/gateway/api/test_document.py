"""The document and the router say the same, and every route knows who may use it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows.announcements import EVENTS
from gateway.api.openapi import PATH
from gateway.api.operations import AT_THE_DOOR
from gateway.api.rights import RIGHTS
from locales.catalogues import Catalogues
from running import TOKENS, Json, Town, town

_METHODS = ("get", "put", "post", "delete")


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def _document(it: Town) -> Json:
    status, text, headers = await it.read(f"{it.url}{PATH}")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    document: Json = json.loads(text)
    return document


def _operations(document: Json) -> list[tuple[str, str, Json]]:
    return [
        (method.upper(), path, one) for path, methods in document["paths"].items() for method, one in methods.items()
    ]


async def test_the_document_has_every_route_and_no_other(it: Town) -> None:
    """Whoever adds a route to ``/api/v1`` says there what it takes and answers."""
    routed = {
        (route.method, route.resource.canonical)
        for route in it.gateway._front.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    documented = {(method, path) for method, path, _ in _operations(await _document(it))}
    assert routed - {("GET", PATH)} == documented
    assert len(documented) > 15


async def test_the_document_needs_no_token_and_names_the_version(it: Town) -> None:
    """It tells nothing of anybody."""
    document = await _document(it)
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


async def test_every_operation_says_what_goes_wrong_and_how(it: Town) -> None:
    """As problem documents with codes, with a 429 that says when to come again."""
    seen: set[str] = set()
    for _, path, one in _operations(await _document(it)):
        assert one["operationId"] not in seen
        seen.add(one["operationId"])
        for status, code in AT_THE_DOOR:
            content = one["responses"][str(status)]["content"]
            assert code in content["application/problem+json"]["schema"]["properties"]["code"]["enum"], path
        assert one["responses"]["429"]["headers"]["Retry-After"]["required"]
        names = {each["name"] for each in one["parameters"] if each["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", path))


async def test_what_writes_takes_an_idempotency_key(it: Town) -> None:
    """Needed where a repetition would do something twice, possible everywhere else."""
    needed: dict[str, bool] = {}
    for method, _, one in _operations(await _document(it)):
        keys = [each for each in one["parameters"] if each["name"] == "Idempotency-Key"]
        assert bool(keys) is (method != "GET"), one["operationId"]
        needed.update((one["operationId"], each["required"]) for each in keys)
    money = {"topUp", "takeAdvance", "transferBalance"}
    assert {name for name, required in needed.items() if required} == {"acceptOffer", "sendMessage", *money}


async def test_outgoing_events_are_in_the_document(it: Town) -> None:
    """Every one, with its body."""
    document = await _document(it)
    assert set(document["webhooks"]) == {event for events in EVENTS.values() for event in events}
    for one in document["webhooks"].values():
        reference = one["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


async def test_the_languages_of_the_document_are_those_that_there_are(it: Town, catalogues: Catalogues) -> None:
    """A translation that is added is added here."""
    schemas = (await _document(it))["components"]["schemas"]
    assert schemas["Wishes"]["properties"]["language"]["enum"] == sorted(catalogues.languages)


def _filled(path: str) -> str:
    """The path of a person and a thing that are not there."""
    filled = path.removeprefix("/api/v1/").replace("{msisdn}", "573000000000").replace("{kind}", "blackout")
    return re.sub(r"{\w+}", "573000000000", filled)


@pytest.mark.parametrize("role", ["", *TOKENS])
async def test_every_route_lets_in_the_roles_that_it_says(it: Town, role: str) -> None:
    """Nobody without a token, and each role where the document says so: 403 elsewhere, before anything else."""
    assert set(TOKENS) == set(RIGHTS)
    for method, path, one in _operations(await _document(it)):
        status, answer = await it.call(method, _filled(path), {}, role=role)
        expected = 401 if not role else None if role in one["x-roles"] else 403
        if expected is None:
            assert status not in (401, 403), (method, path, answer)
        else:
            assert (status, answer["code"]) == (expected, {401: "unauthorized", 403: "forbidden"}[expected])


_SERVICES = ("topUp", "listAdvances", "takeAdvance", "transferBalance")
_ALLOWED: dict[str, Any] = {
    "app": {
        "listCatalogue",
        "listOffers",
        "listRecommendations",
        "acceptOffer",
        "putPreferences",
        "listSources",
        "putSource",
        *_SERVICES,
    },
    "crm": {
        *_SERVICES,
        *("listCatalogue", "listOffers", "acceptOffer", "putPreferences", "getSubscriber", "listOrders", "getOrder"),
        *("listMessages", "listConsents", "listReports", "sendMessage", "getMessage", "callOffMessage"),
        *("askAboutMessage", "getCampaign", "getOrderStory", "getStoryKey", "listRecommendations"),
        *("listSources", "putSource"),
    },
}


async def test_who_may_do_what_is_this_and_nothing_else(it: Town) -> None:
    """The app what a subscriber may; CRM also reads and texts; what stops things is for admins."""
    operations = _operations(await _document(it))
    for role, allowed in _ALLOWED.items():
        assert {one["operationId"] for _, _, one in operations if role in one["x-roles"]} == allowed
    assert all("admin" in one["x-roles"] for _, _, one in operations)
