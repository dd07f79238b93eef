"""``/api/v1/subscribers/{msisdn}/sources``: what is kept of a person, and their own word on it, from app and menu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, eventually
from running import Json, Town, town

SHOWN = "¿Podemos guardar si estás en casa o en el trabajo?"


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def kept(it: Town, source: str = "places") -> Json:
    """What is said of one source."""
    items = await it.items("sources", role="app")
    found: Json = next(one for one in items if one["source"] == source)
    return found


async def put(it: Town, source: str, body: Json, **headers: str) -> tuple[int, Any]:
    """The app sends a person's word."""
    return await it.call("PUT", f"subscribers/{ANA}/sources/{source}", body, role="app", **headers)


async def test_of_somebody_never_seen_the_law_is_told(it: Town) -> None:
    """Every source, with how long it would be kept."""
    items = await it.items("sources", role="app")
    assert [one["source"] for one in items if one["kept"]] == ["sessions", "recharges"]
    assert await kept(it) == {"source": "places", "kept": False, "said": None, "prior": True, "days": 30}


async def test_a_word_is_recorded_with_what_was_shown(it: Town) -> None:
    """As a consent of its own purpose; the same word again adds nothing."""
    for _ in range(2):
        status, source = await put(it, "places", {"keep": True, "shown": SHOWN})
        assert (status, source["kept"], source["said"]) == (200, True, "given")
    status, source = await put(it, "places", {"keep": False, "shown": SHOWN}, Idempotency_Key="k-1")
    assert (status, source) == (200, await kept(it))
    assert source["said"] == "withdrawn"
    records = await it.items("consents")
    assert [(one["event"], one["purpose"], one["channel"]) for one in records] == [
        ("withdrawn", "behaviour_places", "app"),
        ("given", "behaviour_places", "app"),
    ]
    assert records[1]["prompts"] == [SHOWN]


@pytest.mark.parametrize(
    ("source", "body", "status", "pointers"),
    [
        ("places", {}, 422, ["/keep", "/shown"]),
        ("places", {"keep": "yes", "shown": SHOWN}, 422, ["/keep"]),
        ("places", {"keep": True}, 422, ["/shown"]),
        ("places", {"keep": True, "shown": " "}, 422, ["/shown"]),
        ("places", {"keep": False, "shown": 7}, 422, ["/shown"]),
        ("places", {"keep": False, "shown": SHOWN, "since": 7}, 422, ["/since"]),
        ("shoes", {"keep": False, "shown": SHOWN}, 404, []),
    ],
)
async def test_what_is_wrong_changes_nothing(
    it: Town, source: str, body: Json, status: int, pointers: list[str]
) -> None:
    """A word without what was asked is no proof of anything."""
    got, problem = await put(it, source, body)
    assert got == status
    assert [one["pointer"] for one in problem.get("errors", [])] == pointers
    assert await it.items("consents") == []


async def test_what_is_told_is_kept_from_the_yes_to_the_no(it: Town, tmp_path: Path) -> None:
    """Over the wire: an event before it, one after it, and one after it was taken back."""

    async def told(number: int) -> None:
        event = {**it.event(), "id": f"place-{number}", "type": "place.reported", "data": {"place": "home"}}
        async with it.http.post(f"{it.url}/triggers", json=event) as answer:
            assert answer.status == 202, await answer.text()

    async def became(word: str, times: float) -> None:
        line = f'chasqui_triggers_total{{outcome="{word}"}} {times}'
        await eventually(lambda: _holds(it, line))

    await told(1)
    await became("no_consent", 1.0)
    await put(it, "places", {"keep": True, "shown": SHOWN})
    await told(2)
    await became("kept", 1.0)
    await put(it, "places", {"keep": False, "shown": SHOWN})
    await told(3)
    await became("no_consent", 2.0)


async def _holds(it: Town, line: str) -> bool:
    return line in await it.metrics()
