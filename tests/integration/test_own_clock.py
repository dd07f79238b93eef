"""Ends that no trigger tells, over real wires: a usage report is all that the charging system ever sends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fakes import ANA, TUESDAY, eventually
from running import Json, Town, town

END = TUESDAY + timedelta(days=3)
MB = 1024 * 1024


async def report(it: Town, ident: str, **data: object) -> None:
    """The charging system reports Ana's use."""
    event: Json = {
        "specversion": "1.0",
        "id": ident,
        "source": "ocs/test",
        "type": "usage.reported",
        "time": it.clock().isoformat(),
        "subject": f"+{ANA}",
        "data": data,
    }
    async with it.http.post(f"{it.url}/triggers", json=event) as answer:
        assert answer.status == 202, await answer.text()


def bundle(remaining: int = 300 * MB) -> Json:
    """A gigabyte for a week, as it is told in reports."""
    return {
        "id": "b-1",
        "product": "data-1gb-7d",
        "unit": "byte",
        "initial": 1024 * MB,
        "remaining": remaining,
        "activated_at": (END - timedelta(days=7)).isoformat(),
        "expires_at": END.isoformat(),
    }


async def test_an_end_by_the_clock_is_told_a_day_before_it_and_can_be_answered(tmp_path: Path, migrated: Path) -> None:
    """With what the charging system says is left then; once, whatever it reports afterwards."""
    async with town(tmp_path, migrated, policy="clock_seconds = 1") as it:
        await it.http.put(f"{it.ocs.control_url}/subscribers/{ANA}", json={"bundles": [bundle(200 * MB)]})
        await report(it, "u-1", bundles=[bundle()])
        it.clock.advance(days=2, seconds=1)
        (text,) = await it.texts()
        assert text.startswith("Tu 1 GB por 7 dias vence en 24 h (te quedan 200 MB).")
        (offer,) = await it.items("offers")
        await report(it, "u-2", bundles=[bundle(200 * MB)])
        it.clock.advance(seconds=30)
        await it.smsc.send_mo(ANA, "12345", "1")
        assert (await it.texts(ANA, 2))[1].startswith("Listo: ")
        (charge,) = await it.ledger()
        assert charge["amount"] == offer["price"]["amount"]
        assert 'chasqui_triggers_total{outcome="alert_and_offer"} 1.0' in await it.metrics()


async def test_an_end_by_use_is_told_before_any_threshold(tmp_path: Path, migrated: Path) -> None:
    """With the report that says so."""
    sessions = [{"start": (TUESDAY - timedelta(hours=hour)).isoformat(), "bytes": 50 * MB} for hour in range(72)]
    async with town(tmp_path, migrated) as it:
        await report(it, "u-1", sessions=sessions, bundles=[bundle(50 * MB)])
        (text,) = await it.texts()
        assert text.startswith("Tu 1 GB por 7 dias se acaba en aprox. 2 h (te quedan 50 MB).")


async def test_a_new_sim_ends_what_was_offered_to_the_old_one(tmp_path: Path, migrated: Path) -> None:
    """The app is told that it has expired, and nothing is charged."""
    async with town(tmp_path, migrated) as it:
        offer = await it.offer()
        swapped = {**it.event(), "type": "subscriber.sim_swapped", "data": {}}
        async with it.http.post(f"{it.url}/triggers", json=swapped) as answer:
            assert answer.status == 202

        async def over() -> bool:
            return await it.items("offers") == []

        await eventually(over)
        status, problem = await it.accept(offer["id"], "k-1")
        assert (status, problem["code"]) == (410, "offer-expired")
        assert await it.ledger() == []
