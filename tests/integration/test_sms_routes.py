"""Texts by several SMSCs: a whole gateway between simulators, over real SMPP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import authority, signed

from fakes import ANA, BEN, NUMBER, eventually
from gateway.simulators.smsc import SmscSimulator
from gateway.simulators.smsc_faults import Faults
from running import PATIENCE, Json, Town, bind_to, running, town

PEOPLE = [f"5730011100{number:02}" for number in range(40)]
FIRST_THEN_SECOND = """
[[routes]]
name = "all"
order = "first"
through = [{smsc = "smsc-a"}, {smsc = "smsc-b"}]
"""
BY_PREFIX = """
[[networks]]
name = "b"
prefixes = ["57310"]
[[routes]]
name = "b"
networks = ["b"]
through = [{smsc = "smsc-b"}]
[[routes]]
name = "rest"
order = "weight"
through = [{smsc = "smsc-a", weight = 3}, {smsc = "smsc-b", weight = 1}]
"""


@asynccontextmanager
async def two(
    folder: Path, migrated: Path, more: str = "", second: str = f'source = "{NUMBER}"\n', **settings: Any
) -> AsyncIterator[tuple[Town, SmscSimulator]]:
    """A town with a second SMSC, the bind ``smsc-b``. second: further lines of it."""
    other = SmscSimulator(0, 0)
    await other.start()
    try:
        async with town(folder, migrated, more=bind_to(other.port, "smsc-b", second) + more, **settings) as it:
            yield it, other
    finally:
        await other.stop()


def phones(smsc: SmscSimulator) -> list[str]:
    """Who got a text by this SMSC, oldest first."""
    return [message["to"] for message in smsc.messages]


async def ready(it: Town) -> Json:
    """The checks of ``/readyz``."""
    async with it.http.get(f"{it.url}/readyz") as answer:
        document = await answer.json()
        checks: Json = document["checks"]
        needed = ("store", "network", "sms_lane", "taking_work")
        assert (answer.status == 200) == all(checks[name] for name in needed)
        return checks


async def is_away(it: Town, bind: str = "smpp smsc-a") -> None:
    """Wait until this bind is down."""

    async def down() -> bool:
        return not (await ready(it))[bind]

    await eventually(down, PATIENCE)


async def _on_page(it: Town, words: str) -> bool:
    return words in (await it.read(f"{it.url}/"))[1]


async def test_a_prefix_leads_to_its_smsc_and_weights_share_the_others_out(tmp_path: Path, migrated: Path) -> None:
    """Each person by one and the same, whatever is sent to them."""
    async with two(tmp_path, migrated, BY_PREFIX) as (it, other):
        ported = "573101112233"
        for key, msisdn in enumerate([*PEOPLE, ported] * 2):
            await it.send(msisdn, f"k-{key}")
        await eventually(lambda: len(phones(it.smsc) + phones(other)) == 82, PATIENCE)
        assert phones(other).count(ported) == 2
        assert all(phones(it.smsc).count(one) in (0, 2) for one in PEOPLE)
        by_first = len(set(phones(it.smsc)))
        assert 40 > by_first > 20  # three in four, by a hash of the number


async def test_an_smsc_that_is_away_is_stood_in_for_until_it_is_back(tmp_path: Path, migrated: Path) -> None:
    """The first of the route as long as it is bound; status page, readiness and metrics say which is not."""
    async with two(tmp_path, migrated, FIRST_THEN_SECOND) as (it, other):
        await it.offer()
        assert phones(other) == []
        await it.smsc.stop()
        await is_away(it)
        checks = await ready(it)
        assert (checks["smpp smsc-a"], checks["smpp smsc-b"]) == (False, True)
        metrics = await it.metrics()
        assert 'chasqui_smpp_bound{smsc="smsc-a"} 0.0' in metrics
        assert 'chasqui_smpp_bound{smsc="smsc-b"} 1.0' in metrics
        await eventually(lambda: _on_page(it, "connection refused: nobody listens there"), PATIENCE)
        instead = await it.send(BEN, "k-1")
        assert (await it.becomes(instead["id"], "delivered"))["smsc"] == "smsc-b"
        await it.smsc.start()
        await it.bound()
        back = await it.send(BEN, "k-2")
        assert (await it.becomes(back["id"], "delivered"))["smsc"] == "smsc-a"
        assert phones(other) == [BEN]


async def test_a_gateway_starts_and_sends_while_an_smsc_is_away(tmp_path: Path, migrated: Path) -> None:
    """By the one that is there."""
    async with two(tmp_path, migrated, FIRST_THEN_SECOND) as (it, other):
        await it.gateway.stop()
        await it.smsc.stop()
        async with running(tmp_path / "chasqui.toml", it.clock) as again:
            it.gateway = again
            await is_away(it)
            assert await it.trigger() == 202
            await eventually(lambda: phones(other) == [ANA], PATIENCE)


async def test_an_smsc_that_refuses_hands_over_to_the_next_and_keeps_its_bind(tmp_path: Path, migrated: Path) -> None:
    """ESME_RINVSRCADR is about the sender, not about the text; each bind counts its own answers."""
    async with two(tmp_path, migrated, FIRST_THEN_SECOND) as (it, other):
        it.smsc.set_faults(Faults(status=0x0A))
        message = await it.send(ANA, "k-1")
        assert (await it.becomes(message["id"], "delivered"))["smsc"] == "smsc-b"
        assert (phones(it.smsc), phones(other)) == ([], [ANA])
        assert (await ready(it))["smpp smsc-a"]
        metrics = await it.metrics()
        for line in (
            'chasqui_smpp_answers_total{smsc="smsc-a",status="ESME_RINVSRCADR"} 1.0',
            'chasqui_smpp_answers_total{smsc="smsc-b",status="ESME_ROK"} 1.0',
            'chasqui_smpp_segments_total{smsc="smsc-b"} 1.0',
            'chasqui_smpp_received_total{kind="receipt",smsc="smsc-b"} 1.0',
            'chasqui_smpp_window{smsc="smsc-a"} 0.0',
            'chasqui_smpp_answer_seconds_count{smsc="smsc-b"} 2.0',  # bind and text
        ):
            assert line in metrics
        assert ANA not in metrics


@pytest.mark.parametrize(
    ("bind", "numbers"),
    [
        (f'source = "{NUMBER}"\ntwo_way = false\n', ""),
        (f'source = "{NUMBER}"\n', f'[[numbers]]\naddress = "{NUMBER}"\nmo_tariff = "standard"\n'),
        ('numbers = ["OPERATOR"]\n', '[[numbers]]\naddress = "OPERATOR"\ntype = "alphanumeric"\n'),
    ],
    ids=["one-way", "answers cost", "a name"],
)
async def test_what_cannot_be_answered_for_nothing_asks_nothing(
    tmp_path: Path, migrated: Path, bind: str, numbers: str
) -> None:
    """The alert goes without its offer; nothing is left open that somebody could answer."""
    async with town(tmp_path, migrated, smpp=bind, more=numbers) as it:
        assert await it.trigger() == 202
        (alert,) = await it.texts()
        assert "responde" not in alert
        assert await it.items("offers") == []
        question = await it.send(ANA, "k-1", asks=True)
        assert (await it.becomes(question["id"], "failed"))["reason"] == "no route"


async def test_a_question_takes_the_way_that_can_be_answered(tmp_path: Path, migrated: Path) -> None:
    """The route's first has a name alone; what asks nothing leaves from it, alerts with offers by the second."""
    name = '[[numbers]]\naddress = "OPERATOR"\ntype = "alphanumeric"\n'
    async with two(
        tmp_path, migrated, FIRST_THEN_SECOND + name, smpp='numbers = ["OPERATOR"]\n'
    ) as (it, other):  # fmt: skip
        assert await it.trigger() == 202
        await eventually(lambda: phones(other) == [ANA], PATIENCE)
        assert "responde 1" in other.messages[0]["text"]
        assert other.messages[0]["from"] == NUMBER
        assert phones(it.smsc) == []
        plain = await it.send(BEN, "k-1")
        await it.becomes(plain["id"], "delivered")
        assert [(one["from"], one["source_ton"]) for one in it.smsc.messages] == [("OPERATOR", 5)]


async def test_a_confirmation_overtakes_a_crowd_of_marketing(tmp_path: Path, migrated: Path) -> None:
    """A slow SMSC, forty texts that wait for it, and one that is urgent."""
    async with town(tmp_path, migrated, smpp=f'source = "{NUMBER}"\ntps = 10\n') as it:
        for number, msisdn in enumerate(PEOPLE):
            await it.send(msisdn, f"k-{number}", purpose="marketing")
        await eventually(lambda: len(it.smsc.messages) >= 10, PATIENCE)
        gone = len(it.smsc.messages)
        await it.send(ANA, "urgent", purpose="confirmation")
        await it.texts(ANA)
        assert phones(it.smsc).index(ANA) - gone <= 3
        assert len(it.smsc.messages) < len(PEOPLE)


async def test_a_transmitter_and_a_receiver_of_one_smsc_work_as_one(tmp_path: Path, migrated: Path) -> None:
    """What is sent by the one is answered and receipted by the other, over a restart too."""
    receiver = '[[smpp]]\nname = "rx"\nhost = "127.0.0.1"\nport = {smsc}\nreconnect_max = 0.05\n'
    of_receiver = f'source = "{NUMBER}"\nbind = "receiver"\nsmsc = "claro"\n'
    lines = f'source = "{NUMBER}"\nbind = "transmitter"\nsmsc = "claro"\n'
    async with town(tmp_path, migrated, smpp=lines, more=receiver + of_receiver) as it:
        assert sorted(one["mode"] for one in it.smsc.binds()) == ["receiver", "transmitter"]
        it.smsc.set_faults(Faults(receipt_delay=0.5))
        offer = await it.offer()
        await it.gateway.stop()
        async with running(tmp_path / "chasqui.toml", it.clock) as again:
            it.gateway = again
            await it.bound()
            (alert,) = await it.items("messages")
            assert (await it.becomes(alert["id"], "delivered"))["smsc"] == "claro"
            await it.smsc.send_mo(ANA, NUMBER, "1")
            assert [one["amount"] for one in await it.ledger(ANA, 1)] == [offer["price"]["amount"]]
            assert (await it.texts(ANA, 2))[1].startswith("Listo")
            metrics = await it.metrics()
            assert 'chasqui_smpp_received_total{kind="text",smsc="rx"} 1.0' in metrics
            assert 'chasqui_smpp_segments_total{smsc="rx"} 0.0' in metrics


async def test_a_text_leaves_at_its_time_and_not_before(tmp_path: Path, migrated: Path) -> None:
    """Also where the gateway was stopped meanwhile."""
    async with town(tmp_path, migrated) as it:
        at = it.clock() + timedelta(hours=3)
        waits = await it.send(ANA, "k-1", send_at=at.isoformat())
        now = await it.send(BEN, "k-2")
        await it.becomes(now["id"], "delivered")
        assert (await it.becomes(waits["id"], "deferred"))["text"] == "Hola."
        await it.gateway.stop()
        assert phones(it.smsc) == [BEN]
        it.clock.now = at - timedelta(seconds=0.5)
        async with running(tmp_path / "chasqui.toml", it.clock) as again:
            it.gateway = again
            await it.bound()
            assert phones(it.smsc) == [BEN]
            it.clock.advance(seconds=1)
            await it.becomes(waits["id"], "delivered")
            assert phones(it.smsc) == [BEN, ANA]


async def test_a_bind_over_mutual_tls_carries_texts_and_answers(tmp_path: Path, migrated: Path) -> None:
    """The SMSC shows its certificate and wants ours; a bind that shows none stays down and says why."""
    ours = authority(tmp_path, "authority")
    shown = signed(tmp_path, "smsc", ours)
    signed(tmp_path, "gateway", ours)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate_file, shown.key_file)
    context.load_verify_locations(ours.certificate_file)
    context.verify_mode = ssl.CERT_REQUIRED
    lines = f'source = "{NUMBER}"\ntls = true\ntls_ca = "authority.pem"\n'
    certificate = 'tls_certificate = "gateway.pem"\ntls_key = "gateway.key"\n'
    async with town(tmp_path, migrated, smsc_tls=context, smpp=lines + certificate) as it:
        offer = await it.offer()
        await it.smsc.send_mo(ANA, NUMBER, "1")
        assert [one["amount"] for one in await it.ledger(ANA, 1)] == [offer["price"]["amount"]]
        await it.gateway.stop()
        file = tmp_path / "chasqui.toml"
        file.write_text(file.read_text().replace(certificate, ""))
        async with running(file, it.clock) as stranger:
            it.gateway = stranger
            await is_away(it)
            assert "DOWN" in (await it.read(f"{it.url}/"))[1]
            assert it.smsc.binds() == []


async def test_an_smsc_that_is_cut_in_mid_crowd_costs_no_text(tmp_path: Path, migrated: Path) -> None:
    """Each alert reaches its phone once, by one or the other; all are receipted once both are there."""
    async with two(tmp_path, migrated, FIRST_THEN_SECOND) as (it, other):
        it.smsc.set_faults(Faults(drop_after=7, drop_before_answer=False, refuse_binds=True))
        assert await asyncio.gather(*map(it.trigger, PEOPLE)) == [202] * len(PEOPLE)
        await eventually(lambda: len(phones(it.smsc) + phones(other)) == len(PEOPLE), PATIENCE)
        assert len(phones(it.smsc)) == 7
        it.smsc.set_faults(Faults())

        async def delivered() -> bool:
            texts = [(await it.items("messages", msisdn))[0]["state"] for msisdn in PEOPLE]
            return set(texts) == {"delivered"}

        await eventually(delivered, PATIENCE)
        assert sorted(phones(it.smsc) + phones(other)) == PEOPLE


async def test_what_an_smsc_took_without_a_word_is_never_offered_twice(tmp_path: Path, migrated: Path) -> None:
    """The link goes before the answer: an alert is repeated by the other, without its offer; marketing never is."""
    async with two(tmp_path, migrated, FIRST_THEN_SECOND) as (it, other):
        it.smsc.set_faults(Faults(drop_after=1, drop_before_answer=True, refuse_binds=True))
        assert await it.trigger() == 202
        await eventually(lambda: phones(other) == [ANA], PATIENCE)
        assert "responde 1" in it.smsc.messages[0]["text"]
        assert "responde" not in other.messages[0]["text"]
        it.smsc.set_faults(Faults())
        await it.bound()
        it.smsc.set_faults(Faults(drop_after=1, drop_before_answer=True, refuse_binds=True))
        crowd = await it.send(BEN, "k-1", purpose="marketing")
        assert (await it.becomes(crowd["id"], "in_doubt"))["reason"]
        await is_away(it)
        later = await it.send(BEN, "k-2")
        await it.becomes(later["id"], "delivered")
        assert phones(it.smsc) + phones(other) == [ANA, BEN, ANA, BEN]
        assert [one["text"] for one in other.messages if one["to"] == BEN] == ["Hola."]
