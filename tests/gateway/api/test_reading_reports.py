"""``GET /api/v1/reports``: problems that people reported in the menu, for whoever looks after them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA, BEN
from running import Town, ids, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def report(it: Town, msisdn: str, session: str, choice: str) -> str:
    """Dial the printed code and choose; the last screen."""
    shown = ""
    for text in ("58", f"58*{choice}"):
        form = {
            "sessionId": session,
            "phoneNumber": f"+{msisdn}",
            "networkCode": "99999",
            "serviceCode": "*123#",
            "text": text,
        }
        async with it.http.post(f"{it.url}/ussd/africastalking", data=form) as answer:
            assert answer.status == 200
            shown = await answer.text()
    return shown


async def test_reports_come_oldest_first_page_by_page(it: Town) -> None:
    """With the reference that the person was shown and the number to call."""
    shown = []
    for msisdn in (ANA, BEN):
        shown.append(await report(it, msisdn, f"s-{msisdn}", "2"))
        it.clock.advance(minutes=1)
    _, first = await it.call("GET", "reports?limit=1")
    (item,) = first["items"]
    assert f"Tu referencia es {item['reference']}" in shown[0]
    assert (item["kind"], item["msisdn"], item["at"]) == ("inactive", ANA, "2026-11-24T15:00:00.000Z")
    _, rest = await it.call("GET", f"reports?after={first['next']}", role="admin")
    assert ([one["msisdn"] for one in rest["items"]], rest["next"]) == ([BEN], None)
    assert ids(rest["items"]) != ids(first["items"])


async def test_a_report_is_listed_once_all_older_ones_are_written(it: Town) -> None:
    """Whoever goes on from the last id misses none."""
    await report(it, ANA, "s-1", "1")
    it.clock.advance(seconds=9)
    assert await it.call("GET", "reports") == (200, {"items": [], "next": None})
    it.clock.advance(seconds=2)
    assert len((await it.call("GET", "reports"))[1]["items"]) == 1


@pytest.mark.parametrize(("role", "status"), [("app", 403), ("crm", 200), ("admin", 200), ("", 401)])
async def test_reports_are_for_care(it: Town, role: str, status: int) -> None:
    """Not for the app, not for strangers."""
    assert (await it.call("GET", "reports", role=role))[0] == status


async def test_a_wrong_limit_is_refused(it: Town) -> None:
    """400."""
    status, problem = await it.call("GET", "reports?limit=0")
    assert (status, problem["code"]) == (400, "invalid-limit")
