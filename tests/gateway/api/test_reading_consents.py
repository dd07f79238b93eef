"""``GET /api/v1/subscribers/{msisdn}/consents``: what care and auditors read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA, BEN, TUESDAY, consent
from running import TOKENS, Town, ids, town
from store import subscriptions
from store.consent_erasure import erasure
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


@pytest.fixture
async def writer(it: Town, tmp_path: Path) -> AsyncIterator[Writer]:
    """Another process on the gateway's database, in which Ana consented three times."""
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
    reader, started = Reader(engine), Writer(engine)
    await reader.start()
    started.start()
    person = subscriptions.begin(ANA, "es", TUESDAY)
    await started.commit(subscriptions.create(person, TUESDAY))
    records = [
        consent(number, subscription=person.id, event=event)
        for number, event in enumerate(("given", "withdrawn", "given"), 1)
    ]
    await ConsentLedger(reader, started).commit(Unit(), records)
    yield started
    await started.stop()
    await reader.stop()
    await engine.dispose()


async def test_a_consent_is_shown_with_all_that_proves_it(it: Town, writer: Writer) -> None:
    """Screens, answers, hashes; newest first."""
    items = await it.items("consents", role="crm")
    assert ids(items, "record_id") == ["con-3", "con-2", "con-1"]
    assert [item["event"] for item in items] == ["given", "withdrawn", "given"]
    first = items[-1]
    assert first.pop("hash") == items[1]["previous"]
    assert len(first.pop("prompt_sha256")) == 2
    assert first == {
        "record_id": "con-1",
        "event": "given",
        "purpose": "number_porting",
        "at": "2026-11-24T15:00:00.000Z",
        "language": "es",
        "menu": "main",
        "menu_version": "0123456789ab",
        "channel": "ussd",
        "session": "ATUid_1",
        "prompts": list(consent().prompts),
        "replies": ["1", "1"],
        "previous": "0" * 64,
        "erased": False,
        "damaged": False,
    }


async def test_consents_come_page_by_page(it: Town, writer: Writer) -> None:
    """None twice, none left out, and no empty page at the end."""
    _, page = await it.call("GET", f"subscribers/{ANA}/consents?limit=2")
    assert (ids(page["items"], "record_id"), page["next"]) == (["con-3", "con-2"], "con-2")
    _, page = await it.call("GET", f"subscribers/{ANA}/consents?limit=2&after=con-2", role="admin")
    assert (ids(page["items"], "record_id"), page["next"]) == (["con-1"], None)
    _, page = await it.call("GET", f"subscribers/{ANA}/consents?limit=3")
    assert page["next"] is None


async def test_what_was_erased_is_null(it: Town, writer: Writer) -> None:
    """The record itself stays."""
    (known,) = {item["id"] for item in [(await it.call("GET", f"subscribers/{ANA}"))[1]]}
    assert await writer.commit(erasure(known, "operator", TUESDAY))
    for item in await it.items("consents"):
        assert (item["erased"], item["damaged"]) == (True, False)
        assert (item["prompts"], item["replies"], item["session"]) == (None, None, None)
        assert len(item["prompt_sha256"]) == 2


async def test_somebody_never_seen_has_an_empty_list(it: Town) -> None:
    """As everywhere."""
    assert await it.call("GET", f"subscribers/{BEN}/consents") == (200, {"items": [], "next": None})


@pytest.mark.parametrize(("role", "status"), [("app", 403), ("crm", 200), ("admin", 200), ("", 401)])
async def test_consents_are_for_care(it: Town, role: str, status: int) -> None:
    """Not for the app, not for strangers."""
    assert set(TOKENS) == {"app", "crm", "admin"}
    assert (await it.call("GET", f"subscribers/{ANA}/consents", role=role))[0] == status


@pytest.mark.parametrize(
    ("path", "code"), [("abc/consents", "invalid-msisdn"), (f"{ANA}/consents?limit=0", "invalid-limit")]
)
async def test_a_wrong_request_is_refused(it: Town, path: str, code: str) -> None:
    """400."""
    status, problem = await it.call("GET", f"subscribers/{path}")
    assert (status, problem["code"]) == (400, code)
