"""Whatever a person texts, in whatever order: nothing is bought that no text has named, and nothing twice.

A digit buys what the latest text named with it, and a no or a stop to a list ends all of it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from talking import Talk

from fakes import FakeClock, colombia
from flows.keywords import CODES, YES
from flows.market_rules import Dated, SmsConfirmation
from flows.spelling import words
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from locales.catalogues import load_catalogues
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.writer import Writer

TEXTS = (
    "1",
    "SI",
    "si.",
    "SII",
    "2",
    "3",
    "4",
    "no",
    "mas",
    "MORE",
    "no gracias",
    "baja",
    "baja alertas",
    "si quiero",
    "saldo",
    "ayuda",
    "idioma",
    "hola",
    "offer",
    "wait",
)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12),
    st.sampled_from([None, 0, 250_000]),
    st.sampled_from([0, 30, 70]),
)
def test_only_yeses_and_named_digits_buy_each_offer_once(
    migrated: Path, said: list[str], confirm_above: int | None, pause: int
) -> None:
    """An order is of an offer whose digit was texted and stood in a text before; a text has one answer at most."""
    with TemporaryDirectory() as folder:
        shutil.copy(migrated, Path(folder) / "chasqui.db")
        asyncio.run(_talk(Path(folder), said, confirm_above, pause))


async def _talk(folder: Path, said: list[str], confirm_above: int | None, pause: int) -> None:
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
    reader, writer = Reader(engine), Writer(engine)
    await reader.start()
    writer.start()
    try:
        house = colombia(reader, writer, FakeClock(), load_catalogues())
        if confirm_above is not None:
            rule = Dated(SmsConfirmation(confirm_above), "a test", None, None)
            house.context.market = replace(house.context.market, sms_confirmation=(rule,))
        ledger = ConsentLedger(reader, writer)
        committer = Committer(writer, house.context.reach, house.handed.append, ledger)
        await _says(Talk(house, committer, Facts(house.context, house.ocs)), said, confirm_above, pause)
    finally:
        await writer.stop()
        await reader.stop()
        await engine.dispose()


def _is_list(heard: str) -> bool:
    return heard.startswith("Responde un número")


def _ends_a_list(text: str, heard: str) -> bool:
    """Whether it says no or stop to all of what was listed, where it was the latest thing heard."""
    no = text in ("no", "no gracias") or (text == "2" and "2 = " not in heard)
    return _is_list(heard) and (no or text == "baja")


async def _says(talk: Talk, said: list[str], confirm_above: int | None, pause: int) -> None:
    heard, closed = [""], False
    for text in said:
        if text == "offer":
            await talk.offered()
            heard.append("1 GB por 7 días por $3.000: responde 1.")
            closed = False
            continue
        if text == "wait":
            talk.house.clock.advance(minutes=16)
            continue
        before = len(talk.bought)
        answers = await talk.says(text)
        assert len(answers) <= 1
        bought = [call.order for call in talk.bought[before:]]
        assert len(bought) <= 1
        assert not (bought and answers)
        for order in bought:
            (word,) = words(text)
            assert word in YES or word in CODES
            if confirm_above is not None and order.price.amount > confirm_above:
                assert heard[-1].startswith("¿Comprar")
            name = talk.house.context.bundle_name(order.bundle, "es")
            assert any(name in one for one in heard)
            assert word not in CODES or f"{word} = {name} por" in heard[-1]
            assert not heard[-1].startswith("¿Comprar") or name in heard[-1]
            assert not closed
            heard.append("Listo")
        closed = (closed or _ends_a_list(text, heard[-1])) and not any(map(_is_list, answers))
        heard += answers
        talk.house.clock.advance(seconds=pause)
    assert all(count == 1 for count in Counter(call.order.offer for call in talk.bought).values())
