"""Tables in files: what is read, and how what cannot be read is told."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import duckdb
import numpy as np
import pytest

from scoring.errors import FileMalformed
from scoring.files import Column, Kind, Table, opened, read

COLUMNS = (
    Column("msisdn"),
    Column("start", Kind.TIME),
    Column("bytes", Kind.NUMBER, least=0),
    Column("count", Kind.WHOLE, optional=True, may_lack=True),
)
HEADER = "msisdn,start,bytes,count,note\n"
ROW = "573001112233,2026-01-01T00:00:00Z,12,3,x\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a table may be written."""
    return tmp_path / "u.csv"


def test_known_columns_are_read_in_their_kinds(file: Path) -> None:
    """Others are left alone; a byte order mark and a time zone are understood."""
    file.write_text(
        '\ufeffnote,bytes,msisdn,start\nx,12,0573,2026-01-01T00:00:00Z\n"a,b",0.5,57,2026-01-01 02:00:00+02:00\n'
    )
    found = read(file, COLUMNS)
    assert found["msisdn"].tolist() == ["0573", "57"]
    assert found["start"].tolist() == [1767225600.0, 1767225600.0]
    assert found["bytes"].tolist() == [12.0, 0.5]
    assert np.ma.getmaskarray(found["count"]).all()


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    """By the name's ending."""
    file = tmp_path / "u.parquet"
    duckdb.execute(
        f"COPY (SELECT '57' AS msisdn, TIMESTAMPTZ '2026-01-01T00:00:00Z' AS start, 12 AS bytes) TO '{file}'"
    )
    assert read(file, COLUMNS)["bytes"].tolist() == [12.0]


def test_a_file_of_no_rows_is_a_table_of_no_rows(file: Path) -> None:
    """Not an error here."""
    file.write_text(HEADER)
    with opened(file, COLUMNS) as table:
        assert table.check() == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: empty, where the names of the columns should be"),
        ("msisdn,start\n", "line 1: there is no column 'bytes'"),
        ("msisdn,start,bytes,start\n", "line 1: two columns are named 'start'"),
        (HEADER + ROW + ROW.replace("12", "-1"), "line 3, column bytes: -1 is less than 0"),
        (HEADER + ROW.replace("12", "nan"), "line 2, column bytes: not a number: 'nan'"),
        (HEADER + ROW.replace("12", "inf"), "line 2, column bytes: not a number: 'inf'"),
        (HEADER + ROW.replace("12", "much"), "line 2, column bytes: not a number: 'much'"),
        (HEADER + ROW.replace("12", ""), "line 2, column bytes: empty"),
        (
            HEADER + ROW.replace("01-01", "13-01"),
            "line 2, column start: not a time in ISO 8601: '2026-13-01T00:00:00Z'",
        ),
        (HEADER + ROW.replace(",3,", ",2.5,"), "line 2, column count: not a whole number: '2.5'"),
        (HEADER + ROW.replace(",x", ""), "line 2, column note: 4 values, where there are 5 columns"),
        (HEADER + ROW.replace(",x", ",x,y"), "line 2, column note: 6 values, where there are 5 columns"),
        (HEADER + ROW + ROW.replace("x", '"x'), "line 3: unexpected end of data"),
        (HEADER + ROW.replace("12", "١٢"), "line 2, column bytes: not a number: '١٢'"),
        (
            HEADER + ROW.replace("2026-01-01T", "20260101T"),
            "line 2, column start: not a time in ISO 8601: '20260101T00:00:00Z'",
        ),
        (HEADER.replace("note", "Start"), "line 1: two columns are named 'start' and 'Start', the same but for case"),
        (
            HEADER.upper() + ROW,
            "line 1: there is no column 'msisdn'; there is 'MSISDN', which is to be written 'msisdn'",
        ),
        ((HEADER + ROW).replace(",", ";"), "line 1: there is no column 'msisdn'; columns are parted by commas"),
    ],
)
def test_the_first_row_that_cannot_be_used_is_named(file: Path, text: str, told: str) -> None:
    """By file, line and column."""
    file.write_text(text)
    with pytest.raises(FileMalformed) as caught:
        read(file, COLUMNS)
    assert str(caught.value) == f"{file}: {told}"


@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_file_that_is_not_utf8_is_told(file: Path, rows: int) -> None:
    """A spreadsheet's own encoding is the usual case; by the line, however far down it stands."""
    file.write_bytes((HEADER + ROW * rows).encode() + ROW.replace("5730", "\xf130").encode("latin-1"))
    with pytest.raises(FileMalformed) as caught:
        read(file, COLUMNS)
    assert str(caught.value) == f"{file}: line {rows + 2}: is not UTF-8; save it as UTF-8"


def test_a_file_that_cannot_be_read_is_told() -> None:
    """As by somebody who may not; here, by nobody."""
    with pytest.raises(FileMalformed, match=r"^/proc/self/mem: cannot be read: "):
        read(Path("/proc/self/mem"), COLUMNS)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Before anything is opened."""
    with pytest.raises(FileMalformed, match=r"none\.csv: there is no such file"):
        read(tmp_path / "none.csv", COLUMNS)


def test_columns_without_a_name_are_left_alone(file: Path) -> None:
    """As tables have them whose rows were numbered."""
    file.write_text(",msisdn,,n\n0,573001112233,x,1\n")
    assert list(read(file, [Column("msisdn")])["msisdn"]) == ["573001112233"]


def test_rows_are_counted_by_what_is_in_them(file: Path) -> None:
    """Several expressions; columns that the file lacks are empty."""
    file.write_text(HEADER + ROW + ROW + ROW.replace("57", "58", 1).replace(",3,", ",,"))
    with opened(file, COLUMNS) as table:
        assert table.counted(('"msisdn"', '"count" IS NULL')) == {("573001112233", False): 2, ("583001112233", True): 1}
        assert table.has("count")
    with opened(file, (*COLUMNS, Column("circle", may_lack=True))) as table:
        assert not table.has("circle")
        assert table.counted(('"circle"',)) == {(None,): 3}


def test_a_file_may_be_checked_by_the_questions_that_read_it(file: Path) -> None:
    """What no question reads is not looked at; what one reads is, in every row."""
    file.write_text(HEADER + ROW + ROW.replace(",12,", ",-12,"))
    with opened(file, COLUMNS, checked=False) as table:
        assert table.counted(('"msisdn"',)) == {("573001112233",): 2}
        with pytest.raises(FileMalformed, match="line 3, column bytes: -12 is less than 0"):
            table.ask("SELECT sum(bytes) FROM rows")


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(
    ("bytes_", "told"),
    [
        ("CASE WHEN n = 2 THEN -5 ELSE n END", "line 4, column bytes: -5 is less than 0"),
        ("CASE WHEN n = 2 THEN 'nan'::DOUBLE ELSE n END", "line 4, column bytes: not a number: 'nan'"),
        ("CASE WHEN n = 2 THEN 'much' ELSE n::VARCHAR END", "line 4, column bytes: not a number: 'much'"),
        ("CASE WHEN n = 2 THEN NULL ELSE n END", "line 4, column bytes: empty"),
        ("[n]", "line 2, column bytes: not a number: '[0]'"),
        ("DATE '2026-01-01'", "line 2, column bytes: not a number: '2026-01-01'"),
    ],
)
def test_a_parquet_file_is_refused_by_row_and_column_as_well(
    tmp_path: Path, bytes_: str, told: str, *, checked: bool
) -> None:
    """Whatever types its writer has chosen; rows are counted as if they were lines."""
    file = tmp_path / "u.parquet"
    rows = f"SELECT '57' AS msisdn, '2026-01-01T00:00:00Z' AS start, {bytes_} AS bytes FROM range(4) AS rows(n)"
    duckdb.execute(f"COPY ({rows}) TO '{file}'")

    def asked() -> None:
        with opened(file, COLUMNS, checked=checked) as table:
            table.ask("SELECT sum(bytes), max(start) FROM rows")

    with pytest.raises(FileMalformed) as caught:
        asked()
    assert str(caught.value) == f"{file}: {told}"


@pytest.mark.parametrize("checked", [True, False])
def test_figures_and_times_that_parquet_has_as_text_are_read(tmp_path: Path, *, checked: bool) -> None:
    """As a CSV file has them."""
    file = tmp_path / "u.parquet"
    duckdb.execute(
        f"COPY (SELECT 57 AS msisdn, '2026-01-01 01:00:00+01' AS start, '12' AS bytes, '3' AS count) TO '{file}'"
    )
    with opened(file, COLUMNS, checked=checked) as table:
        found = table.ask("SELECT msisdn, epoch(start) AS start, bytes, count FROM rows")
    assert [found[name].tolist() for name in ("msisdn", "start", "bytes", "count")] == [
        *(["57"], [1767225600.0], [12.0], [3])
    ]


@pytest.mark.parametrize(
    ("day", "told"), [("1969-12-31", "is before 1970-01-01"), ("9999-12-31", "is after 2100-01-01")]
)
def test_a_time_may_have_bounds(file: Path, day: str, told: str) -> None:
    """Seconds since 1970, told as days."""
    columns = (Column("at", Kind.TIME, least=0, most=4_102_444_800),)
    file.write_text(f"at\n2026-01-01\n{day}\n")
    with pytest.raises(FileMalformed, match=f"line 3, column at: {day} {told}"):
        read(file, columns)


@pytest.mark.parametrize("why", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error")])
def test_a_question_that_is_broken_off_is_no_fault_of_the_file(file: Path, why: Exception) -> None:
    """Whoever presses Ctrl-C knows why."""

    class Interrupted:
        def execute(self, sql: str, parameters: object = ()) -> object:
            raise why

    with pytest.raises(KeyboardInterrupt):
        Table(file, COLUMNS, cast("duckdb.DuckDBPyConnection", Interrupted()), ["msisdn"]).check()
