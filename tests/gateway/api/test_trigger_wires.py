"""Triggers of systems that speak no CloudEvents, over HTTP: what becomes of each, and how what is wrong is answered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from fakes import TUESDAY, eventually
from running import Town, town

AT = TUESDAY.isoformat()
IMSI = "732101234567890"
RULES = """
[[triggers.cgrates]]
id = "data-20"
threshold = 0.2
initial = 1000000000

[[triggers.nchf]]
counter = "data"
status = "exhausted"
kind = "bundle.depleted"

[[triggers.nchf]]
counter = "data"
status = "ok"
kind = "none"

[[triggers.tmf688]]
event_type = "LowBucketEvent"
threshold = 0.1
"""
SHUT = '[[doors]]\nname = "ocs"\ndialect = "triggers"\nallow = ["10.0.0.0/8"]'
SECRET_PATH = '[[doors]]\nname = "ocs"\ndialect = "triggers"\ntoken = "sesame"'


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway that knows what the wires mean."""
    async with town(tmp_path, migrated, more=RULES) as opened:
        yield opened


def account(**changes: Any) -> dict[str, Any]:
    """What CGRateS posts as a data balance runs low."""
    fired = {"UniqueID": "data-20", "Executed": True, "LastExecutionTime": AT}
    return {
        "ID": "cgrates.org:573001112233",
        "BalanceMap": {"*data": [{"ID": "b-77", "Uuid": "u", "Value": 2e8, "ExpirationDate": "2026-11-30T00:00:00Z"}]},
        "ActionTriggers": [fired],
        **changes,
    }


def limit(status: str = "exhausted", supi: str = f"imsi-{IMSI}", counter: str = "data") -> dict[str, Any]:
    """What a charging function notifies."""
    return {"supi": supi, "statusInfos": {counter: {"policyCounterId": counter, "currentStatus": status}}}


def bucket_event(**changes: Any) -> dict[str, Any]:
    """What a TM Forum hub posts."""
    bucket = {
        "id": "b-77",
        "usageType": "data",
        "remainingValue": {"amount": 0.1, "units": "GB"},
        "logicalResource": [{"id": "573001112233"}],
    }
    return {"eventId": "e-1", "eventType": "LowBucketEvent", "eventTime": AT, "event": {"bucket": bucket}, **changes}


async def post(it: Town, path: str, body: object, **headers: str) -> tuple[int, str]:
    """Status, and code of the problem if there is one."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with it.http.post(f"{it.url}/triggers/{path}".removesuffix("/"), data=BytesIO(data), headers=sent) as answer:
        text = await answer.text()
        return answer.status, json.loads(text)["code"] if answer.status >= 400 else text


async def counted(it: Town, line: str) -> None:
    """Wait until this stands in the metrics."""

    async def there() -> bool:
        return line in await it.metrics()

    await eventually(there)


async def learned(it: Town) -> None:
    """A trigger told whose SIM this is."""
    event = it.event()
    event["type"], event["data"] = "subscriber.activated", {"imsi": IMSI}
    sent = {"Content-Type": "application/cloudevents+json"}
    async with it.http.post(f"{it.url}/triggers", json=event, headers=sent) as answer:
        assert answer.status == 202


async def test_an_action_trigger_of_cgrates_is_one_alert_however_often_it_is_posted(it: Town) -> None:
    """Two hundred megabytes of a gigabyte are left; 200 each time, with nothing in it."""
    for _ in range(3):
        assert await post(it, "cgrates/data-20", account()) == (200, "")
    (text,) = await it.texts()
    assert "190 MB" in text
    await counted(it, 'chasqui_triggers_total{outcome="alert_and_offer"} 1.0')


async def test_a_trigger_that_watches_money_is_a_low_balance(it: Town) -> None:
    """As its own balance says; it fires anew at another time."""
    money = {"*monetary": [{"ID": "main", "Value": -80.7}], "*data": []}
    for at in ("2026-11-24T15:00:00.123456789Z", "2026-11-24T16:00:00Z"):
        fired = {"UniqueID": "low", "LastExecutionTime": at, "Balance": {"Type": "*monetary", "ID": "main"}}
        body = account(BalanceMap=money, ActionTriggers=[fired])
        assert await post(it, "cgrates/low", body) == (200, "")
    await counted(it, 'chasqui_triggers_total{outcome="kept"} 2.0')


async def test_a_trigger_of_which_nobody_knows_what_it_watches_is_kept(it: Town) -> None:
    """200, so that the account is not blocked; the operator sees it in the metrics and the log."""
    both = {"*monetary": [{"ID": "main", "Value": 80}], "*data": [{"ID": "b-77", "Value": 5}]}
    fired = {"UniqueID": "what", "LastExecutionTime": AT}
    assert await post(it, "cgrates/what", account(BalanceMap=both, ActionTriggers=[fired])) == (200, "")
    assert 'chasqui_triggers_total{outcome="unmapped"} 1.0' in await it.metrics()


async def test_a_spending_limit_reaches_whoever_holds_the_sim(it: Town) -> None:
    """204; the same status again is a repetition until another came in between, or nobody watches any more."""
    await learned(it)
    for status in ("exhausted", "exhausted", "ok", "exhausted"):
        assert await post(it, "nchf/notify", limit(status)) == (204, "")
    assert len(await it.texts()) == 1
    assert await post(it, "nchf/terminate", {"supi": f"imsi-{IMSI}"}) == (204, "")
    assert await post(it, "nchf/notify/terminate", {"supi": f"imsi-{IMSI}"}) == (204, "")
    assert await post(it, "nchf/notify", limit()) == (204, "")
    seen = await it.metrics()
    assert 'chasqui_triggers_total{outcome="no_event"} 1.0' in seen


@pytest.mark.parametrize(
    ("change", "imsi", "answer"),
    [
        ("subscriber.recycled", None, (404, "unknown-supi")),
        ("subscriber.ported_out", None, (404, "unknown-supi")),
        ("subscriber.recycled", IMSI, (404, "unknown-supi")),
        ("subscriber.sim_swapped", None, (404, "unknown-supi")),
        ("subscriber.sim_swapped", IMSI, (204, "")),
        ("subscriber.suspended", None, (204, "")),
    ],
)
async def test_a_sim_is_no_longer_that_of_a_number_that_went_elsewhere(
    it: Town, change: str, imsi: str | None, answer: tuple[int, str]
) -> None:
    """Whoever holds the number next is told nothing of it; and no such event says whose it is."""
    await learned(it)
    assert await post(it, "nchf/notify", limit("ok")) == (204, "")
    it.clock.advance(seconds=1)
    event = it.event()
    event |= {"id": "e-2", "type": change, "time": it.clock().isoformat(), "data": {"imsi": imsi}}
    sent = {"Content-Type": "application/cloudevents+json"}
    async with it.http.post(f"{it.url}/triggers", json=event, headers=sent) as taken:
        assert taken.status == 202
    await counted(it, f'chasqui_triggers_total{{outcome="{change}"}} 1.0')
    assert await post(it, "nchf/notify", limit()) == answer


async def test_what_a_file_says_later_counts_though_a_notification_came_meanwhile(it: Town, tmp_path: Path) -> None:
    """A notification was found by what was known, and does not make that any newer."""

    def told_at() -> Sequence[object]:
        with closing(connect(tmp_path / "chasqui.db")) as database:
            return database.execute("select told_at from imsis").fetchall()

    await learned(it)
    before = told_at()
    it.clock.advance(minutes=3)
    assert await post(it, "nchf/notify", limit()) == (204, "")
    assert len(await it.texts()) == 1
    assert told_at() == before != []


async def test_a_sim_that_is_nobodys_is_told_and_kept(it: Town) -> None:
    """404 of its own; once it is known whose it is, the same notification is news."""
    for _ in range(2):
        assert await post(it, "nchf/notify", limit()) == (404, "unknown-supi")
    seen = await it.metrics()
    assert 'chasqui_triggers_rejected_total{reason="unknown-supi"} 2.0' in seen
    assert 'chasqui_triggers_total{outcome="unknown_supi"} 1.0' in seen
    await learned(it)
    assert await post(it, "nchf/notify", limit()) == (204, "")
    assert len(await it.texts()) == 1


async def test_a_status_that_no_rule_names_is_kept(it: Town) -> None:
    """204: the charging function did nothing wrong."""
    await learned(it)
    assert await post(it, "nchf/notify", limit("half")) == (204, "")
    assert 'chasqui_triggers_total{outcome="unmapped"} 1.0' in await it.metrics()


async def test_a_tm_forum_event_is_one_alert(it: Town) -> None:
    """201, also when it is known."""
    for _ in range(2):
        assert await post(it, "tmf688", bucket_event()) == (201, "")
    assert len(await it.texts()) == 1


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("cgrates/data-20", b"{", (422, "not-json")),
        ("cgrates/data-20", [], (422, "invalid-event")),
        ("cgrates/data-20", account(ID="cgrates.org:nobody"), (422, "invalid-event")),
        ("cgrates/another", account(), (422, "invalid-event")),
        ("cgrates/data-20", account(BalanceMap={"*data": [{"ID": "b", "Value": "much"}]}), (422, "invalid-event")),
        ("cgrates/data-20", b" " * (1024 * 1024 + 1), (413, "too-large")),
        ("nchf/notify", b"", (422, "not-json")),
        ("nchf/notify", limit(supi="nai-somebody"), (422, "invalid-event")),
        ("nchf/notify", {"supi": f"imsi-{IMSI}"}, (422, "invalid-event")),
        ("nchf/notify", {"supi": f"imsi-{IMSI}", "statusInfos": {"a": {}}}, (422, "invalid-event")),
        ("nchf/notify", limit(), (404, "unknown-supi")),
        ("nchf/terminate", {}, (422, "invalid-event")),
        ("tmf688", b"nonsense", (422, "not-json")),
        ("tmf688", bucket_event(eventType="WeatherEvent"), (422, "unknown-event-type")),
        ("tmf688", bucket_event(eventTime="yesterday"), (422, "invalid-event")),
        ("tmf688", bucket_event(event={}), (422, "invalid-event")),
    ],
)
async def test_what_is_wrong_has_its_own_answer_and_is_counted(
    it: Town, path: str, body: object, expected: tuple[int, str]
) -> None:
    """By the code of the problem, whichever wire."""
    assert await post(it, path, body) == expected
    assert f'chasqui_triggers_rejected_total{{reason="{expected[1]}"}} 1.0' in await it.metrics()


@pytest.mark.parametrize("path", ["cgrates/data-20", "nchf/notify", "nchf/terminate", "tmf688"])
async def test_another_address_than_the_doors_is_refused(tmp_path: Path, migrated: Path, path: str) -> None:
    """403, whatever it brings."""
    async with town(tmp_path, migrated, more=SHUT) as it:
        assert await post(it, path, {}) == (403, "not-admitted")
        assert 'chasqui_triggers_rejected_total{reason="not-admitted"} 1.0' in await it.metrics()


@pytest.mark.parametrize("path", ["cgrates/data-20{}", "nchf{}/notify", "nchf{}/terminate", "tmf688{}"])
async def test_the_token_may_stand_in_the_path(tmp_path: Path, migrated: Path, path: str) -> None:
    """Most of these systems send no header of our choice."""
    async with town(tmp_path, migrated, more=SECRET_PATH) as it:
        assert await post(it, path.format("/sesame"), {}) == (422, "invalid-event")
        assert await post(it, path.format("/guess"), {}) == (403, "not-admitted")
        assert await post(it, path.format(""), {}) == (403, "not-admitted")
        assert await post(it, path.format(""), {}, Authorization="Bearer sesame") == (422, "invalid-event")


async def test_a_web_page_of_elsewhere_cannot_post_them(it: Town) -> None:
    """A browser on this machine says where its page is from."""
    assert await post(it, "cgrates/data-20", account(), Origin="http://evil.example") == (403, "wrong-host")


async def test_what_is_told_within_the_gap_is_one_text(tmp_path: Path, migrated: Path) -> None:
    """Four events in four requests, over two wires: of one bundle twice, of another, and one that comes again."""
    async with town(tmp_path, migrated, policy="alert_gap = 0.5", more=RULES) as it:
        low, gone = it.event(), it.event()
        gone["type"], gone["data"] = "bundle.depleted", {"bundle": {**low["data"]["bundle"], "remaining": 0}}
        for event in (gone, low, gone):
            status, _ = await post(it, "", event)
            assert status in {200, 202}
        assert await post(it, "cgrates/data-20", account()) == (200, "")
        await counted(it, 'chasqui_triggers_total{outcome="joined"} 2.0')
        (text,) = await it.texts()
        assert text.count("responde 1") == 1
        assert await post(it, "", it.event()) == (202, '{"accepted": 1, "known": 0}')
        assert len(await it.texts(number=2)) == 2
