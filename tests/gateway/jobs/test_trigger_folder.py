"""Files of events: every line once, wrong ones named, and nothing lost when the process dies in the middle."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import ANA, TUESDAY, House, eventually
from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.intake import Intake
from gateway.core.pump import Pump
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.triggers import TriggerDesk, Triggered, subject
from gateway.errors import ConfigError, StoreUnavailable
from gateway.jobs.imsi_map import ImsiMap
from gateway.jobs.trigger_folder import TriggerFolder
from gateway.smpp.incoming import join
from store import imsis
from store.tables import inbox as inbox_table
from store.unit import Unit

HEADER = "type,time,subject,bundle_id,unit,initial,remaining,threshold"
IMSI = "732101234567890"


def line(number: int, **changes: str) -> str:
    """One bundle that runs low."""
    cells = {
        "type": "bundle.depleting",
        "time": TUESDAY.isoformat(),
        "subject": ANA,
        "bundle_id": f"b-{number}",
        "unit": "byte",
        "initial": "1000",
        "remaining": "100",
        "threshold": "0.1",
        **changes,
    }
    return ",".join(cells.values())


@pytest.fixture
def intake(house: House, committer: Committer, facts: Facts) -> Intake:
    """Where lines go; nobody works on them."""
    desk, replies = TriggerDesk(house.context, facts, committer), ReplyDesk(house.context, facts, committer)
    pumps = (
        Pump("triggers", subject, desk.work, desk.give_up),
        Pump("r", lambda e: e.subject, replies.work, replies.give_up),
    )
    return Intake(house.context, *pumps, ReceiptDesk(house.context), join)


@pytest.fixture
async def dropped(house: House, intake: Intake, tmp_path: Path) -> TriggerFolder:
    """The folder, with its two others in it; looked at by the test alone."""
    folder = TriggerFolder(house.context, intake, tmp_path / "inbox", pause=0.001)
    folder.start()
    await folder.stop()
    return folder


def drop(tmp_path: Path, lines: Sequence[str], name: str = "a.csv") -> Path:
    """A file, renamed in as it is whole."""
    part = tmp_path / "inbox" / f"{name}.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return part.rename(tmp_path / "inbox" / name)


async def kept(house: House) -> int:
    """Events in the inbox."""
    return len(await house.reader.rows(inbox_table.select()))


def there(tmp_path: Path) -> set[str]:
    """Every file under the folder."""
    inbox = tmp_path / "inbox"
    return {str(one.relative_to(inbox)) for one in inbox.rglob("*") if one.is_file()}


async def test_a_file_is_taken_in_and_put_away(house: House, dropped: TriggerFolder, tmp_path: Path) -> None:
    """More lines than are read at once."""
    drop(tmp_path, [HEADER, *(line(number) for number in range(1_234))])
    await dropped.look()
    assert await kept(house) == 1_234
    assert there(tmp_path) == {"done/a.csv"}


async def test_the_same_file_again_is_known_and_another_of_its_name_is_not(
    house: House, dropped: TriggerFolder, tmp_path: Path
) -> None:
    """What it holds makes the file, not its name alone."""
    for lines in ([line(1)], [line(1)], [line(2)]):
        drop(tmp_path, [HEADER, *lines])
        await dropped.look()
    assert await kept(house) == 2
    assert there(tmp_path) == {"done/a.csv", "done/a-2.csv", "done/a-3.csv"}


async def test_wrong_lines_are_named_and_the_others_taken(house: House, dropped: TriggerFolder, tmp_path: Path) -> None:
    """Line and column, as a person counts them in an editor."""
    wrong = [line(2, remaining="many"), line(3, subject="anna", threshold="2"), "only,three,cells"]
    drop(tmp_path, [HEADER, line(1), *wrong, "", line(4)])
    await dropped.look()
    assert await kept(house) == 2
    assert there(tmp_path) == {"failed/a.csv", "failed/a.csv.errors.csv"}
    with (tmp_path / "inbox/failed/a.csv.errors.csv").open(encoding="utf-8", newline="") as file:
        named = [(row["line"], row["column"]) for row in csv.DictReader(file)]
    assert named == [("3", "remaining"), ("4", "subject"), ("4", "threshold"), ("5", "")]


@pytest.mark.parametrize(
    ("content", "line_and_column"),
    [
        (b"", [("1", "type"), ("1", "time"), ("1", "subject")]),
        (HEADER.replace("remaining", "remainnig").encode(), [("1", "remainnig")]),
        (HEADER.encode() + b",unit", [("1", "unit")]),
        (HEADER.encode() + b"\n\xff\xfe,", [("2", "")]),
        (HEADER.encode() + b"\n" + line(1).encode() + b'\n"open', [("3", "")]),
    ],
)
async def test_a_file_that_is_none_is_put_aside_with_its_reason(
    dropped: TriggerFolder, tmp_path: Path, content: bytes, line_and_column: list[tuple[str, str]]
) -> None:
    """A column that nobody knows would be lost without a word."""
    (tmp_path / "inbox/a.csv").write_bytes(content)
    await dropped.look()
    with (tmp_path / "inbox/failed/a.csv.errors.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["line"], row["column"]) for row in csv.DictReader(file)] == line_and_column


async def test_what_is_not_whole_yet_is_left_alone(house: House, dropped: TriggerFolder, tmp_path: Path) -> None:
    """Under another name until it is."""
    for name in ("a.csv.part", ".a.csv", "a.txt"):
        (tmp_path / "inbox" / name).write_text(f"{HEADER}\n{line(1)}\n", encoding="utf-8")
    await dropped.look()
    assert await kept(house) == 0
    assert there(tmp_path) == {"a.csv.part", ".a.csv", "a.txt"}


@pytest.mark.parametrize("batches", [0, 1, 2])
async def test_a_file_that_was_half_read_is_read_again(
    house: House,
    intake: Intake,
    dropped: TriggerFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    batches: int,
) -> None:
    """The process died after so many batches: every line is in the inbox once all the same."""
    drop(tmp_path, [HEADER, *(line(number) for number in range(1_200))])
    take, left = intake.triggers, [batches]

    async def dying(items: Sequence[Triggered], units: Sequence[Unit]) -> list[bool]:
        if not left[0]:
            raise asyncio.CancelledError
        left[0] -= 1
        return await take(items, units)

    monkeypatch.setattr(intake, "triggers", dying)
    with pytest.raises(asyncio.CancelledError):
        await dropped.look()
    assert await kept(house) == 500 * batches
    assert there(tmp_path) == {"a.csv"}
    monkeypatch.undo()
    await dropped.look()
    assert await kept(house) == 1_200
    assert there(tmp_path) == {"done/a.csv"}


async def test_a_store_that_is_away_is_waited_for(
    house: House, intake: Intake, dropped: TriggerFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays where it is, and goes on with the same lines."""
    take, left = intake.triggers, [3]

    async def away(items: Sequence[Triggered], units: Sequence[Unit]) -> list[bool]:
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("the disk is full")
        return await take(items, units)

    monkeypatch.setattr(intake, "triggers", away)
    drop(tmp_path, [HEADER, line(1)])
    await dropped.look()
    assert await kept(house) == 1


async def test_a_folder_that_cannot_be_is_named(house: House, intake: Intake, tmp_path: Path) -> None:
    """One line, at the start."""
    (tmp_path / "inbox").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^triggers\.folder .*inbox: cannot be used"):
        TriggerFolder(house.context, intake, tmp_path / "inbox").start()


async def test_the_map_of_sims_is_read_once_and_again_when_it_changes(house: House, tmp_path: Path) -> None:
    """Bad lines are left out; a newer word of an event stays."""
    path = tmp_path / "imsi.csv"
    path.write_text(f"imsi,msisdn\n{IMSI},{ANA}\nx,1\n732101234567891,+573001112244\n", encoding="utf-8")
    known = ImsiMap(house.context, path, pause=0.001)
    await known.start()
    assert await imsis.number_of(house.reader, IMSI) == ANA
    path.write_text(f"imsi,msisdn\n{IMSI},573009998877\n", encoding="utf-8")

    async def changed() -> bool:
        return await imsis.number_of(house.reader, IMSI) == "573009998877"

    await eventually(changed)
    await known.stop()
    assert await imsis.number_of(house.reader, "732101234567891") == "573001112244"


async def test_a_map_that_is_put_back_to_an_older_file_is_read_once_too(house: House, tmp_path: Path) -> None:
    """And not every five seconds for ever; what was told after it was written stays."""
    path = tmp_path / "imsi.csv"
    path.write_text(f"imsi,msisdn\n{IMSI},{ANA}\n", encoding="utf-8")
    known = ImsiMap(house.context, path)
    for hours in (1, 2):
        written = (TUESDAY - timedelta(hours=hours)).timestamp()
        os.utime(path, (written, written))
        await known.look()
    path.write_text("nonsense", encoding="utf-8")
    os.utime(path, (written, written))
    await known.look()
    assert await imsis.number_of(house.reader, IMSI) == ANA


async def test_a_map_from_a_clock_that_is_ahead_gives_way_to_what_is_told_after(house: House, tmp_path: Path) -> None:
    """Its word is no newer than when it was read."""
    path = tmp_path / "imsi.csv"
    path.write_text(f"imsi,msisdn\n{IMSI},{ANA}\n", encoding="utf-8")
    ahead = (TUESDAY + timedelta(days=1)).timestamp()
    os.utime(path, (ahead, ahead))
    await ImsiMap(house.context, path).look()
    house.clock.advance(minutes=1)
    await house.writer.commit(Unit(ops=(imsis.learn(IMSI, Msisdn("573009998877"), house.clock()),)))
    assert await imsis.number_of(house.reader, IMSI) == "573009998877"
