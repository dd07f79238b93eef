"""The house as ADRs and packaging have it: its rooms, and that the wheel leaves nothing behind."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

import pytest
from setuptools import find_packages  # type: ignore[import-untyped]
from setuptools.config.setupcfg import read_configuration  # type: ignore[import-untyped]
from setuptools.dist import Distribution  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
ROOMS = {"gateway", "store", "flows", "menus", "scoring", "locales"}
DATA = ("*.yaml", "*.po", "*.pot", "*.mako", "*.html", "*.css", "*.js", "*.svg", "*.schema.json")


@pytest.fixture(scope="module")
def packaging() -> dict[str, object]:
    """The ``[options]`` of setup.cfg, with ``find:`` carried out."""
    options: dict[str, object] = read_configuration(ROOT / "setup.cfg")["options"]
    return options


def test_the_top_level_packages_are_the_rooms() -> None:
    """A new one is a decision for an ADR, not a folder that appears."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert found == ROOMS


def test_import_linter_watches_every_room() -> None:
    """One that it does not know could import anything."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert set(config["importlinter"]["root_packages"].split()) == ROOMS


def test_the_wheel_holds_every_package(packaging: dict[str, object]) -> None:
    """Each folder with Python in it is a package with an ``__init__``, and is found."""
    with_code = {
        ".".join(path.parent.relative_to(ROOT).parts) for room in ROOMS for path in (ROOT / room).rglob("*.py")
    }
    assert set(find_packages(str(ROOT), include=[f"{room}*" for room in ROOMS])) == with_code
    found = packaging["packages"]
    assert isinstance(found, list)
    assert set(found) == with_code


def test_the_wheel_holds_every_file_that_is_read_at_run_time(
    packaging: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markets, catalogues, translations, menus, migration templates, pages."""
    monkeypatch.chdir(ROOT)
    distribution = Distribution({"packages": packaging["packages"], "package_data": packaging["package_data"]})
    command = distribution.get_command_obj("build_py")
    command.ensure_finalized()
    held = {Path(folder, name) for _, folder, _, names in command.data_files for name in names}
    needed = {path.relative_to(ROOT) for room in ROOMS for kind in DATA for path in (ROOT / room).rglob(kind)}
    assert len(needed) > 12
    assert needed <= held, f"left out of the wheel: {sorted(map(str, needed - held))}"


def test_each_market_has_its_starter_catalogue() -> None:
    """``market`` alone is enough to start."""
    markets = {path.stem for path in (ROOT / "flows" / "markets").glob("*.yaml")}
    assert {path.stem.removeprefix("starter-") for path in (ROOT / "flows" / "catalogues").glob("*.yaml")} == markets


def test_every_test_has_its_sentence() -> None:
    """Also those that nobody looked at twice."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
