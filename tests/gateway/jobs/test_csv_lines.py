"""Files of lines are closed, whenever whoever reads them is stopped."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.jobs.csv_lines import CsvFile


async def test_a_file_that_is_being_opened_as_its_reader_is_stopped_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that opens it is not stopped with the reader."""
    file, opened, begun, go_on = tmp_path / "a.csv", list[Any](), threading.Event(), threading.Event()
    file.write_text("a,b\n", encoding="utf-8")
    really = Path.open

    def slowly(path: Path, *arguments: Any, **named: Any) -> Any:
        begun.set()
        go_on.wait()
        opened.append(really(path, *arguments, **named))
        return opened[0]

    monkeypatch.setattr(Path, "open", slowly)

    async def read() -> None:
        async with CsvFile(file):
            pass

    reading = asyncio.create_task(read())
    await asyncio.to_thread(begun.wait)
    reading.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [one.closed for one in opened] == [True]
