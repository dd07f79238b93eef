"""Logs are JSON lines that hold no MSISDN."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.http_exceptions import BadHttpMethod, BadStatusLine, InvalidHeader

from fakes import ANA
from gateway.telemetry import AtMost, JsonLines, Metrics, NoRawRequests, log_to_stderr, mask


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
        f"X-MSISDN-{ANA}",
        f"X-MSISDN-+{ANA}:",
        f"MSISDN{ANA} ",
        f"MSISDN=%2B{ANA}&",
        f"text=a%20{ANA}%26",
        f"b'{ANA}\\r\\n{ANA}'",
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
        "off-01JDF8Z0Q8XKXW3M8123456789",
        "ord-off-01JDF8Z0Q8XKXW3M8123456789",
        "01JDF8Z0Q8XKXW3M8123456789",
        "0198f3a1-7c1d-7e2a-9b1c-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991123456789",
        "<x object at 0x7f3123456789>",
        "Python/3.11 aiohttp/3.14.5",
        "0.123456789",
        "15:00:00.123456",
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
    """From the level that was asked for; chatter is left out, and the values of statements at every level."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    level = root.level
    try:
        log_to_stderr("info")
        logging.getLogger("gateway.x").info("heard")
        logging.getLogger("gateway.x").debug("not heard")
        logging.getLogger("apscheduler.x").info("not heard")
        logging.getLogger("alembic.x").info("not heard")
        log_to_stderr("debug")
        logging.getLogger("aiosqlite").debug("not heard")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name in ("apscheduler", "alembic", "aiosqlite"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        for name in ("asyncio", "aiohttp.server"):
            logging.getLogger(name).filters.clear()
    out, err = capsys.readouterr()
    assert out == ""
    assert [json.loads(line)["message"] for line in err.splitlines()] == ["heard"]


def test_a_library_says_so_much_and_no_more(written: tuple[logging.Logger, io.StringIO]) -> None:
    """What any peer can cause must not fill the disk; later it is told how much was left out."""
    logger, stream = written
    logger.addFilter(AtMost(3))
    for _ in range(1000):
        logger.error("socket.accept() out of system resource")
    later = logger.makeRecord(logger.name, logging.ERROR, __file__, 1, "again", (), None)
    later.created += 3600
    logger.handle(later)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["message"] for line in lines] == [*["socket.accept() out of system resource"] * 3, "again"]
    assert [line.get("left_out") for line in lines] == [None, None, None, 997]


@pytest.mark.parametrize("error", [BadStatusLine(f"GET /?n={ANA} x"), InvalidHeader(f"{ANA} : y"), BadHttpMethod(ANA)])
def test_nothing_of_a_request_that_is_no_http_is_logged(
    written: tuple[logging.Logger, io.StringIO], error: Exception
) -> None:
    """Nobody asked who sends it."""
    logger, stream = written
    logger.addFilter(NoRawRequests())
    logger.error("Error handling request from %s", "10.0.0.1", exc_info=error)
    entry = json.loads(stream.getvalue())
    assert (entry["message"], entry["level"]) == ("a request that is no HTTP was refused", "warning")
    assert "exception" not in entry
    assert ANA not in stream.getvalue()


def test_other_errors_of_the_server_keep_their_traceback(written: tuple[logging.Logger, io.StringIO]) -> None:
    """They are bugs."""
    logger, stream = written
    logger.addFilter(NoRawRequests())
    logger.error("Unhandled exception", exc_info=KeyError("x"))
    assert "KeyError" in json.loads(stream.getvalue())["exception"]


def test_metrics_have_a_registry_of_their_own() -> None:
    """Two gateways in one process do not count for each other."""
    first, second = Metrics(), Metrics()
    first.triggers.labels("alert").inc()
    sample: Any = second.registry.get_sample_value("chasqui_triggers_total", {"outcome": "alert"})
    assert sample is None
    assert first.registry.get_sample_value("chasqui_triggers_total", {"outcome": "alert"}) == 1
