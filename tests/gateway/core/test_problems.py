"""Errors over HTTP are problem documents with a stable code, and counted by route template."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.core.problems import Problem, middleware
from gateway.errors import ConfigError, OcsTimeout, StoreUnavailable
from gateway.telemetry import Metrics
from store.errors import WriteFailed

FAILURES: dict[str, Exception] = {
    "problem": Problem(422, "invalid-event", "see errors", errors=[{"pointer": "/id"}]),
    "ñandú": Problem(409, "order-exists", "1 GB por 7 días"),
    "store": WriteFailed("disk full at /var/lib/x"),
    "inbox": StoreUnavailable("no"),
    "timeout": OcsTimeout("3 s"),
    "config": ConfigError("bad"),
    "bug": KeyError("573001112233"),
    "found": web.HTTPFound("/elsewhere"),
}


async def answered(metrics: Metrics, path: str, method: str = "GET") -> tuple[int, dict[str, Any], Any]:
    """The answer of an application whose only route raises what its path names."""

    async def raise_it(request: web.Request) -> web.StreamResponse:
        raise FAILURES[request.match_info["what"]]

    app = web.Application(middlewares=[middleware(metrics)])
    app.router.add_get("/fail/{what}", raise_it)
    async with (
        TestClient(TestServer(app)) as client,
        client.request(method, path, allow_redirects=False) as response,
    ):
        assert response.content_type == "application/problem+json"
        return response.status, json.loads(await response.text()), response.headers


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("problem", 422, "invalid-event"),
        ("ñandú", 409, "order-exists"),
        ("store", 503, "write-failed"),
        ("inbox", 503, "store-unavailable"),
        ("timeout", 503, "ocs-timeout"),
        ("config", 500, "config"),
        ("bug", 500, "internal-error"),
        ("found", 302, "found"),
    ],
)
async def test_every_error_is_a_problem_with_a_code(what: str, status: int, code: str) -> None:
    """Its status in the document is the one on the wire."""
    found, document, _ = await answered(Metrics(), f"/fail/{what}")
    assert (found, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == "about:blank"
    assert document["title"]


async def test_a_problem_carries_what_else_it_has_to_say() -> None:
    """Such as each thing that is wrong."""
    _, document, _ = await answered(Metrics(), "/fail/problem")
    assert (document["detail"], document["errors"]) == ("see errors", [{"pointer": "/id"}])


@pytest.mark.parametrize("what", ["bug", "store"])
async def test_what_is_our_fault_shows_nothing_of_the_inside(what: str) -> None:
    """Neither a stack trace, nor a path, nor a person's number."""
    _, document, _ = await answered(Metrics(), f"/fail/{what}")
    assert not any(inside in json.dumps(document) for inside in ("Traceback", "KeyError", "/var/lib", "573001112233"))


async def test_a_store_that_is_away_says_when_to_come_back() -> None:
    """A second."""
    assert (await answered(Metrics(), "/fail/store"))[2]["Retry-After"] == "1"


async def test_what_a_redirect_or_a_wrong_method_needs_is_kept() -> None:
    """Location and Allow go out with the problem."""
    assert (await answered(Metrics(), "/fail/found"))[2]["Location"] == "/elsewhere"
    status, document, headers = await answered(Metrics(), "/fail/x", "DELETE")
    assert (status, document["code"], "GET" in headers["Allow"]) == (405, "method-not-allowed", True)


async def test_requests_are_counted_by_template_and_never_by_path() -> None:
    """A number in a path does not reach the metrics."""
    metrics = Metrics()
    await answered(metrics, "/fail/problem")
    await answered(metrics, "/subscribers/573001112233")
    labels = [
        sample.labels
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "chasqui_http_requests_total"
    ]
    assert {label["route"]: label["status"] for label in labels} == {"/fail/{what}": "422", "unmatched": "404"}
