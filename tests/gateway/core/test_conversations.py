"""Whole conversations by text, in three languages, as they are written down in ``conversations``.

``#`` what it shows   ``>`` a person texts   ``<`` they are answered   ``$`` they buy   ``=`` what the inbox says of it
``@`` what happens: ``market mx``, ``speaks pt_BR``, ``balance 500000``, ``no balance``, ``confirm above 0``,
``offer data-1gb-7d``, ``runs 1_GB_por_7_días 500`` (``_``: a blank), ``runs Tres 300 for 24 hours``,
``wait 20 minutes``, ``alerts required``, ``asked to port``, ``operator Andes``

``CHASQUI_GOLDEN=1`` writes the answers anew: read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from talking import Talk

from fakes import ANA, House, consent
from flows.catalogue import load_starter
from flows.effects import RecordPreference
from flows.market import load_market
from flows.market_rules import AlertRules, AlertScope, Dated, SmsConfirmation
from flows.values import Bucket, Money, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.errors import OcsTimeout

FOLDER = Path(__file__).parent / "conversations"
ANSWERS = ("<", "$", "=")


class Stage:
    """Where one conversation is played."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._house = talk.house

    async def play(self, lines: list[str]) -> list[str]:
        """The conversation as it goes, with every answer."""
        played = []
        for line in lines:
            kind, _, said = line.partition(" ")
            if kind in ANSWERS:
                continue
            played.append(line)
            if kind == "@":
                await self._happens(said)
            elif kind == ">":
                played += await self._texts(said)
        return played

    async def _texts(self, said: str) -> list[str]:
        before = len(self._talk.bought)
        answers = [f"< {answer}" for answer in await self._talk.says(said)]
        assert len(answers) <= 1
        bought = [call.order for call in self._talk.bought[before:]]
        sold = [f"$ {order.bundle} for {order.price.amount} {order.price.currency}" for order in bought]
        return [*answers, *sold, f"= {await self._talk.outcome()}"]

    async def _happens(self, what: str) -> None:
        context, ocs = self._house.context, self._house.ocs
        match what.split():
            case ["market", code]:
                context.market, context.catalogue, context._today = load_market(code), load_starter(code), None
                ocs.otherwise = Wallet(Money(1_000_000, context.market.currency))
            case ["speaks", language]:
                person = await self._talk.ana()
                await self._talk.committer.commit([RecordPreference(person.id, "language", language)])
            case ["balance", amount]:
                ocs.balances[ANA] = Wallet(Money(int(amount), context.market.currency))
            case ["no", "balance"]:
                ocs.broke = OcsTimeout("silent")
            case ["runs", product, megabytes, *end]:
                wallet = ocs.balances.get(ANA, ocs.otherwise)
                ends_at = self._house.clock() + timedelta(hours=float(end[1])) if end else None
                name, left = product.replace("_", " "), int(megabytes) * 2**20
                bucket = Bucket("b-1", Unit.BYTE, left, expires_at=ends_at, name=name)
                ocs.balances[ANA] = replace(wallet, buckets=(*wallet.buckets, bucket))
            case ["confirm", "above", amount]:
                rule = Dated(SmsConfirmation(int(amount)), "a test", None, None)
                context.market, context._today = replace(context.market, sms_confirmation=(rule,)), None
            case ["alerts", "required"]:
                required = Dated(AlertRules((), AlertScope.WALLET, mandatory=True), "a test", None, None)
                context.market, context._today = replace(context.market, alerts=(required,)), None
            case ["offer", bundle]:
                await self._talk.offered(bundle=bundle)
            case ["operator", name]:
                context.operator = name
            case ["wait", count, unit]:
                self._house.clock.advance(**{unit: float(count)})
            case ["asked", "to", "port"]:
                person, at = await self._talk.ana(), self._house.clock()
                given = consent(subscription=person.id, at=at, record_id=f"con-{at.timestamp():.0f}")
                await self._talk.committer.commit([given])
            case _:
                raise ValueError(f"nothing happens by {what!r}")


def conversations(file: Path) -> Mapping[str, list[str]]:
    """The conversations of a file by what they show."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found[line.removeprefix("# ")] = []
        elif line:
            list(found.values())[-1].append(line)
    return found


def cases() -> Iterator[object]:
    """Every conversation there is."""
    for file in sorted(FOLDER.glob("*.txt")):
        for title in conversations(file):
            yield pytest.param(file, title, id=f"{file.stem}: {title}")


@pytest.mark.parametrize(("file", "title"), list(cases()))
async def test_a_conversation_goes_as_it_is_written(
    house: House, committer: Committer, facts: Facts, file: Path, title: str
) -> None:
    """Each text has its one answer or none; what is bought, is bought there and nowhere else."""
    every = dict(conversations(file))
    played = await Stage(Talk(house, committer, facts)).play(every[title])
    if os.environ.get("CHASQUI_GOLDEN"):
        every[title] = played
        text = "\n\n".join("\n".join([f"# {one}", *lines]) for one, lines in every.items())
        file.write_text(f"{text}\n", encoding="utf-8")
    assert played == every[title]
