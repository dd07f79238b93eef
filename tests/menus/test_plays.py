"""The plays that come with the starter menu are as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.menu_examples import example_facts
from flows.menu_vocabulary import starter_vocabulary
from menus.loader import LIBRARY, load_starter
from menus.play import mismatches, run
from menus.play_file import parse_play
from menus.table import compile_menu

PLAYS = sorted((LIBRARY / "plays").glob("*.play"))


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_the_starter_menu_plays_as_written(path: Path) -> None:
    """``chasqui menus play --update`` writes them anew; read the difference."""
    vocabulary = starter_vocabulary()
    play = parse_play(path.read_text(encoding="utf-8"), path.name)
    assert (LIBRARY / "plays" / play.menu).resolve() == LIBRARY / "main.yaml"
    played = run(play, compile_menu(load_starter(vocabulary)), vocabulary, example_facts)
    assert (mismatches(played.heard), played.stops) == ([], [])


def test_there_are_plays() -> None:
    """A moved folder does not pass for a good one."""
    assert len(PLAYS) >= 3
