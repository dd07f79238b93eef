"""Consents are appended to one chain, durable with their unit, and stay proof when their key is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, ANAS, BEN, TUESDAY, consent, record_offer, sms
from flows.effects import RecordAudit, RecordConsent, RecordOfferState
from flows.values import OfferId, SubscriptionId
from gateway.core.commit import Committer
from store import audit, consents, prices, tables
from store.consent_chain import GENESIS, Verdict
from store.consent_check import check
from store.consent_erasure import empty_log, erasure
from store.consent_ledger import ConsentLedger
from store.errors import DatabaseUnusable, WriteFailed
from store.reader import Reader
from store.record import write
from store.unit import Op, Unit
from store.writer import Writer

BENS = SubscriptionId("01BEN")
PURPOSE = "number_porting"


@pytest.fixture
def ledger(reader: Reader, writer: Writer) -> ConsentLedger:
    """One process's ledger."""
    return ConsentLedger(reader, writer)


@pytest.fixture
async def other(engine: AsyncEngine, reader: Reader) -> AsyncIterator[ConsentLedger]:
    """Another process's ledger on the same database."""
    writer = Writer(engine)
    writer.start()
    yield ConsentLedger(reader, writer)
    await writer.stop()


@pytest.fixture
def verdict(tmp_path: Path) -> Callable[[], Verdict]:
    """What a check of the test's database finds."""
    return lambda: check(tmp_path / "chasqui.db")


def noted(name: str) -> Op:
    """A row that the consent's unit also writes."""
    return audit.note(RecordAudit("test", name, ANAS, TUESDAY))


async def kept(engine: AsyncEngine) -> list[str]:
    """The audit's actions."""
    async with engine.connect() as connection:
        return list((await connection.execute(select(tables.audit.c.action))).scalars())


async def ids(engine: AsyncEngine) -> list[tuple[int, str]]:
    """Positions and ids of the chain."""
    async with engine.connect() as connection:
        found = await connection.execute(
            select(tables.consents.c.position, tables.consents.c.record_id).order_by(tables.consents.c.position)
        )
        return [(row.position, row.record_id) for row in found]


async def test_a_consent_comes_back_as_it_was_given(ledger: ConsentLedger, reader: Reader) -> None:
    """Screens, answers, menu and version, language, channel, session, instant."""
    given = consent(replies=("1", " sí\ud83d"))  # what a person types may be half a surrogate pair
    assert await ledger.commit(Unit(), [given])
    (view,) = await consents.of_subscription(reader, ANAS)
    assert view.personal is not None
    assert (view.msisdn, view.personal.prompts, view.personal.replies) == (ANA, given.prompts, given.replies)
    assert (view.personal.session, view.channel, view.jurisdiction) == ("ATUid_1", "ussd", "co")
    assert (view.menu, view.menu_version, view.language) == ("main", "0123456789ab", "es")
    assert (view.event, view.purpose, view.lawful_basis, view.at) == ("given", PURPOSE, "consent", TUESDAY)
    assert view.prompt_sha256 == tuple(sha256(prompt.encode()).hexdigest() for prompt in given.prompts)
    assert (view.position, view.previous, view.erased, view.damaged) == (1, GENESIS, False, False)


async def test_nothing_personal_lies_in_the_open(ledger: ConsentLedger, tmp_path: Path) -> None:
    """Neither number nor session nor screens are anywhere in the files."""
    await ledger.commit(Unit(), [consent(session="a-very-own-session")])
    content = b"".join(file.read_bytes() for file in tmp_path.glob("chasqui.db*"))
    assert b"con-1" in content
    for word in (ANA, "a-very-own-session", "Autorizas"):
        assert word.encode() not in content


async def test_the_latest_word_is_what_stands(ledger: ConsentLedger, reader: Reader) -> None:
    """Given, withdrawn, given again; for this purpose and this subscription alone."""
    assert await consents.in_force(reader, ANAS, PURPOSE) is None
    for number, event in enumerate(("given", "withdrawn", "given"), 1):
        await ledger.commit(Unit(), [consent(number, event=event)])
        standing = await consents.in_force(reader, ANAS, PURPOSE)
        assert (standing.record_id if standing else None) == (f"con-{number}" if event == "given" else None)
    assert await consents.in_force(reader, ANAS, "marketing") is None
    assert await consents.in_force(reader, BENS, PURPOSE) is None


async def test_records_come_newest_first_page_by_page(ledger: ConsentLedger, reader: Reader) -> None:
    """Those of one subscription."""
    for number in range(1, 6):
        await ledger.commit(Unit(), [consent(number), consent(number + 10, subscription=BENS, msisdn=BEN)])
    pages, after = list[list[str]](), None
    while page := await consents.of_subscription(reader, ANAS, 2, after):
        pages.append([view.record_id for view in page])
        after = pages[-1][-1]
    assert pages == [["con-5", "con-4"], ["con-3", "con-2"], ["con-1"]]
    assert await consents.of_subscription(reader, ANAS, 2, "con-nobody") == []


async def test_many_at_once_make_one_chain(
    ledger: ConsentLedger, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """In the order in which they came, whoever they are of."""
    people = (ANAS, BENS)
    await asyncio.gather(*(ledger.commit(Unit(), [consent(n, subscription=people[n % 2])]) for n in range(1, 41)))
    assert await ids(engine) == [(n, f"con-{n}") for n in range(1, 41)]
    assert (verdict().records, verdict().fault) == (40, "")


async def test_two_processes_make_one_chain(
    ledger: ConsentLedger,
    other: ConsentLedger,
    engine: AsyncEngine,
    reader: Reader,
    verdict: Callable[[], Verdict],
) -> None:
    """Also when each has an old head in mind, and both meet a person for the first time."""
    for number in range(1, 41, 2):
        outcomes = await asyncio.gather(
            ledger.commit(Unit(ops=(noted("a"),)), [consent(number)]),
            other.commit(Unit(ops=(noted("b"),)), [consent(number + 1)]),
        )
        assert all(outcomes)
    assert sorted(record for _, record in await ids(engine)) == sorted(f"con-{n}" for n in range(1, 41))
    assert (verdict().records, verdict().fault) == (40, "")
    assert sorted(await kept(engine)) == ["a"] * 20 + ["b"] * 20
    assert all(view.personal for view in await consents.of_subscription(reader, ANAS))


async def test_a_unit_that_fails_leaves_no_hole(
    ledger: ConsentLedger, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """Neither the record nor the rest of it is there, nor its key, and the next takes the place."""
    await ledger.commit(Unit(), [consent(1)])
    with pytest.raises(WriteFailed):
        await ledger.commit(Unit(ops=(noted("\ud800"),)), [consent(2, subscription=BENS)])
    async with engine.connect() as connection:
        assert list((await connection.execute(select(tables.consent_keys.c.subscription_id))).scalars()) == [ANAS]
    await ledger.commit(Unit(), [consent(3)])
    assert await ids(engine) == [(1, "con-1"), (2, "con-3")]
    assert verdict().fault == ""


async def test_a_record_is_written_once(
    ledger: ConsentLedger, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """The same id again fails at once, without being tried again."""
    await ledger.commit(Unit(), [consent(1)])
    with pytest.raises(WriteFailed):
        await ledger.commit(Unit(ops=(noted("twice"),)), [consent(1)])
    assert (await ids(engine), await kept(engine), verdict().fault) == ([(1, "con-1")], [], "")


async def test_who_goes_away_while_it_is_written_breaks_nothing(
    ledger: ConsentLedger, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """The abandoned record may be there or not; the next one follows what is."""
    await ledger.commit(Unit(), [consent(1)])
    for number in range(2, 12, 2):
        gone = asyncio.create_task(ledger.commit(Unit(), [consent(number)]))
        for _ in range(number):
            await asyncio.sleep(0)
        gone.cancel()
        assert await ledger.commit(Unit(), [consent(number + 1)])
    assert verdict().fault == ""
    assert {f"con-{n}" for n in (1, 3, 5, 7, 9, 11)} <= {record for _, record in await ids(engine)}


async def test_a_step_writes_its_consent_and_its_reply_together(
    committer: Committer, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """Through the same door as every other step; what waits is handed over after the commit."""
    assert await committer.commit([consent(1), sms("reply:1")])
    outcomes = await committer.commit_all([((consent(2),), ()), ((sms("reply:2"),), ()), ((consent(2),), ())])
    assert outcomes[:2] == [True, True]
    assert isinstance(outcomes[2], WriteFailed)
    assert await ids(engine) == [(1, "con-1"), (2, "con-2")]
    async with engine.connect() as connection:
        assert len((await connection.execute(select(tables.outbox.c.key))).all()) == 2
    assert verdict().fault == ""


async def test_behind_a_shut_gate_no_consent_is_written(
    ledger: ConsentLedger, writer: Writer, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """And its place stays free."""
    await writer.commit(write([record_offer()]).unit)
    gate = write([RecordOfferState(OfferId("off-1"), "declined", TUESDAY)]).unit
    assert await ledger.commit(gate, [consent(1)])
    assert not await ledger.commit(gate, [consent(2)])
    assert await ledger.commit(Unit(), [consent(3)])
    assert await ids(engine) == [(1, "con-1"), (2, "con-3")]
    assert verdict().fault == ""


def test_a_step_without_consents_pays_nothing() -> None:
    """Its unit is what it was, and a consent is not among the rows that the unit has by itself."""
    assert write([sms()]).consents == ()
    assert write([consent()]).unit == Unit()
    assert write([consent()]).consents == (consent(),)


# ── erasure ──


async def test_erasure_takes_what_is_personal_and_leaves_the_proof(
    ledger: ConsentLedger, writer: Writer, reader: Reader, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """That consent was given and withdrawn, when, on which screens by their hashes; and the chain is whole."""
    await ledger.commit(Unit(), [consent(1), consent(2, subscription=BENS, msisdn=BEN), consent(3, event="withdrawn")])
    before = verdict()
    assert await writer.commit(erasure(ANAS, "operator", TUESDAY))
    assert verdict() == before == replace(before, fault="")
    views = await consents.of_subscription(reader, ANAS)
    assert [(view.event, view.personal, view.erased, view.damaged) for view in views] == [
        ("withdrawn", None, True, False),
        ("given", None, True, False),
    ]
    assert views[1].prompt_sha256 == tuple(sha256(prompt.encode()).hexdigest() for prompt in consent().prompts)
    (bens,) = await consents.of_subscription(reader, BENS)
    assert bens.msisdn == BEN
    assert await kept(engine) == ["consent.erased"]


async def test_erasure_takes_what_was_thought_of_a_person(writer: Writer, reader: Reader) -> None:
    """How likely they are to leave, also where no consent was ever given."""
    risk = prices.Risk(0.4, "porting.intent", TUESDAY)
    await writer.commit(Unit(ops=(prices.put_risk(ANAS, risk), prices.put_risk(BENS, risk))))
    await writer.commit(erasure(ANAS, "operator", TUESDAY))
    assert (await prices.risks(reader, [ANAS, BENS], TUESDAY - timedelta(days=1))).keys() == {BENS}


async def test_a_consent_still_stands_after_erasure(ledger: ConsentLedger, writer: Writer, reader: Reader) -> None:
    """Erasing is not withdrawing."""
    await ledger.commit(Unit(), [consent(1)])
    await writer.commit(erasure(ANAS, "operator", TUESDAY))
    standing = await consents.in_force(reader, ANAS, PURPOSE)
    assert standing is not None
    assert standing.erased


async def test_a_new_consent_after_erasure_has_a_new_key(ledger: ConsentLedger, writer: Writer, reader: Reader) -> None:
    """It opens, the old one does not."""
    await ledger.commit(Unit(), [consent(1)])
    await writer.commit(erasure(ANAS, "operator", TUESDAY))
    await ledger.commit(Unit(), [consent(2)])
    assert [view.erased for view in await consents.of_subscription(reader, ANAS)] == [False, True]


async def test_there_is_nothing_to_erase_twice(
    ledger: ConsentLedger, writer: Writer, reader: Reader, engine: AsyncEngine
) -> None:
    """Nor for somebody who never consented; the audit has one line."""
    await ledger.commit(Unit(), [consent(1)])
    outcomes = [await writer.commit(erasure(who, "operator", TUESDAY)) for who in (ANAS, ANAS, BENS)]
    assert outcomes == [True, False, False]
    assert await kept(engine) == ["consent.erased"]


async def test_an_erased_key_is_in_no_file_any_more(
    ledger: ConsentLedger, writer: Writer, reader: Reader, engine: AsyncEngine, tmp_path: Path
) -> None:
    """Neither in a free page nor in the write-ahead log."""
    await ledger.commit(Unit(), [consent(1)])
    secret = (await consents.keys_of(reader, [ANAS]))[ANAS].secret

    def found() -> bool:
        return any(secret in file.read_bytes() for file in tmp_path.glob("chasqui.db*"))

    assert found()
    await empty_log(engine)  # so that it lies in the file itself
    await writer.commit(erasure(ANAS, "operator", TUESDAY))
    assert await empty_log(engine)
    assert not found()


async def test_a_sealed_part_opens_in_its_own_record_alone(
    ledger: ConsentLedger, reader: Reader, engine: AsyncEngine
) -> None:
    """Copied into another record of the same person it shows as damaged, and never as theirs."""
    await ledger.commit(Unit(), [consent(1), consent(2, event="withdrawn")])
    t = tables.consents
    sealed = select(t.c.sealed).where(t.c.position == 1).scalar_subquery()
    async with engine.begin() as connection:
        await connection.execute(update(t).where(t.c.position == 2).values(sealed=sealed))
    views = await consents.of_subscription(reader, ANAS)
    assert [(view.damaged, view.erased) for view in views] == [(True, False), (False, False)]


# ── checking a database ──


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ("UPDATE consents SET event = 'withdrawn' WHERE position = 2", "record 2 (con-2): its content was changed"),
        ("UPDATE consents SET at = at + 1 WHERE position = 4", "record 4 (con-4): its content was changed"),
        ("UPDATE consents SET at = 'soon' WHERE position = 2", "record 2 (con-2): its content was changed"),
        ("UPDATE consents SET clear = x'ff' WHERE position = 3", "record 3 (con-3): its content was changed"),
        ("UPDATE consents SET sealed = x'00' WHERE position IN (3, 1)", "record 1 (con-1): its content was changed"),
        ("UPDATE consents SET clear = CAST(x'ff' AS TEXT) WHERE position = 3", "record 3 (con-3): its content was"),
        ("DELETE FROM consents WHERE position = 3", "record 3 was removed: the next one is record 4 (con-4)"),
        ("DELETE FROM consents WHERE position < 3", "record 1 was removed: the next one is record 3 (con-3)"),
        ("UPDATE consents SET position = 9 WHERE position = 2", "record 2 was removed: the next one is record 3"),
        ("UPDATE consents SET position = -position", "record -5 (con-5): it was put in"),
    ],
)  # fmt: skip
async def test_a_check_names_the_first_bad_record_of_a_database(
    change: str, first: str, ledger: ConsentLedger, engine: AsyncEngine, verdict: Callable[[], Verdict]
) -> None:
    """Whatever somebody with access to the file did."""
    await ledger.commit(Unit(), [consent(number) for number in range(1, 6)])
    async with engine.begin() as connection:
        await connection.execute(text(change))
    assert verdict().fault.startswith(first)


async def test_a_check_sees_what_is_committed_while_the_database_is_in_use(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    """And tells how far it has come, page by page."""
    for start in range(0, 2_500, 500):
        await ledger.commit(Unit(), [consent(number) for number in range(start, start + 500)])
    told: list[int] = []
    found = check(tmp_path / "chasqui.db", progress=told.append)
    assert (found.records, found.fault, told) == (2_500, "", [1_000, 2_000, 2_500])


async def test_a_check_leaves_nothing_beside_a_copy(ledger: ConsentLedger, engine: AsyncEngine, tmp_path: Path) -> None:
    """It can be evidence, in a folder that nobody may write to."""
    await ledger.commit(Unit(), [consent(1)])
    await empty_log(engine)
    folder = tmp_path / "evidence"
    folder.mkdir()
    content = (tmp_path / "chasqui.db").read_bytes()
    (folder / "copy.db").write_bytes(content)
    assert (check(folder / "copy.db").records, check(folder / "copy.db").fault) == (1, "")
    assert list(folder.iterdir()) == [folder / "copy.db"]
    assert (folder / "copy.db").read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"this is a letter to my aunt\n" * 100])
def test_a_file_without_a_chain_is_told_in_one_line(content: bytes, tmp_path: Path) -> None:
    """With what to do where something can be done."""
    file = tmp_path / "x.db"
    file.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match=r"x\.db: cannot read the consent chain: ") as refused:
        check(file)
    assert "\n" not in str(refused.value)
    assert ("chasqui db upgrade" in str(refused.value)) == (content == b"")


async def test_somebody_elses_key_opens_nothing(ledger: ConsentLedger, reader: Reader, engine: AsyncEngine) -> None:
    """A key that was put in place of an erased one has another id."""
    await ledger.commit(Unit(), [consent(1), consent(2, subscription=BENS)])
    t = tables.consent_keys
    async with engine.begin() as connection:
        await connection.execute(delete(t).where(t.c.subscription_id == ANAS))
        await connection.execute(update(t).values(subscription_id=ANAS))
    (view,) = await consents.of_subscription(reader, ANAS)
    assert (view.personal, view.erased) == (None, True)


async def test_the_clear_part_is_canonical(ledger: ConsentLedger, engine: AsyncEngine) -> None:
    """Sorted, without blanks, ASCII: the same content always has the same bytes."""
    record: RecordConsent = consent(1, menu="menú", at=TUESDAY + timedelta(microseconds=1))
    await ledger.commit(Unit(), [record])
    async with engine.connect() as connection:
        clear = (await connection.execute(select(tables.consents.c.clear))).scalar_one()
    assert clear == json.dumps(json.loads(clear), sort_keys=True, separators=(",", ":"))
    assert clear.isascii()
