"""The scenes with ``*123#``: buying, hops that come again, a gateway that dies in mid-session, consent to porting."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.simulators.demo.dialogue import Dialogue
from gateway.simulators.demo.living import killed, risen
from gateway.simulators.demo.person import Person, Show, pesos
from gateway.simulators.demo.processes import run_command

_ENOUGH = 500_000
_PRICE = 300_000
_TIMES = 20


async def dialled(show: Show) -> None:
    """Dial, list, confirm, done."""
    person = Person(show, "573001110111")
    await person.has(_ENOUGH)
    dialogue = Dialogue(show, person.msisdn, "demo-h")
    await dialogue.dial()
    await dialogue.answer("2", "1 GB por 7 dias")
    await dialogue.answer("4", pesos(_PRICE))
    result = await dialogue.answer("1", "activo")
    show.check(dialogue.ended and pesos(_ENOUGH - _PRICE) in result, "two steps: bought, with the new balance")
    await person.bought_once(_PRICE, _ENOUGH)
    await person.gets()
    await person.were_delivered(1)


async def hop_again(show: Show) -> None:
    """The network repeats the confirming hop, many times at once: the same bytes, one charge."""
    person = Person(show, "573001110112")
    await person.has(_ENOUGH)
    dialogue = Dialogue(show, person.msisdn, "demo-i")
    await dialogue.dial()
    await dialogue.answer("2")
    await dialogue.answer("4")
    await dialogue.answer("1", "activo")
    answers = await dialogue.repeat(_TIMES)
    show.transcript.behind(f"the network sends the last hop {_TIMES} times again, at once")
    same = set(answers) == {f"END {dialogue.screen}".encode()}
    show.check(same, f"{_TIMES} answers, the same bytes as the first", set(answers))
    await person.bought_once(_PRICE, _ENOUGH)


async def killed_in_session(show: Show) -> None:
    """SIGKILL between two screens: the next hop goes on where the last one stood."""
    person = Person(show, "573001110113")
    await person.has(_ENOUGH)
    dialogue = Dialogue(show, person.msisdn, "demo-j")
    await dialogue.dial()
    await dialogue.answer("2")
    confirm = await dialogue.answer("4", pesos(_PRICE))
    await killed(show)
    await risen(show)
    [again] = await dialogue.repeat(1)
    show.check(again == f"CON {confirm}".encode(), "the hop of before the crash: the same bytes")
    await dialogue.answer("1", "activo")
    await person.bought_once(_PRICE, _ENOUGH)


async def consent(show: Show) -> None:
    """Two yeses, a record, a chain that tells when it was touched; and withdrawn as easily."""
    person = Person(show, "573001110114")
    dialogue = Dialogue(show, person.msisdn, "demo-k1")
    await dialogue.dial()
    await dialogue.answer("5")
    await dialogue.answer("1", "Autorizas")
    prompts = [dialogue.screen]
    await dialogue.answer("1", "Confirma")
    prompts.append(dialogue.screen)
    await dialogue.answer("1", "registrada")
    [record] = await show.wires.of_subscriber(person.msisdn, "consents")
    kept = record["event"] == "given" and record["prompts"] == prompts and record["replies"] == ["1", "1"]
    show.check(kept, "the record holds both screens as shown, and both answers", record)
    await _verified(show, show.stage.database, holds=True)
    await _verified(show, _copy(show, _tampered), holds=False)
    later = Dialogue(show, person.msisdn, "demo-k2")
    await later.dial()
    await later.answer("5", "Autorizaste")
    await later.answer("1", "Retiramos")
    newest, _ = await show.wires.of_subscriber(person.msisdn, "consents")
    show.check(newest["event"] == "withdrawn", "withdrawn in one answer, kept as a record of its own")
    await _verified(show, show.stage.database, holds=True)


async def _verified(show: Show, database: Path, *, holds: bool) -> None:
    """``chasqui consent verify`` says what it should."""
    status, said = await run_command("consent", "verify", "--database", str(database))
    show.transcript.behind(f"chasqui consent verify: {said}")
    show.check(status == (0 if holds else 1), "the chain is whole" if holds else "the change is found", status)


def _copy(show: Show, change: Callable[[sqlite3.Connection], None]) -> Path:
    copy = show.stage.database.with_name("copy.db")
    with closing(sqlite3.connect(show.stage.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        change(target)
        target.commit()
    return copy


def _tampered(copy: sqlite3.Connection) -> None:
    copy.execute("UPDATE consents SET at = at + 1 WHERE position = 1")
