"""Orders of before have a kind from migration 0019 on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import store.migrations
from fakes import TUESDAY, order
from flows.values import OfferId, OrderKind
from store import orders
from store.engine import open_engine, upgrade
from store.reader import Reader

_NAMES = (
    *("key", "subscription_id", "msisdn", "beneficiary", "bundle", "price_amount", "price_currency", "channel"),
    *("offer", "state", "attempts", "queries", "created_at", "gives_back"),
)


async def test_what_gave_money_back_is_a_refund_and_all_else_a_purchase(tmp_path: Path) -> None:
    """Nothing else of them changes."""

    def before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(store.migrations.__path__[0])))
        config.attributes["connection"] = connection
        command.upgrade(config, "0018")

    at = int(TUESDAY.timestamp() * 1_000_000)
    one = order()
    values = (one.subscription, one.msisdn, one.msisdn, one.bundle, 300_000, "COP", "sms")
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
    async with engine.begin() as connection:
        await connection.run_sync(before)
        for key, gives_back in (("ord-off-1", None), ("ref-off-1", "ord-off-1")):
            row = dict(zip(_NAMES, (key, *values, key, "pending", 0, 0, at, gives_back), strict=True))
            columns, marks = ", ".join(_NAMES), ", ".join(f":{name}" for name in _NAMES)
            await connection.execute(text(f"INSERT INTO orders ({columns}) VALUES ({marks})"), row)
    await upgrade(engine)
    reader = Reader(engine)
    await reader.start()
    found = [await orders.by_key(reader, key) for key in ("ord-off-1", "ref-off-1")]
    assert [view and view.order.kind for view in found] == [OrderKind.PURCHASE, OrderKind.REFUND]
    assert found[0] is not None
    assert found[0].order == replace(one, offer=OfferId("ord-off-1"))
    await reader.stop()
    await engine.dispose()
