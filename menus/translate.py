"""Putting a language into a menu's file: texts are set in place, and every other character stays as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from menus.errors import MenuError
from menus.extract import SOURCE_LANGUAGE, Text, texts_of
from menus.template import TemplateError, parse

_PLAIN = re.compile(r"[^\W\d_][^\W_]*(?: [^\W_]+)*\.?")
_VALUES: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML readers may take for something else than a text."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """Characters from start to end are replaced."""

    start: int
    end: int
    text: str


def translated(content: str, file: str, language: str, translations: Mapping[str, str]) -> str:
    """``content`` with the texts of ``language`` put in. translations: by the English text.

    A text that is there already is replaced. Raises MenuError with a line for each text without a translation, and
    for each whose translation has other placeholders or several lines where the English has one.
    """
    shift = len(content) - len(content.removeprefix("\ufeff"))
    problems: list[str] = []
    edits: list[_Edit] = []
    for text in texts_of(content, file):
        source = text.said(SOURCE_LANGUAGE)
        translation = translations.get(source, "").strip()
        wrong = _wrong(source, translation)
        if wrong:
            problems.append(f"{file}:{text.line}: {text.where}: {wrong}")
        elif translation != text.said(language):
            edits.append(_edit(text, language, translation, content, shift))
    if problems:
        raise MenuError(problems)
    return _applied(content, edits)


def _wrong(source: str, translation: str) -> str:
    """What keeps a translation from being used; empty for nothing."""
    if not source:
        return f"has no text in {SOURCE_LANGUAGE}"
    if not translation:
        return f"'{' / '.join(source.splitlines())}' is not translated"
    try:
        names, others = parse(source).names, parse(translation).names
    except TemplateError as error:
        return f"the translation has {error}"
    if names != others:
        return f"the translation has {_braced(others)} where the text has {_braced(names)}"
    if "\n" in translation and "\n" not in source:
        return "the translation must be on one line"
    return ""


def _braced(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "no placeholder"


def _edit(text: Text, language: str, translation: str, content: str, shift: int) -> _Edit:
    """How one text gets in: over what is there, or before the English one, as its file writes mappings."""
    written = _scalar(translation)
    there = text.spoken.get(language)
    if there is not None:
        start, end = there.start_mark.index + shift, there.end_mark.index + shift
        return _Edit(start, start + len(content[start:end].rstrip()), written)
    keys = {str(key.value): key for key, _ in text.node.value}
    mark = keys[SOURCE_LANGUAGE].start_mark
    between = ", " if text.node.flow_style else f"\n{' ' * mark.column}"
    return _Edit(mark.index + shift, mark.index + shift, f"{language}: {written}{between}")


def _scalar(text: str) -> str:
    """A text as YAML: bare if nothing in it could be taken for something else, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _VALUES:
        return text
    return json.dumps(text, ensure_ascii=False)


def _applied(content: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        content = content[: edit.start] + edit.text + content[edit.end :]
    return content
