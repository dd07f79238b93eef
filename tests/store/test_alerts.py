"""What was told of a bundle, and what an older version told of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import store.migrations
from fakes import ANAS, TUESDAY
from flows.bundle_periods import Told
from flows.effects import RecordAlert
from store import alerts
from store.engine import open_engine, upgrade
from store.reader import Reader
from store.tables import microseconds
from store.unit import Unit
from store.writer import Writer

DAY = timedelta(days=1)
ALERT = RecordAlert(
    ANAS, "b-77", "0.1", TUESDAY, "alert_and_offer", TUESDAY - DAY, TUESDAY - 2 * DAY, TUESDAY + DAY, "alert:1"
)


async def test_what_was_told_is_read_as_it_was_written(writer: Writer, reader: Reader) -> None:
    """With its period and its text; of these bundles alone."""
    await writer.commit(Unit(gate=alerts.once_per_threshold(ALERT)))
    wanted = [(ANAS, "b-77"), (ANAS, "b-80")]
    assert await alerts.told(reader, wanted) == {
        (ANAS, "b-77"): [Told("0.1", TUESDAY - DAY, TUESDAY - 2 * DAY, TUESDAY + DAY, "alert:1")]
    }
    assert await alerts.told(reader, []) == {}


async def test_another_period_is_another_alert(writer: Writer) -> None:
    """And the same is none."""
    again = RecordAlert(ANAS, "b-77", "0.1", TUESDAY, "alert_and_offer", activated_at=TUESDAY)
    gates = [alerts.once_per_threshold(one) for one in (ALERT, ALERT, again, again)]
    assert [await writer.commit(Unit(gate=gate)) for gate in gates] == [True, False, True, False]


async def test_what_an_older_version_told_is_still_told(tmp_path: Path) -> None:
    """Migration 0013 keeps every alert: nobody is alerted again because the gateway was brought up to date."""

    def before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(store.migrations.__path__[0])))
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")

    engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
    async with engine.begin() as connection:
        await connection.run_sync(before)
        values = {"who": ANAS, "at": microseconds(TUESDAY)}
        await connection.execute(
            text("INSERT INTO alerts VALUES (:who, 'b-77', '0.1', :at, 'alert_and_offer')"), values
        )
    await upgrade(engine)
    reader = Reader(engine)
    await reader.start()
    assert await alerts.told(reader, [(ANAS, "b-77")]) == {(ANAS, "b-77"): [Told("0.1", TUESDAY)]}
    await reader.stop()
    await engine.dispose()
