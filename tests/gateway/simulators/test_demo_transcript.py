"""The demonstration's transcript: columns, widths, clock, and no MSISDN."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.simulators.demo.transcript import WIDTH, Transcript, hang, mask, short

_LONG = "Tu 1 GB por 7 dias se acaba en aprox. 11 h (te quedan 102 MB). 1 GB por 7 dias por $3.000: responde 1."


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def printed(play: Callable[[Transcript, Clock], None], *, colour: bool = False) -> list[str]:
    """The lines of a transcript."""
    out, clock = io.StringIO(), Clock()
    play(Transcript(out, colour=colour, clock=clock), clock)
    return out.getvalue().splitlines()


def everything(transcript: Transcript, clock: Clock) -> None:
    """One of each kind of line."""
    transcript.say("three processes")
    transcript.scene("a  A scene")
    transcript.texted("1")
    clock.seconds += 0.25
    transcript.behind("order sent")
    transcript.checked("ledger: exactly one charge")
    transcript.received(_LONG)
    transcript.failed("not so")
    transcript.quote("a line of a log")


def test_phone_stands_left_and_what_happened_stands_right() -> None:
    """A text and a line behind are in their columns, with the clock before them."""
    lines = printed(everything)
    assert lines[4] == "     0  → 1"
    assert lines[5] == f"{250:>6}{'':46}order sent"
    assert lines[6] == f"{250:>6}{'':46}✓ ledger: exactly one charge"


def test_a_long_text_goes_on_under_its_own_beginning() -> None:
    """Only the first line has the clock and the arrow; the words are all there."""
    lines = printed(lambda transcript, _: transcript.received(_LONG))
    assert lines[0].startswith("     0  ← Tu 1 GB")
    assert all(line.startswith(" " * 10) and line[10] != " " for line in lines[1:])
    assert " ".join(line[10:] for line in lines) == _LONG


def test_a_scenes_clock_starts_with_the_scene() -> None:
    """What went before a scene does not count."""

    def play(transcript: Transcript, clock: Clock) -> None:
        clock.seconds += 7
        transcript.scene("b  Another")
        clock.seconds += 0.042
        transcript.behind("accepted")

    assert printed(play)[-1].split() == ["42", "accepted"]


@given(st.text(max_size=400))
def test_no_line_is_wider_than_the_transcript(text: str) -> None:
    """Whatever is said, on either side, fits and stays on lines of its own."""

    def play(transcript: Transcript, _: Clock) -> None:
        for say in (transcript.received, transcript.behind, transcript.checked, transcript.failed, transcript.say):
            say(text)

    assert all(len(line) <= WIDTH for line in printed(play))


@given(st.text(alphabet="ab cd", max_size=200), st.integers(min_value=8, max_value=60))
def test_wrapping_keeps_every_word(text: str, width: int) -> None:
    """The words come out in order, however they are wrapped."""
    lines = hang(text, width, "→")
    assert "".join("".join(lines).removeprefix("→").split()) == "".join(text.split())
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to +573001110101 now", "to …0101 now"),
        ("msisdn=573001110101&count=1", "msisdn=…0101&count=1"),
        ("/subscribers/573001110101/orders", "/subscribers/…0101/orders"),
        ("port 38469, $3.000.000", "port 38469, $3.000.000"),
        ("ord-off-0123456789abc", "ord-off-0123456789abc"),
    ],
)
def test_an_msisdn_is_cut_to_its_last_digits(text: str, shown: str) -> None:
    """Numbers that can be somebody's are cut; ports, amounts and keys are not."""
    assert mask(text) == shown


@pytest.mark.parametrize("method", ["texted", "received", "behind", "checked", "failed", "say", "quote"])
def test_no_kind_of_line_shows_an_msisdn(method: str) -> None:
    """Every way to print masks."""
    lines = printed(lambda transcript, _: getattr(transcript, method)("from 573001110101 on"))
    assert "573001110101" not in "\n".join(lines)
    assert short("573001110101") in "\n".join(lines)


def test_without_colour_there_are_no_escape_codes() -> None:
    """Plain text for files and pipes."""
    assert "\x1b" not in "\n".join(printed(everything))


def test_colour_changes_no_letter_and_no_column() -> None:
    """Without its escape codes the coloured transcript is the plain one."""
    coloured = "\n".join(printed(everything, colour=True))
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"):
        assert code in coloured
        coloured = coloured.replace(code, "")
    assert [line.rstrip() for line in coloured.splitlines()] == printed(everything)
