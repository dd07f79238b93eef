"""Logs are JSON lines that hold no MSISDN."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from fakes import ANA
from gateway.telemetry import JsonLines, Metrics, log_to_stderr, mask


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger of its own, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("gateway.test")
    logger.addHandler(handler)
    yield logger, stream
    handler.close()


@pytest.mark.parametrize(
    "text",
    [
        ANA,
        f"+{ANA}",
        f"to {ANA} now",
        f"'{ANA}'",
        f'"+{ANA}"',
        f"msisdn={ANA}",
        f"/subscribers/{ANA}/orders",
        f"({ANA})",
    ],
)
def test_what_looks_like_a_number_is_struck_out(text: str) -> None:
    """Wherever it stands in a sentence, a path or a value."""
    masked = mask(text)
    assert ANA not in masked
    assert "[number]" in masked
    assert masked.replace("[number]", "") == text.replace(f"+{ANA}", "").replace(ANA, "")


@pytest.mark.parametrize(
    "text",
    [
        "took 1200 ms",
        "2026-11-24T15:00:00.000Z",
        "off-01JDF8Z0Q8XKXW3M8T9V1C2B3D",
        "order ord-123456789012",
        "127.0.0.1:44787",
        "a1234567890b",
        "revision 0001",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    """Times, ids and ports are what logs are read for."""
    assert mask(text) == text


def test_a_line_is_one_json_object(written: tuple[logging.Logger, io.StringIO]) -> None:
    """Time, level, logger, message, and what was given beside it; line breaks stay inside."""
    logger, stream = written
    logger.warning("two\nlines of %s", "señas", extra={"outbox_id": "01A", "left": 3})
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "warning",
        "logger": "gateway.test",
        "message": "two\nlines of señas",
        "outbox_id": "01A",
        "left": 3,
    }


def test_messages_and_exceptions_are_masked(written: tuple[logging.Logger, io.StringIO]) -> None:
    """Also where a library put the number into its error."""
    logger, stream = written
    try:
        int(f"no route to +{ANA}")
    except ValueError:
        logger.exception("could not send to %s", ANA)
    entry = json.loads(stream.getvalue())
    assert entry["message"] == "could not send to [number]"
    assert "no route to [number]" in entry["exception"]
    assert ANA not in stream.getvalue()


def test_what_json_cannot_say_is_written_as_text(written: tuple[logging.Logger, io.StringIO]) -> None:
    """A log call never fails for its values."""
    logger, stream = written
    logger.info("odd", extra={"odd": {1}})
    assert json.loads(stream.getvalue())["odd"] == "{1}"


def test_the_process_logs_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """From the level that was asked for; the scheduler's and the migrations' chatter is left out."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    level = root.level
    try:
        log_to_stderr("info")
        logging.getLogger("gateway.x").info("heard")
        logging.getLogger("gateway.x").debug("not heard")
        logging.getLogger("apscheduler.x").info("not heard")
        logging.getLogger("alembic.x").info("not heard")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name in ("apscheduler", "alembic"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    out, err = capsys.readouterr()
    assert out == ""
    assert [json.loads(line)["message"] for line in err.splitlines()] == ["heard"]


def test_metrics_have_a_registry_of_their_own() -> None:
    """Two gateways in one process do not count for each other."""
    first, second = Metrics(), Metrics()
    first.triggers.labels("alert").inc()
    sample: Any = second.registry.get_sample_value("chasqui_triggers_total", {"outcome": "alert"})
    assert sample is None
    assert first.registry.get_sample_value("chasqui_triggers_total", {"outcome": "alert"}) == 1
