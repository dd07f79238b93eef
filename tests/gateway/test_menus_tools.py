"""``chasqui menus``: what looks at menu files. Lint, preview, play, from the outside."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from fakes import ANA, TUESDAY, FakeOcs
from flows.market import PACKS
from gateway.app.peers import Outside, Peers
from gateway.app.written_menus import written_menus
from gateway.cli import main
from gateway.config.loading import load
from gateway.errors import ConfigError
from menus.sources import Source
from store import menu_revisions, subscriptions
from store.engine import open_engine
from store.menu_revisions import Revision
from store.unit import Unit
from store.writer import Writer

Output = pytest.CaptureFixture[str]
SMALL_ONE = """\
# kept
menu: one
navigation:
  back: {es: Volver, pt_BR: Voltar, en: Back}
  home: {es: Inicio, pt_BR: Início, en: Home}
"""
MAIN = (Path(__file__).parent / "tools_menu.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a menu, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    (tmp_path / "main.yaml").write_text(MAIN, encoding="utf-8")
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let these lines be the standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


# ── lint ──


def test_a_good_menu_is_one_line(folder: Path, capsys: Output) -> None:
    """With how much was looked at; a file and a folder alike, and the starter menu if none is named."""
    for arguments in (("main.yaml",), (".",)):
        assert main(["menus", "lint", *arguments]) == 0
        assert capsys.readouterr() == ("main.yaml: 10 pages, 3 languages, no problems\n", "")
    assert main(["menus", "lint"]) == 0
    assert capsys.readouterr().out.endswith(" pages, 3 languages, no problems\n")


def test_all_problems_of_all_files_are_told(folder: Path, capsys: Output) -> None:
    """A line each, as an editor or a person reads them, and as JSON; exit status 2."""
    (folder / "bad.yaml").write_text(
        MAIN.replace("goto: buy}", "goto: by}", 1).replace("start: home", "start: hom"), encoding="utf-8"
    )
    assert main(["menus", "lint", "main.yaml", "bad.yaml", "none.yaml"]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "none.yaml: cannot be read: No such file or directory",
        "bad.yaml:3: start: 'hom' is no page; did you mean 'home'?",
        "bad.yaml:17: page home: option 2 leads to 'by', which is no page; did you mean 'buy'?",
    ]
    assert main(["menus", "lint", "--json", "bad.yaml"]) == 2
    assert json.loads(capsys.readouterr().out)[0] == {
        "file": "bad.yaml",
        "line": 3,
        "kind": "problem",
        "problem": "start: 'hom' is no page; did you mean 'home'?",
    }
    assert main(["menus", "lint", "--json", "main.yaml"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_what_is_worth_a_look_is_a_note(folder: Path, capsys: Output) -> None:
    """On standard error, with exit status 0; in JSON among the problems, with its kind."""
    (folder / "main.yaml").write_text(MAIN.replace("en: Buy}", "en: Buy ✓}", 1), encoding="utf-8")
    assert main(["menus", "lint", "main.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out == "main.yaml: 10 pages, 3 languages, no problems\n"
    assert err.startswith("note: main.yaml:17: page home: '✓' in en is shown as '?' on a GSM-7 screen; write another")
    assert main(["menus", "lint", "main.yaml", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [(one["kind"], one["line"]) for one in json.loads(out)] == [("note", 17)]
    assert err == ""


def test_a_file_of_pages_alone_is_noted(folder: Path, capsys: Output) -> None:
    """By itself, and in a folder whose menus do not include it."""
    (folder / "club.yaml").write_text("pages:\n  club: {text: {es: Club, pt_BR: Clube, en: Club}}\n", encoding="utf-8")
    assert main(["menus", "lint", "club.yaml"]) == 0
    assert capsys.readouterr() == (
        "",
        "note: club.yaml:1: club.yaml holds pages alone; lint the menu that includes it\n",
    )
    assert main(["menus", "lint", "."]) == 0
    assert capsys.readouterr() == (
        "main.yaml: 10 pages, 3 languages, no problems\n",
        "note: club.yaml:1: club.yaml holds pages that no menu of . includes\n",
    )
    (folder / "main.yaml").unlink()
    assert main(["menus", "lint", "."]) == 2
    assert capsys.readouterr().out == ".: no menu in this folder, only files that menus include\n"


def test_the_configured_menus_are_looked_at(folder: Path, capsys: Output) -> None:
    """Those that the gateway would serve; two with one name are a problem."""
    (folder / "menus").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / "menus" / name).write_text(MAIN, encoding="utf-8")
    (folder / "chasqui.toml").write_text('[menus]\npath = "menus"\n', encoding="utf-8")
    assert main(["menus", "lint"]) == 2
    assert capsys.readouterr().out == "b.yaml:1: menu 'main' is also in a.yaml\n"
    assert main(["menus", "preview"]) == 2
    assert capsys.readouterr().err == "chasqui: which menu? name one of a.yaml, b.yaml\n"


@pytest.mark.parametrize(("market", "status"), [("co", 2), ("gh", 0)])
def test_a_price_without_tax_is_a_problem_where_the_law_wants_it_in(
    market: str, status: int, folder: Path, capsys: Output
) -> None:
    """With the page, the bundle and the law; once a menu."""
    starter = (PACKS.parent / "catalogues" / f"starter-{market}.yaml").read_text(encoding="utf-8")
    (folder / "catalogue.yaml").write_text(starter.replace("tax_included: true", "tax_included: false", 1), "utf-8")
    (folder / "chasqui.toml").write_text(f'market = "{market}"\n[catalogue]\npath = "catalogue.yaml"\n', "utf-8")
    assert main(["menus", "lint", "main.yaml"]) == status
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    if status:
        assert out.startswith("main.yaml:33: page buy: shows a price, but data-")
        assert "are sold without tax, which a price in market co includes (Ley 1480 de 2011 art. 26" in out


def test_a_folder_is_no_file_and_a_file_no_folder(folder: Path, capsys: Output) -> None:
    """Told in one line, with what to write; a configured file as the start of the gateway tells it."""
    (folder / "my-menus").mkdir()
    for command in (("draft", "my-menus"), ("preview", "my-menus"), ("diff", "my-menus", "main.yaml")):
        assert main(["menus", *command]) == 2
        assert capsys.readouterr() == (
            "",
            "my-menus is a folder; name the menu's file, such as my-menus/main.yaml\n",
        )
    assert main(["menus", "preview", "my-menus/none.yaml"]) == 2
    assert capsys.readouterr().err == "my-menus/none.yaml: cannot be read: No such file or directory\n"
    (folder / "chasqui.toml").write_text('[menus]\npath = "main.yaml"\n', encoding="utf-8")
    assert main(["menus", "lint"]) == 2
    told = capsys.readouterr().err
    assert told == f"chasqui: menus.path: {folder / 'main.yaml'} is a file; name the folder that it is in\n"
    with pytest.raises(ConfigError) as refused:
        written_menus(load(folder / "chasqui.toml", {}))
    assert told == f"chasqui: {refused.value}\n"


# ── preview ──


def test_a_phone_in_the_terminal_shows_screens_and_carries_out_nothing(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what would be done, and shows what the person at the terminal chooses."""
    typed(monkeypatch, "2", "2", "1", "9", "done", "")
    assert main(["menus", "preview", "main.yaml", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "│ Which bundle would you like? │" in out
    assert "  would carry out: buy bundle=data-3gb-15d\n  1 done · 2 started · 3 too_little · 4 refused\n" in out
    assert "how does it end? 9\n  a number from 1 to 4\nhow does it end? done\n" in out
    assert "Done: 3 GB for 15 days. Charged $8.00. Balance $10.00." in out
    assert "  the session has ended; Enter dials again\n> \n┌" in out
    assert out.endswith("home · 94 of 182 septets\n\n")


def test_a_phone_of_another_alphabet_and_size(folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in its units, in parts; with the longest facts, or with none."""
    typed(monkeypatch, "98")
    assert main(["menus", "preview", "main.yaml", "--lang", "pt_BR", "--charset", "ucs2"]) == 0
    assert "  home · 63 of 80 UCS-2 units · part 1 of 2\n> 98\n" in capsys.readouterr().out
    typed(monkeypatch, "1")
    assert main(["menus", "preview", "main.yaml", "--facts", "longest"]) == 0
    assert "R$ 1.999.999,99" in capsys.readouterr().out
    typed(monkeypatch, "2")
    assert main(["menus", "preview", "main.yaml", "--facts", "none"]) == 0
    assert "No hay paquetes para ti." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--lang", "fr"), "chasqui: --lang: the menu has no fr; there is: es, pt_BR, en"),
        (("--size", "10"), "chasqui: --size: 10 is no screen's room; with gsm7 write 40 to 182"),
        (("--size", "0"), "chasqui: --size: 0 is no screen's room; with gsm7 write 40 to 182"),
        (("--size", "90", "--charset", "ucs2"), "--size: 90 is no screen's room; with ucs2 write 20 to 80"),
        (("--fact", "balance"), "chasqui: --fact: 'balance' must be NAME=VALUE, such as ?balance=50000"),
        (("--fact", "?balance=$5"), "chasqui: --fact ?balance is a number in minor units: 50000 is $500.00"),
        (("--fact", "balanse=5"), "chasqui: --fact balanse: 'balanse' is not known; did you mean 'balance'?"),
        (("--msisdn", "x"), "chasqui: --msisdn must be an E.164 number, with or without +"),
        (("--msisdn", ANA), "chasqui.db: there is no such database; chasqui db upgrade makes it; which gateway is"),
    ],
)
def test_what_cannot_be_previewed_is_one_line(
    arguments: tuple[str, ...], line: str, folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2."""
    typed(monkeypatch)
    assert main(["menus", "preview", "main.yaml", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert line in err


def test_a_fact_may_be_said_and_what_conditions_hide_is_told(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As plays say it; an option that is hidden is a line with its condition."""
    asking = MAIN.replace("goto: buy}", "goto: buy, when: balance >= 100}", 1)
    (folder / "main.yaml").write_text(asking, encoding="utf-8")
    for balance, hidden in (("50", True), ("500", False)):
        typed(monkeypatch, "1")
        facts = ("--fact", f"?balance={balance}", "--fact", "balance=$7")
        assert main(["menus", "preview", "main.yaml", "--lang", "en", *facts]) == 0
        out = capsys.readouterr().out
        assert ("  hidden here: 'Buy' (when balance >= 100)\n" in out) == hidden
        assert "$7" in out


def test_a_version_in_the_store_is_previewed_and_drawn(
    known: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name; without a name it is what is published, and a line says so."""
    (known / "v.yaml").write_text(MAIN.replace('en: "Hi, what', 'en: "Hey, what'), encoding="utf-8")
    assert main(["menus", "publish", "v.yaml", "--author", "ana"]) == 0
    capsys.readouterr()
    for arguments, note in (
        (("main@1",), ""),
        ((), "chasqui: note: this is main@1; published: main@1 100 %\n"),
    ):
        typed(monkeypatch)
        assert main(["menus", "preview", *arguments, "--lang", "en"]) == 0
        out, err = capsys.readouterr()
        assert ("Hey, what" in out, err) == (True, note)
    assert main(["menus", "graph", "main@1", "--lang", "en", "--out", "x.svg"]) == 0
    assert "Hey, what" in (known / "x.svg").read_text(encoding="utf-8")
    assert main(["menus", "preview", "main@2"]) == 2
    assert capsys.readouterr().err == "chasqui: main@2: there is no such version; chasqui menus log main lists them\n"


def test_ctrl_c_ends_a_preview_without_a_word(folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """As shells have it: 130."""

    class Impatient(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Impatient())
    assert main(["menus", "preview", "main.yaml"]) == 130
    assert capsys.readouterr().err == ""


@pytest.fixture
def known(folder: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder with a database in which Ana has been seen, and a charging system that knows her."""
    shutil.copy(migrated, folder / "chasqui.db")
    (folder / "chasqui.toml").write_text('market = "co"\n', encoding="utf-8")

    async def fill() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
        writer = Writer(engine)
        writer.start()
        await writer.commit(subscriptions.create(subscriptions.begin(ANA, "pt_BR", TUESDAY), TUESDAY))
        await writer.stop()
        await engine.dispose()

    async def nobody(*_: object) -> Peers:
        return Peers(FakeOcs(), "", (), frozenset(), None, None)

    asyncio.run(fill())
    monkeypatch.setattr(Outside, "open", nobody)
    return folder


def test_the_facts_of_a_person_are_read_and_nothing_is_written(
    known: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their language, their balance, what they may buy; and what buying it would show."""
    before = hashlib.sha256((known / "chasqui.db").read_bytes()).digest()
    typed(monkeypatch, "1", "00", "2", "1", "1", "done")
    assert main(["menus", "preview", "main.yaml", "--msisdn", f"+{ANA}"]) == 0
    out = capsys.readouterr().out
    assert "Saldo: COP" in out
    assert "would carry out: buy bundle=" in out
    assert "Pronto: " in out
    assert hashlib.sha256((known / "chasqui.db").read_bytes()).digest() == before
    typed(monkeypatch)
    assert main(["menus", "preview", "main.yaml", "--msisdn", ANA, "--lang", "en"]) == 0
    assert "Hi, what would you like to do?" in capsys.readouterr().out


def test_a_number_that_nobody_has_stays_without_a_subscription(known: Path, capsys: Output) -> None:
    """One line, exit status 2."""
    for _ in range(2):
        assert main(["menus", "preview", "main.yaml", "--msisdn", "573005550000"]) == 2
        assert capsys.readouterr() == ("", "chasqui: --msisdn: nobody with this number has been seen\n")


# ── play ──

PLAY = "menu: main.yaml\nlanguage: en\n\n== Offers\n> *123*3#\n  For you: …\n  …\n> 1\n! decline_offer -> done\n  …\n"


def test_plays_are_run_and_brought_up_to_date(folder: Path, capsys: Output) -> None:
    """0 as written, 1 different with both sides, and --update writes what is so now."""
    path = folder / "x.play"
    path.write_text(PLAY, encoding="utf-8")
    assert main(["menus", "play", "x.play"]) == 0
    assert capsys.readouterr().out == "x.play: 1 conversation, 2 screens, as written\n"
    path.write_text(PLAY.replace("  For you: …\n  …\n", "  For me\n"), encoding="utf-8")
    assert main(["menus", "play", "x.play"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("x.play:6: the screen after '> *123*3#' is not as it is written\n  expected:\n    For me\n")
    assert "  got:\n    For you: 1 GB for 7 days for $3.00.\n" in out
    assert main(["menus", "play", "--update", "x.play"]) == 0
    assert capsys.readouterr().out == "x.play: 1 conversation, 2 screens, 1 brought up to date\n"
    assert main(["menus", "play", "x.play"]) == 0


def test_what_cannot_be_played_ends_with_two(folder: Path, capsys: Output) -> None:
    """The others are played all the same."""
    (folder / "x.play").write_text(PLAY, encoding="utf-8")
    (folder / "y.play").write_text(PLAY.replace("main.yaml", "nowhere.yaml"), encoding="utf-8")
    (folder / "z.play").write_bytes("menu: main.yaml\n> ñ\n".encode("latin-1"))
    assert main(["menus", "play", "y.play", "z.play", "none.play", "x.play"]) == 2
    out, err = capsys.readouterr()
    assert out == "x.play: 1 conversation, 2 screens, as written\n"
    assert err.splitlines() == [
        "y.play:1: menu: there is no file nowhere.yaml, seen from the folder of this play",
        "z.play: is not UTF-8; save it as UTF-8",
        "none.play: cannot be read: No such file or directory",
    ]


def test_a_conversation_that_stops_shows_first_what_differs(folder: Path, capfd: Output) -> None:
    """--update writes what came before and says what is left."""
    path = folder / "x.play"
    path.write_text(PLAY.replace("  For you: …\n  …\n> 1", "  For me ...\n> 00"), encoding="utf-8")
    assert main(["menus", "play", "x.play"]) == 2
    out, err = capfd.readouterr()
    assert out.startswith("x.play:6: the screen after '> *123*3#' is not as it is written\n")
    assert (
        "\n  for anything write '…', one character, not '...'\nx.play: 1 conversation, 1 screen, 1 different, 1 st"
        in out
    )
    assert err == (
        "x.play:8: no command is asked for here; because the screens above differ, this was not reached as written\n"
    )
    assert main(["menus", "play", "x.play", "--update"]) == 2
    out, err = capfd.readouterr()
    assert out == "x.play: 1 conversation, 1 screen, 1 brought up to date, 1 stopped\n"
    assert re.fullmatch(r"x.play:[0-9]+: no command is asked for here; take this line out\n", err)
    assert "  For you: 1 GB for 7 days for $3.00.\n" in path.read_text(encoding="utf-8")


def test_a_folder_plays_all_its_files(folder: Path, capsys: Output) -> None:
    """Each is a line; one without any is told."""
    for name in ("b", "a"):
        (folder / f"{name}.play").write_text(PLAY, encoding="utf-8")
    assert main(["menus", "play", "."]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["a.play", "b.play"]
    (folder / "empty").mkdir()
    assert main(["menus", "play", "empty"]) == 2
    assert capsys.readouterr().err == "empty: no .play file in this folder\n"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("fact ?balance: $500", "x.play:3: fact ?balance is a number in minor units: 50000 is $500.00"),
        ("fact ?can_gift: maybe", "x.play:3: fact ?can_gift is yes, no or away"),
        ("fact ?can_gif: no", "x.play:3: fact ?can_gif: '?can_gif' is not known; did you mean '?can_gift'?"),
        ("menu: other.yaml", "x.play:3: 'menu' comes once, before the first conversation"),
    ],
)
def test_what_a_line_of_a_play_cannot_say_is_one_sentence(
    line: str, complaint: str, folder: Path, capsys: Output
) -> None:
    """With exit status 2."""
    (folder / "x.play").write_text(PLAY.replace("\n\n", f"\n{line}\n", 1), encoding="utf-8")
    assert main(["menus", "play", "x.play"]) == 2
    assert capsys.readouterr().err == f"{complaint}\n"


def test_a_menu_that_a_play_lacks_is_told_at_its_line(folder: Path, capsys: Output) -> None:
    """Wherever that stands."""
    for name, end in (("none.yaml", "there is no file none.yaml, seen from the folder of this play"), (".", "is a")):
        (folder / "x.play").write_text(f"# first\n{PLAY.replace('main.yaml', name)}", encoding="utf-8")
        assert main(["menus", "play", "x.play"]) == 2
        assert capsys.readouterr().err.startswith(f"x.play:2: menu: {end}" if name != "." else "x.play:2: menu: . is a")


# ── diff ──


def test_two_files_are_held_against_each_other(folder: Path, capsys: Output) -> None:
    """0 and one line when they say the same; 1 and a sentence a difference; 2 when one cannot be read."""
    (folder / "same.yaml").write_text(f"# a comment\n{MAIN}", encoding="utf-8")
    (folder / "new.yaml").write_text(MAIN.replace("es: Mi oferta", "es: Tu oferta"), encoding="utf-8")
    assert main(["menus", "diff", "main.yaml", "same.yaml"]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["menus", "diff", "main.yaml", "new.yaml"]) == 1
    assert capsys.readouterr().out == "page home: option 3 in es changed from 'Mi oferta' to 'Tu oferta'\n"
    assert main(["menus", "diff", "main.yaml", "none.yaml"]) == 2
    assert capsys.readouterr() == ("", "none.yaml: cannot be read: No such file or directory\n")


def test_a_revision_is_held_against_a_file(known: Path, capsys: Output) -> None:
    """As MENU@N; one that is not there is one line."""

    async def fill() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", known)
        writer = Writer(engine)
        writer.start()
        source = Source("main.yaml", {"main.yaml": MAIN.replace("es: Mi oferta", "es: Tu oferta")})
        revision = Revision("main", 1, "0123456789ab", source, {}, "ana", "first", TUESDAY)
        await writer.commit(Unit((menu_revisions.put(revision),)))
        await writer.stop()
        await engine.dispose()

    asyncio.run(fill())
    assert main(["menus", "diff", "main@1", "main.yaml"]) == 1
    assert capsys.readouterr().out == "page home: option 3 in es changed from 'Tu oferta' to 'Mi oferta'\n"
    assert main(["menus", "diff", "main@2", "main.yaml"]) == 2
    assert capsys.readouterr().err == ("chasqui: main@2: there is no such version; chasqui menus log main lists them\n")


# ── count ──


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("hola",), ["4 septets in GSM-7: 178 of a screen of 182 left; 1 SMS"]),
        (
            ("Á [€]",),
            [
                "8 septets in GSM-7: 174 of a screen of 182 left; 1 SMS",
                "Á at 1: U+00C1 LATIN CAPITAL LETTER A WITH ACUTE, sent as A",
                "[ at 3: U+005B LEFT SQUARE BRACKET, costs two septets",
                "€ at 4: U+20AC EURO SIGN, costs two septets",
                "] at 5: U+005D RIGHT SQUARE BRACKET, costs two septets",
            ],
        ),
        (
            ("hola 🎉",),
            [
                "7 units in UCS-2: 73 of a screen of 80 left; 1 SMS",
                "🎉 at 6: U+1F389 PARTY POPPER forces UCS-2",
                "a text by SMS moves to UCS-2; a menu's screen shows ? instead, unless its page or door is ucs2",
            ],
        ),
        (
            ("a\u00adb",),
            ["2 septets in GSM-7: 180 of a screen of 182 left; 1 SMS", "at 2: U+00AD SOFT HYPHEN, left out"],
        ),
        (("x" * 190,), ["190 septets in GSM-7: 8 too many for one screen; 2 SMS"]),
        (
            ("ő", "--lang", "hu"),
            [
                "1 septet in GSM-7: 181 of a screen of 182 left; 1 SMS",
                "ő at 1: U+0151 LATIN SMALL LETTER O WITH DOUBLE ACUTE, sent as ö",
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_text_is_counted_and_what_costs_is_named(
    arguments: tuple[str, ...], lines: list[str], folder: Path, capsys: Output
) -> None:
    """What is left, and which characters cost or change."""
    assert main(["menus", "count", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == lines


def test_a_text_may_come_from_standard_input(folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the line end of the file."""
    typed(monkeypatch, "hola")
    assert main(["menus", "count", "-"]) == 0
    assert capsys.readouterr().out.startswith("4 septets")


def test_bytes_that_are_no_text_are_refused(folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an argument and from standard input, in one line."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    for text in ("a\udcff", "-"):
        assert main(["menus", "count", text]) == 2
        assert capsys.readouterr() == ("", "chasqui: the text is not UTF-8; write it as UTF-8\n")


# ── graph ──


def test_a_menu_is_drawn_in_two_ways(folder: Path, capsys: Output) -> None:
    """To standard output, or to a file."""
    assert main(["menus", "graph", "main.yaml"]) == 0
    assert capsys.readouterr().out.startswith("stateDiagram-v2\n")
    assert main(["menus", "graph", "main.yaml", "--format", "svg", "--lang", "pt_BR", "--out", "menu.svg"]) == 0
    assert "Agora não podemos." in (folder / "menu.svg").read_text(encoding="utf-8")
    for ending, begins in ((".svg", "<svg"), (".mmd", "stateDiagram-v2"), (".md", "stateDiagram-v2")):
        assert main(["menus", "graph", "main.yaml", "--out", f"y{ending}"]) == 0
        assert (folder / f"y{ending}").read_text(encoding="utf-8").startswith(begins)
    assert main(["menus", "graph", "main.yaml", "--out", "y.png"]) == 2
    assert capsys.readouterr().err == (
        "chasqui: --out: y.png ends in none of .svg, .mmd, .md; say --format mermaid or svg\n"
    )
    assert main(["menus", "graph", "--lang", "fr"]) == 2
    assert capsys.readouterr().err.startswith("chasqui: --lang: the menu has no fr")
    assert main(["menus", "graph", "--out", "nowhere/menu.svg"]) == 2
    assert capsys.readouterr().err == "chasqui: nowhere/menu.svg: cannot be written: No such file or directory\n"


# ── extract, translate ──


def test_texts_go_to_translators_and_come_back(folder: Path, capsys: Output) -> None:
    """A template; a catalogue with what is there; and a menu with what was translated."""
    (folder / "main.yaml").write_text(SMALL_ONE, encoding="utf-8")
    assert main(["menus", "extract", "main.yaml"]) == 0
    assert capsys.readouterr().out.startswith(
        '#. menu one, navigation: back\n#: main.yaml:4\nmsgid "Back"\nmsgstr ""\n'
    )
    assert main(["menus", "extract", "main.yaml", "--lang", "pt_BR", "-o", "pt.po"]) == 0
    catalogue = (folder / "pt.po").read_text(encoding="utf-8")
    assert 'msgid "Back"\nmsgstr "Voltar"\n' in catalogue
    changed = catalogue.replace('"Voltar"', '"Retornar"').replace("# Texts of menus", "# By Ana. Texts")
    (folder / "pt.po").write_text(changed, encoding="utf-8")
    assert main(["menus", "translate", "main.yaml", "--lang", "pt_BR", "--po", "pt.po", "-o", "new.yaml"]) == 0
    expected = SMALL_ONE.replace("Voltar", "Retornar")
    assert (folder / "new.yaml").read_text(encoding="utf-8") == expected
    assert (
        main(["menus", "translate", "new.yaml", "--lang", "pt_BR", "--po", "pt.po", "-o", "new.yaml", "--force"]) == 0
    )
    assert (folder / "new.yaml").read_text(encoding="utf-8") == expected
    assert main(["menus", "extract", "new.yaml", "--lang", "pt_BR", "-o", "pt.po"]) == 0
    assert (folder / "pt.po").read_text(encoding="utf-8") == changed.replace("main.yaml", "new.yaml")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("extract", "none.yaml"), "chasqui: none.yaml: cannot be read: No such file or directory"),
        (("extract", "--lang", "en"), "chasqui: --lang must be a language other than en, such as fr or es_CO"),
        (("extract", "--lang", "zz"), "chasqui: --lang: zz is no language that Unicode's CLDR knows"),
        (("translate", "main.yaml", "--lang", "es_CO", "--po", "none.po"), "none.po: cannot be read: No such file"),
        (("translate", "main.yaml", "--lang", "es", "--po", "bad.po"), "chasqui: bad.po: "),
        (
            ("translate", "main.yaml", "--lang", "fr", "--po", "bad.po"),
            "chasqui: --lang: menus of this version cannot have fr; there is es, pt_BR, en, and regions as in es_CO",
        ),
        (
            ("translate", "main.yaml", "--lang", "es", "--po", "bad.po", "-o", "./main.yaml"),
            "chasqui: -o: main.yaml is the menu itself; write over it with --force, or name another file",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_translated_is_one_line(
    arguments: tuple[str, ...], line: str, folder: Path, capsys: Output
) -> None:
    """Exit status 2."""
    (folder / "bad.po").write_text("hello\n", encoding="utf-8")
    assert main(["menus", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(line)


def test_texts_without_a_translation_are_told_and_nothing_is_written(folder: Path, capsys: Output) -> None:
    """A line each."""
    (folder / "main.yaml").write_text(SMALL_ONE, encoding="utf-8")
    (folder / "es_CO.po").write_text(
        'msgid "Back"\nmsgstr "Retour"\n\n#, fuzzy\nmsgid "Home"\nmsgstr "x"\n', encoding="utf-8"
    )
    assert main(["menus", "translate", "main.yaml", "--lang", "es_CO", "--po", "es_CO.po", "-o", "new.yaml"]) == 2
    assert capsys.readouterr().err == "main.yaml:5: menu one, navigation: home: 'Home' is not translated\n"
    assert not (folder / "new.yaml").exists()
