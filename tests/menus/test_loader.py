"""Loading menus: what is accepted, and that each complaint names file, line and what to change."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from menu_samples import SMALL, VOCABULARY

from flows.menu_vocabulary import starter_vocabulary
from menus import loader
from menus.errors import MenuError
from menus.loader import load_folder, load_menu, load_source, load_starter
from menus.machine import mermaid
from menus.sources import read_source

SCHEMA = json.loads((Path(loader.__file__).parent / "menu.schema.json").read_text(encoding="utf-8"))

# (what is replaced, by what, line of the complaint, its sentence)
STRUCTURE = {
    "unknown key": ("    back: false", "    bakc: false", 44, "page alerts: unknown key 'bakc'; did you mean 'back'?"),
    "missing key": ("unavailable: sorry\n", "", 1, "the menu: 'unavailable' is missing"),
    "goto and command": ("goto: alerts,", "goto: alerts, command: buy,", 17, "needs either 'goto' or 'command'"),
    "neither": ("goto: alerts, ", "", 17, "page home: option 2: needs either 'goto' or 'command'"),
    "key that is no number": ("key: 7", "key: '*'", 17, "page home: option 2: key '*' must be a number from 1 to 99"),
    "not a boolean": ("ends: true", "ends: maybe", 41, "page done: ends: must be true or false"),
    "not a list": ("    options:\n      - {text: {es: Ayuda", "    options:\n        {text: {es: Ayuda", 27, "a list"),
    "half a list": ("      as: bundle\n", "", 22, "'as' and 'goto' go together"),
    "a page id": ("  alerts:\n", "  Alerts-1:\n", 42, "page Alerts-1: an id is a-z, 0-9 and _"),
    "empty text": ("{es: Listo., en: Done.}", "{es: '', en: Done.}", 40, "text in es: must not be empty"),
    "a literal of nothing": ("{value: on}", "{value: null}", 48, "argument value: must be a text"),
    "args without a command": ("goto: alerts,", "goto: alerts, args: {},", 17, "'args' belongs to a command"),
}
NAMES = {
    "key of the navigation": ("key: 7", "key: 98", 17, "page home: option 2: key 98 is taken by the navigation"),
    "missing page": (
        "goto: confirm\n",
        "goto: confrm\n",
        25,
        "page buy: list leads to 'confrm', which is no page; did you",
    ),
    "missing start": ("start: home", "start: hme", 2, "start: 'hme' is no page"),
    "missing translation": ("{es: Listo., en: Done.}", "{es: Listo.}", 40, "page done: text: no text in en"),
    "unknown language": ("en: Done.}", "en: Done., fr: Fini.}", 40, "unknown language 'fr'"),
    "unknown fact": (
        "facts: {balance: null}",
        "facts: {balanc: null}",
        14,
        "'balanc' is no fact; did you mean 'balance'?",
    ),
    "unknown command": ("command: buy", "command: by", 33, "page confirm: option 1: 'by' is no command; did you mean"),
    "unknown outcome": ("refused: buy}", "refusd: buy}", 35, "'refusd' is no outcome of buy; did you mean 'refused'?"),
    "outcome without page": ("{done: done, refused: buy}", "{done: done}", 33, "no page for outcome refused of buy"),
    "unknown argument": ("{value: on}", "{value: on, x: y}", 48, "'x' is no argument of set_alerts"),
    "missing argument": ("        args: {value: on}\n", "", 47, "argument value of set_alerts is missing"),
    "unknown placeholder": ('"Saldo {balance}"', '"Saldo {bundle.name}"', 13, "{bundle.name} is not known here"),
    "a list as text": ('"¿Cuál?"', '"{bundles}"', 19, "page buy in es: {bundles} is not known here"),
    "attribute access": ('"Saldo {balance}"', '"{balance.__class__}"', 13, "{balance.__class__} is not known here"),
    "format syntax": ('"Saldo {balance}"', '"{balance!r}"', 13, "'{balance!r}' is not a placeholder"),
    "single brace": ('"Saldo {balance}"', '"Saldo }"', 13, "a single '}': write '}}' for the sign itself"),
    "an item that may be none": (
        "facts: {bundle: {empty: none}}",
        "facts: {bundle: null}",
        30,
        "page confirm: fact bundle may be none; say under 'empty' what is shown then",
    ),
    "field of no item": (
        'es: "{name} {price}"',
        'es: "{nam} {price}"',
        24,
        "{nam} is not known here; did you mean 'name'?",
    ),
    "key given twice": (
        "goto: buy}\n      - {text: {es: Avisos",
        "goto: buy, key: 7}\n      - {text: {es: Avisos",
        17,
        "7 is",
    ),
    "list not declared": (
        "facts: {bundles: {empty: none}}",
        "facts: {}",
        22,
        "'bundles' is not declared under the page's",
    ),
    "list of no list": (
        "{bundles: {empty: none}}\n    list:\n      of: bundles",
        "{balance: null}\n    list:\n      of: balance",
        22,
        "page buy: list: fact 'balance' is no list",
    ),
    "unreachable": (", goto: alerts, key: 7", ", goto: buy, key: 7", 42, "page alerts: cannot be reached from 'home'"),
    "no way out": (
        "{es: No hay paquetes., en: No bundles.}",
        "{es: a, en: b}\n    back: false\n    home: false",
        37,
        "no way out",
    ),
    "end with options": (
        "    back: false",
        "    ends: true",
        42,
        "page alerts: ends the session, so it can offer no options",
    ),
    "circle": ("en: No bundles.}", "en: No bundles.}\n    facts: {balance: {empty: buy}}", 20, "leads in a circle"),
    "unavailable facts": ("en: Not now.}", "en: Not now.}\n    facts: {balance: null}", 50, "so it can show none"),
    "unavailable commands": (
        "    text: {es: Ahora no., en: Not now.}\n",
        (
            "    text: {es: Ahora no., en: Not now.}\n    options:\n      - text: {es: Activar, en: Turn on}\n"
            "        command: set_alerts\n        args: {value: on}\n        outcomes: {done: alerts}\n"
        ),
        54,
        "page sorry: option 1: is shown when facts are missing, so it can give no command",
    ),
    "missing start, nearly": ("start: home", "start: hom", 2, "start: 'hom' is no page; did you mean 'home'?"),
    "choice not made": ("{from: bundle}", "{from: bndle}", 34, "'bndle' has not been chosen on every way here"),
    "choice not always made": ("goto: none}", "goto: confirm}", 34, "'bundle' has not been chosen on every way here"),
    "line too long": ("es: Ayuda", "es: " + "largo " * 20, 27, "page buy: option 1 in es takes"),
    "navigation too long": ("back: {es: Volver", "back: {es: " + "volver " * 9, 7, "leave less than 20 of"),
    "command on the start": (
        "goto: buy}\n      - {text: {es: Avisos",
        "command: buy, args: {bundle: x}, outcomes: {done: done, refused: buy}}\n      - {text: {es: Avisos",
        16,
        "buy needs a page that also offers not to do it",
    ),
}
YAML = {
    "key twice": ("start: home", "start: home\nstart: home", 3, "start is given twice"),
    "alias": ("start: home", "start: *a", 2, "aliases are not allowed"),
    "anchor": ("start: home", "start: &a home", 2, "anchors are not allowed"),
    "control character": ("{value: on}", '{value: "o\\x07n"}', 48, "argument value: has a character that no phone"),
    "tag": ("start: home", "start: !!str home", 2, "tags are not allowed"),
    "tag on a mapping": ("facts: {balance: null}", "facts: !x {balance: null}", 14, "tags are not allowed"),
    "tab": ("start: home", "start:\thome", 2, "has a tab; use blanks"),
    "NUL": ("start: home", "start: ho\0me", 2, "has a NUL"),
    "not YAML": ("start: home", "start: [home", 3, "expected ',' or ']'"),
    "too deep": ("start: home", "start: " + "[" * 60 + "]" * 60, 2, "nested deeper than 50"),
    "too big": ("menu: small", "# " + "x" * 1_000_001 + "\nmenu: small", 1, "larger than 1 MB"),
    "no mapping": (SMALL, "- a\n", 1, "the menu: must be a mapping"),
    "nothing": (SMALL, "", 1, "the menu: is empty"),
    "two documents": ("start: home", "---\nstart: home", 2, "but found another document"),
    "half a character": ("start: home", "start: \udcff", 2, "is not UTF-8"),
}


def plain(node: yaml.Node | None) -> Any:
    """The tree as an editor reads it (YAML 1.2: ``No`` and ``on`` are texts)."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    assert isinstance(node, yaml.ScalarNode)
    if node.style:
        return node.value
    constants = {"true": True, "false": False, "null": None, "": None}
    return int(node.value) if node.value.isdigit() else constants.get(node.value, node.value)


def schema_takes(text: str) -> bool:
    """Whether the published schema accepts a menu."""
    return bool(Draft202012Validator(SCHEMA).is_valid(plain(yaml.compose(text, Loader=yaml.SafeLoader))))


@pytest.mark.parametrize("name", [*STRUCTURE, *NAMES, *YAML])
def test_each_complaint_names_file_line_and_what_to_change(name: str) -> None:
    """One line for the operator, and nothing loaded."""
    old, new, line, sentence = {**STRUCTURE, **NAMES, **YAML}[name]
    assert old in SMALL
    with pytest.raises(MenuError) as error:
        load_menu(SMALL.replace(old, new, 1), "small.yaml", VOCABULARY)
    fitting = [problem for problem in error.value.problems if sentence in problem]
    assert fitting, error.value.problems
    assert fitting[0].startswith(f"small.yaml:{line}: ")
    assert all("\n" not in problem for problem in error.value.problems)


@pytest.mark.parametrize("name", STRUCTURE)
def test_the_schema_refuses_what_the_loader_finds_out_of_shape(name: str) -> None:
    """An editor says it before the gateway does."""
    old, new, _, _ = STRUCTURE[name]
    assert not schema_takes(SMALL.replace(old, new, 1))


@pytest.mark.parametrize("text", [SMALL, (loader.LIBRARY / "main.yaml").read_text(encoding="utf-8")])
def test_the_schema_accepts_what_loads(text: str) -> None:
    """The published schema is valid itself, and no stricter than the loader."""
    Draft202012Validator.check_schema(SCHEMA)
    assert schema_takes(text)


def test_all_problems_come_in_one_go() -> None:
    """In the order of the file: what is out of shape, and what is named and not there."""
    text = SMALL.replace("ends: true", "ends: 1").replace("key: 7", "key: 0").replace("start: home", "start: hom")
    text = text.replace("goto: confirm", "goto: confrm").replace(
        "  back: {es: Volver, en: Back}\n", "  bak: {es: a, en: b}\n"
    )
    assert problems(text) == (
        "small.yaml:2: start: 'hom' is no page; did you mean 'home'?",
        "small.yaml:5: navigation: unknown key 'bak'; did you mean 'back'?",
        "small.yaml:5: navigation: 'back' is missing",
        "small.yaml:17: page home: option 2: key 0 is taken by the navigation",
        "small.yaml:25: page buy: list leads to 'confrm', which is no page; did you mean 'confirm'?",
        "small.yaml:41: page done: ends: must be true or false",
    )


def test_what_is_left_out_is_told_once() -> None:
    """An option that leads nowhere does not also lead to a page without a name."""
    assert problems(SMALL.replace("goto: alerts, ", "", 1)) == (
        "small.yaml:17: page home: option 2: needs either 'goto' or 'command'",
    )
    assert problems(SMALL.replace("command: set_alerts", "command: [a]")) == (
        "small.yaml:47: page alerts: option 1: command: must be a text",
    )


def test_too_many_options_are_a_problem_and_no_more() -> None:
    """Also so many that no number is left for them."""
    more = "      - {text: {es: a, en: b}, goto: none}\n" * 300
    text = SMALL.replace("      - {text: {es: Ayuda", f"{more}      - {{text: {{es: Ayuda")
    assert problems(text) == ("small.yaml:18: page buy: has more than 40 options",)


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with a menu; nothing if it loads."""
    try:
        load_menu(text, "small.yaml", VOCABULARY)
    except MenuError as error:
        return error.problems
    return ()


@given(st.text(alphabet="menu:pages[]{}-&*!|>'\"#%@? \n\t0,~é\x00\x1b\ud800", max_size=60))
def test_no_text_gets_past_the_loader_but_as_sentences(text: str) -> None:
    """Whatever is in a file, the only error is a MenuError with one line a problem."""
    assert all("\n" not in problem for problem in problems(text))


FRAGMENTS = (
    *("", " ", "\n", "\t", ":", "{", "}", "[", "]", "{{", "- ", "&a ", "*a", "!!str ", "|", ">", '"', "'", "#", "%"),
    *(
        "? ",
        "null",
        "home",
        "goto: ",
        "command: ",
        "list: ",
        "text: ",
        "---\n",
        "<<: ",
        "[a]: b",
        "\x00",
        "\ud800",
        "é",
    ),
)
STARTER = (loader.LIBRARY / "main.yaml").read_text(encoding="utf-8")


@given(st.sampled_from([SMALL, STARTER]), st.data())
@settings(max_examples=60, deadline=None)
def test_no_change_to_a_good_file_breaks_the_loader(text: str, data: st.DataObject) -> None:
    """Cut out or put in anything anywhere: it is still a menu, or told to be none."""
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(st.sampled_from(FRAGMENTS)) + text[end:]
    assert all(problem.startswith("small.yaml:") and "\n" not in problem for problem in problems(text))


def test_blanks_of_other_widths_are_blanks() -> None:
    """They come with texts that were copied from a page, as in ``R$ 5``; screens spell them as blanks."""
    assert problems(SMALL.replace("en: Done.", "en: R$\u00a05")) == ()


def test_a_version_is_of_the_content_and_not_of_its_layout() -> None:
    """A comment changes nothing, a word does."""
    menu = load_menu(SMALL, "small.yaml", VOCABULARY)
    assert len(menu.version) == 12
    assert load_menu("# hello\n" + SMALL.replace("key: 7", "key:   '7'"), "x.yaml", VOCABULARY).version == menu.version
    assert load_menu(SMALL.replace("Listo.", "Hecho."), "small.yaml", VOCABULARY).version != menu.version


def test_words_that_yaml_takes_for_values_stay_words() -> None:
    """``No`` is what most people answer, ``on`` is a state."""
    menu = load_menu(SMALL, "small.yaml", VOCABULARY)
    assert menu.pages["confirm"].options[1].text["es"].fill(str) == "No"
    leads = menu.pages["alerts"].options[0].leads
    assert not hasattr(leads, "page")
    assert leads.args["value"].value == "on"


def test_the_starter_menu_loads_with_the_vocabulary_of_the_flows() -> None:
    """And uses every fact and command of it."""
    vocabulary = starter_vocabulary()
    menu = load_starter(vocabulary)
    assert menu.id == "main"
    assert {use.name for page in menu.pages.values() for use in page.facts} == vocabulary.facts.keys()
    orders = [option.leads for page in menu.pages.values() for option in page.options]
    assert {order.command for order in orders if hasattr(order, "command")} == vocabulary.commands.keys()


def test_a_folder_gives_its_menus_by_id(tmp_path: Path) -> None:
    """Files are named as one likes."""
    (tmp_path / "one.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(SMALL.replace("menu: small", "menu: other"), encoding="utf-8")
    assert [menu.id for _, menu in load_folder(tmp_path, VOCABULARY)] == ["small", "other"]


def test_a_folder_tells_the_problems_of_all_its_files(tmp_path: Path) -> None:
    """Doubles and files in another encoding among them."""
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "c.yaml").write_bytes(SMALL.encode("latin-1"))
    with pytest.raises(MenuError) as error:
        load_folder(tmp_path, VOCABULARY)
    assert error.value.problems == (
        "b.yaml:1: menu 'small' is also in a.yaml",
        "c.yaml:7: is not UTF-8; save it as UTF-8",
    )


def test_a_folder_without_menus_is_refused(tmp_path: Path) -> None:
    """A wrong path is found at the start."""
    with pytest.raises(MenuError, match=r"no such folder, or no \.yaml file in it"):
        load_folder(tmp_path / "nowhere", VOCABULARY)


def test_a_menu_can_be_drawn() -> None:
    """Every page, and what leads where; home and back would cover the rest."""
    drawn = mermaid(load_menu(SMALL, "small.yaml", VOCABULARY))
    assert drawn.startswith("stateDiagram-v2")
    assert "p_buy --> p_confirm : Item" in drawn
    assert "p_confirm --> p_done : Outcome 1 done" in drawn
    assert " : Home" not in drawn
    assert " : Back" not in drawn


SMALL_NONE = "  none:\n    text: {es: No hay paquetes., en: No bundles.}\n"
SHARED = f"pages:\n{SMALL_NONE}"


def _in_two_files(folder: Path, shared: str = SHARED) -> Path:
    """``SMALL`` with one page in a file of its own."""
    (folder / "shared.yaml").write_text(shared, encoding="utf-8")
    own = SMALL.replace("menu: small\n", "menu: small\ninclude: [shared.yaml]\n").replace(SMALL_NONE, "")
    (folder / "small.yaml").write_text(own, encoding="utf-8")
    return folder / "small.yaml"


def test_pages_may_stand_in_a_file_that_several_menus_share(tmp_path: Path) -> None:
    """It is no menu of its own, and a change in it is a new version."""
    source = read_source(_in_two_files(tmp_path))
    menu = load_source(source, VOCABULARY)
    assert menu.pages.keys() == load_menu(SMALL, "small.yaml", VOCABULARY).pages.keys()
    assert [menu.id for _, menu in load_folder(tmp_path, VOCABULARY)] == ["small"]
    changed = replace(source, texts={**source.texts, "shared.yaml": SHARED.replace("No bundles", "Nothing")})
    assert load_source(changed, VOCABULARY).version != menu.version


@pytest.mark.parametrize(
    ("shared", "problem"),
    [
        (SHARED.replace("en: No bundles.", "en: 'No {bundle}.'"), "shared.yaml:3: page none in en: {bundle} is not"),
        (SHARED + "  home: {text: {es: Hola, en: Hi}}\n", "shared.yaml:4: page home: is in another file of this menu"),
        ("pages: [", "shared.yaml:2: did not find expected node content"),
        ("menu: small\n" + SHARED, "shared.yaml:1: the included shared.yaml: unknown key 'menu'"),
    ],
)
def test_what_is_wrong_in_a_shared_file_is_told_with_its_name(tmp_path: Path, shared: str, problem: str) -> None:
    """An operator must find it."""
    path = _in_two_files(tmp_path, shared)
    with pytest.raises(MenuError) as error:
        load_source(read_source(path), VOCABULARY)
    assert error.value.problems[0].startswith(problem)


@pytest.mark.parametrize("name", ["../shared.yaml", "/etc/passwd", "nowhere.yaml", "shared.txt", "small.yaml"])
def test_only_a_file_beside_the_menu_is_included(tmp_path: Path, name: str) -> None:
    """Nothing else of the machine gets into a menu."""
    path = _in_two_files(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("[shared.yaml]", f"[{name}]"), encoding="utf-8")
    with pytest.raises(MenuError, match=r"small\.yaml:2: include: "):
        read_source(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """Ten megabytes are no menu."""
    (tmp_path / "big.yaml").write_bytes(b"# " + b"x" * 10_000_000)
    with pytest.raises(MenuError, match=r"big\.yaml:1: is larger than 1 MB"):
        read_source(tmp_path / "big.yaml")


def test_a_file_that_is_written_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a menu must not be taken for a whole one."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    real = os.fstat

    def then_written(descriptor: int) -> os.stat_result:
        before = real(descriptor)
        path.write_text(SMALL + "# more\n", encoding="utf-8")
        return before

    monkeypatch.setattr(os, "fstat", then_written)
    with pytest.raises(MenuError, match=r"small\.yaml:1: changed while it was read"):
        read_source(path)


def test_the_schema_takes_a_file_that_menus_include() -> None:
    """Pages alone; with anything else beside them it is a menu that lacks the rest."""
    assert schema_takes(SHARED)
    assert not schema_takes(f"start: none\n{SHARED}")
    assert not schema_takes(f"menu: half\n{SHARED}")
    for part in loader.LIBRARY.glob("*.yaml"):
        assert schema_takes(part.read_text(encoding="utf-8")), part.name


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", '"a\\0.yaml"', '"\\udcff.yaml"'])
def test_a_name_that_no_file_can_have_is_one_line(tmp_path: Path, name: str) -> None:
    """However the operating system says so."""
    path = _in_two_files(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("[shared.yaml]", f"[{name}]"), encoding="utf-8")
    with pytest.raises(MenuError, match=r"small\.yaml:2: include: there is no file|small\.yaml:\d+: ") as refused:
        read_source(path)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("name", ["small.yaml", "shared.yaml"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Opening a pipe would wait for somebody who writes into it."""
    path = _in_two_files(tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(MenuError, match=rf"{name}:1: cannot be read: is no regular file"):
        read_source(path)
