"""Stops, blackouts, test numbers and dry run over ``/api/v1/controls``: in force when it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import ANA, BEN, NUMBER, FakeClock, eventually
from running import Json, Town, running, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def put(it: Town, what: str, body: Json | None = None) -> int:
    """Set a control; the status."""
    return (await it.call("PUT", f"controls/{what}", body or {}, role="admin"))[0]


async def state_of(it: Town, msisdn: str = ANA) -> tuple[str, str | None]:
    """State and reason of the newest text of this person, once there is one."""

    async def there() -> bool:
        return bool(await it.items("messages", msisdn))

    await eventually(there)
    newest = (await it.items("messages", msisdn))[0]
    return newest["state"], newest["reason"]


async def test_while_offers_are_stopped_alerts_go_alone(it: Town) -> None:
    """Also for what was decided before; afterwards offers go again."""
    assert await put(it, "stop/marketing", {"message": "prices are wrong"}) == 200
    assert await it.trigger() == 202
    (alert,) = await it.texts()
    assert "responde 1" not in alert
    assert (await it.call("DELETE", "controls/stop/marketing", role="admin"))[0] == 204
    await it.offer(BEN)
    assert "responde 1" in (await it.texts(BEN))[0]


async def test_while_everything_is_stopped_nothing_goes_and_nothing_is_charged(it: Town) -> None:
    """What waits goes afterwards."""
    offer = await it.offer()
    assert await put(it, "stop/everything") == 200
    await it.accept(offer["id"], "k-1")
    assert await it.trigger(BEN) == 202
    assert (await state_of(it, BEN))[0] == "queued"
    assert await it.ledger() == []
    page = (await it.read(f"{it.url}/"))[1]
    assert "stop everything" in page
    await it.call("DELETE", "controls/stop/everything", role="admin")
    await it.texts(BEN)
    assert len(await it.ledger(ANA, 1)) == 1


async def test_who_is_blacked_out_gets_only_what_they_asked_for(it: Town) -> None:
    """A question is answered, an alert is not sent."""
    assert await put(it, f"blackout/+{ANA}") == 200
    await it.trigger()
    assert await state_of(it) == ("suppressed", "blackout")
    await it.smsc.send_mo(ANA, NUMBER, "AYUDA")
    assert len(await it.texts()) == 1


async def test_what_was_withheld_is_not_bought_by_an_answer(it: Town) -> None:
    """The offer is in the menu; a yes by text to what was never sent says so."""
    await put(it, f"blackout/{ANA}")
    await it.trigger()
    await state_of(it)
    await it.smsc.send_mo(ANA, NUMBER, "1")
    assert "$" in (await it.texts())[0]
    assert await it.ledger() == []


@pytest.mark.parametrize(("control", "reason"), [(f"test/{BEN}", "not_a_test_number"), ("dry_run/on", "dry_run")])
async def test_a_pilot_reaches_nobody_by_accident(it: Town, control: str, reason: str) -> None:
    """Everything is done but the sending."""
    await put(it, control)
    await it.trigger()
    assert await state_of(it) == ("suppressed", reason)


async def test_a_stop_begins_and_ends_by_the_clock(it: Town) -> None:
    """As for an election day."""
    begins, ends = it.clock() + timedelta(hours=1), it.clock() + timedelta(hours=2)
    times = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    assert await put(it, "stop/marketing", times) == 200
    assert await it.trigger() == 202
    assert "responde 1" in (await it.texts())[0]
    it.clock.advance(minutes=90)
    await eventually(lambda: _is_stopped(it))
    await it.trigger(BEN)
    assert "responde 1" not in (await it.texts(BEN))[0]
    it.clock.advance(hours=1)
    await eventually(lambda: _is_stopped(it, so=False))


async def _is_stopped(it: Town, *, so: bool = True) -> bool:
    return ("stop marketing" in (await it.read(f"{it.url}/"))[1]) == so


async def test_what_is_stopped_is_so_after_a_restart_before_anything_goes(tmp_path: Path, migrated: Path) -> None:
    """It is read before the bind comes up."""
    async with town(tmp_path, migrated) as it:
        assert await put(it, "stop/everything") == 200
        await it.trigger()
        await state_of(it)
        await it.gateway.stop()
        async with running(tmp_path / "chasqui.toml", FakeClock()) as second:
            it.gateway = second
            await it.bound()
            assert (await state_of(it))[0] == "queued"
            assert it.smsc.messages == []
            await it.call("DELETE", "controls/stop/everything", role="admin")
            await it.texts()


async def test_periods_of_one_stop_stand_side_by_side(it: Town) -> None:
    """What is in force is taken back alone; what is still to begin with ?scheduled=true."""
    later = {"starts_at": "2031-05-01T00:00:00+00:00", "ends_at": "2031-05-02T00:00:00+00:00"}
    assert await put(it, "stop/marketing", {"message": "now"}) == 200
    status, answer = await it.call("PUT", "controls/stop/marketing", later, role="admin")
    assert (status, {name: answer[name] for name in later}) == (200, later)
    items = (await it.call("GET", "controls", role="admin"))[1]["items"]
    assert [(one["starts_at"], one["message"]) for one in items] == [(None, "now"), (later["starts_at"], "")]
    status, answer = await it.call("DELETE", "controls/stop/marketing", role="admin")
    assert (status, [one["starts_at"] for one in answer["scheduled"]]) == (200, [later["starts_at"]])
    for query, expected in (("", 404), ("?scheduled=maybe", 422), ("?scheduled=true", 204), ("?scheduled=true", 404)):
        status, _ = await it.call("DELETE", f"controls/stop/marketing{query}", role="admin")
        assert status == expected, query


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("stop/nothing", {}, 422),
        ("halt/everything", {}, 422),
        ("blackout/abc", {}, 422),
        ("dry_run/off", {}, 422),
        ("stop/marketing", {"starts_at": "soon"}, 422),
        ("stop/marketing", {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"}, 422),
        ("stop/marketing", {"ends_at": "2020-12-01T00:00:00Z"}, 422),
        ("stop/marketing", {"message": 7}, 422),
        ("stop/marketing", {"why": "x"}, 422),
    ],
)
async def test_what_cannot_be_set_says_why(it: Town, what: str, body: Json, status: int) -> None:
    """And nothing is changed."""
    assert await put(it, what, body) == status
    assert (await it.call("GET", "controls", role="admin"))[1]["items"] == []


async def test_only_an_admin_sets_and_reads_controls(it: Town) -> None:
    """They name numbers."""
    assert (await it.call("PUT", "controls/stop/marketing", {}, role="crm"))[0] == 403
    assert (await it.call("GET", "controls", role="crm"))[0] == 403
    assert (await it.call("DELETE", "controls/stop/marketing", role="admin"))[0] == 404
