"""What is old is forgotten at night, a bounded number of rows at a time, and nothing that is still needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fakes import ANA, ANAS, TUESDAY, House
from flows.effects import RecordAlert
from gateway.config.loading import load
from gateway.config.retention import RetentionConfig
from gateway.core.commit import Committer
from gateway.errors import ConfigError
from gateway.jobs.retention import Retention
from store import alerts, inbox
from store.ids import new_id
from store.inbox import Entry
from store.retention import ROWS
from store.tables import alerts as alerts_table
from store.tables import inbox as inbox_table
from store.unit import Unit

DAY = timedelta(days=1)


def sweeper(house: House, committer: Committer, at: str = "02:30") -> Retention:
    """Sweeps without a pause: 90 days of what came in, 400 of what was told."""
    return Retention(house.context, committer, RetentionConfig(at), breath=0)


async def came(house: House, *ages: float, kind: str = "trigger", outcome: str = "") -> None:
    """Entries so many days ago; outcome: of those that were dealt with."""
    for number, age in enumerate(ages):
        at = house.clock() - age * DAY
        entry = Entry(new_id(at), kind, "ocs", f"{kind}-{outcome}-{number}", ANA, "{}", at)
        await house.writer.commit(inbox.put_aside(entry, outcome) if outcome else inbox.take_in(entry))


async def kept(house: House) -> list[str]:
    """What is in the inbox, by name."""
    return sorted(row.event_id for row in await house.reader.rows(select(inbox_table)))


def told(bundle: str, at: datetime, expires_at: datetime | None = None) -> Unit:
    """One alert of Ana's."""
    effect = RecordAlert(ANAS, bundle, "0.1", at, "alert_and_offer", at, expires_at=expires_at)
    return Unit(gate=alerts.once_per_threshold(effect))


async def test_what_was_dealt_with_is_forgotten_and_what_waits_is_not(house: House, committer: Committer) -> None:
    """However old it is; an event that comes again within the days is known."""
    await came(house, 91, 89, outcome="usage_kept")
    await came(house, 500)
    await came(house, 500, kind="mo")
    await came(house, 91, 1, kind="receipt")
    await sweeper(house, committer).look()
    assert await kept(house) == ["mo--0", "receipt--1", "trigger--0", "trigger-usage_kept-1"]


async def test_it_goes_on_until_all_of_it_is_gone(house: House, committer: Committer) -> None:
    """A page at a time; rows that stay do not stop it."""
    await came(house, 300, 299, 298)
    units = []
    for number in range(2 * ROWS + 500):
        at = house.clock() - 200 * DAY + timedelta(seconds=number)
        units.append(inbox.put_aside(Entry(new_id(at), "trigger", "o", f"{number}", ANA, "{}", at), "kept"))
    await house.writer.commit_all(units)
    await sweeper(house, committer).look()
    assert await kept(house) == ["trigger--0", "trigger--1", "trigger--2"]


async def test_an_alert_is_forgotten_when_its_bundle_is_long_over(house: House, committer: Committer) -> None:
    """A threshold that was told of a bundle that goes on is not told again."""
    now = house.clock()
    await house.writer.commit_all(
        [
            told("over", now - 500 * DAY, now - 450 * DAY),
            told("endless", now - 500 * DAY),
            told("goes-on", now - 500 * DAY, now - 300 * DAY),
            told("young", now - 399 * DAY),
        ]
    )
    await sweeper(house, committer).look()
    rows = await house.reader.rows(select(alerts_table.c.bundle_id).order_by(alerts_table.c.bundle_id))
    assert [row[0] for row in rows] == ["goes-on", "young"]


async def test_it_begins_once_a_day_when_its_hour_is_over(house: House, committer: Committer) -> None:
    """By the market's clock: 02:30 in Bogota is 07:30 UTC. A night that was missed is made up for."""
    job = sweeper(house, committer)
    house.clock.now = TUESDAY.replace(hour=7, minute=29)
    await came(house, 91, outcome="kept")
    await job.look()
    assert len(await kept(house)) == 1
    house.clock.advance(minutes=1)
    await job.look()
    assert await kept(house) == []
    await came(house, 92, outcome="kept")
    await job.look()
    assert len(await kept(house)) == 1
    house.clock.advance(days=1)
    await job.look()
    assert await kept(house) == []


async def test_never_is_never_and_for_ever_is_for_ever(house: House, committer: Committer) -> None:
    """No job, or none for a table."""
    assert sweeper(house, committer, "").jobs == ()
    await came(house, 5_000, outcome="kept")
    await Retention(house.context, committer, RetentionConfig("00:00", inbox_days=0), breath=0).look()
    (count,) = await house.reader.rows(select(func.count()).select_from(inbox_table))
    assert count[0] == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('at = "25:00"', "retention.at must be a local time such as 02:30"),
        ("inbox_days = 1", "retention.inbox_days must be 0 for ever, or at least 2"),
        ("alerts_days = 1", "retention.alerts_days must be 0 for ever, or at least 2"),
        ("alerts_days = -1", "retention.alerts_days must be 0 for ever"),
    ],
)
def test_what_would_forget_too_soon_stops_the_start(tmp_path: Path, text: str, complaint: str) -> None:
    """An event may alert for 24 hours: within them it must be known again."""
    file = tmp_path / "chasqui.toml"
    file.write_text(f"[retention]\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(file, {})
    assert complaint in str(raised.value)
