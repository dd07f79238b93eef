"""A menu is compiled in a process of its own, and comes back as it would have been here."""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path

import pytest

from gateway.core import menu_compiler
from gateway.core.menu_compiler import compile_apart, compiled
from gateway.errors import CompilerFailed
from menu_versions import source
from menus.errors import MenuError
from menus.loader import starter_source
from menus.sources import Source
from menus.values import Budget, Moved, Screen

VERSION = "0123456789ab"


async def test_the_menu_that_comes_back_is_the_one_that_was_sent() -> None:
    """Pages, their lines and files, screens and steps; under the version that was named."""
    here, apart = (
        compiled("CO", starter_source(), VERSION),
        await compile_apart("CO", starter_source(), VERSION, gently=True),
    )
    assert (apart.menu, apart.version, apart.menu.file) == (here.menu, VERSION, here.menu.file)
    assert [repr(page) for page in apart.menu.pages.values()] == [repr(page) for page in here.menu.pages.values()]
    screens = [one.show(one.start, "es", {}, Budget()) for one in (here, apart)]
    assert isinstance(screens[0], Screen)
    assert screens[0] == screens[1]
    moves = [one.step(screens[0].place, "4") for one in (here, apart)]
    assert isinstance(moves[0], Moved)
    assert moves[0] == moves[1]


def test_lines_of_included_files_keep_their_file() -> None:
    """Through the pickle; messages about a menu name the file that is wrong."""
    shared = 'pages:\n  more: {text: {es: "Más", pt_BR: Mais, en: More}}\n'
    text = source("one").text.replace("start: home\n", "start: home\ninclude: [shared.yaml]\n")
    text = text.replace("options: [", 'options: [{text: {es: "Y", pt_BR: E, en: M}, goto: more}, ', 1)
    menu = compiled("CO", Source("main.yaml", {"main.yaml": text, "shared.yaml": shared}), VERSION)
    line = pickle.loads(pickle.dumps(menu)).menu.pages["more"].line
    assert (line, line.file) == (2, "shared.yaml")


async def test_what_is_wrong_comes_back_too() -> None:
    """Every line of it."""
    text = source("one").text.replace("start: home", "start: hom").replace("goto: shop", "goto: shp")
    with pytest.raises(MenuError) as refused:
        await compile_apart("CO", Source("main.yaml", {"main.yaml": text}), VERSION, gently=False)
    assert len(refused.value.problems) == 2


async def test_a_process_that_breaks_says_nothing_about_the_menu() -> None:
    """Its last words are told."""
    with pytest.raises(CompilerFailed, match=r"status 1: .*KeyError"):
        await compile_apart("CO", Source("main.yaml", {}), VERSION, gently=False)


async def test_another_chasqui_compiles_nothing_for_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its classes may be others: whoever upgraded under a running gateway is told to restart it."""
    monkeypatch.setattr(menu_compiler, "CHASQUI", "0.0.1")
    with pytest.raises(CompilerFailed, match=r"^Chasqui was upgraded; restart the gateway$"):
        await compile_apart("CO", source("one"), VERSION, gently=False)


async def test_a_process_that_cannot_be_started_says_nothing_about_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine may have room for one later."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CompilerFailed, match="no process can be started: No such file"):
        await compile_apart("CO", source("one"), VERSION, gently=False)


async def test_an_answer_that_cannot_be_read_says_nothing_about_the_menu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such as none at all."""
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\ncat > /dev/null\n")
    silent.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(silent))
    with pytest.raises(CompilerFailed, match="no answer that can be read"):
        await compile_apart("CO", source("one"), VERSION, gently=False)


async def test_a_process_that_takes_too_long_is_ended() -> None:
    """And so is one that nobody waits for any more."""
    with pytest.raises(CompilerFailed, match="more than"):
        await compile_apart("CO", source("one"), VERSION, gently=False, longest=0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await compile_apart("CO", source("one"), VERSION, gently=False)


async def test_the_loop_goes_on_meanwhile() -> None:
    """Hops are answered while a menu is compiled."""
    compiling = asyncio.ensure_future(compile_apart("CO", starter_source(), VERSION, gently=False))
    turns = 0
    while not compiling.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
