"""``chasqui menus extract`` and ``translate``: texts of menus to translators and back."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from flows.menu_vocabulary import LANGUAGES
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from gateway.errors import ConfigError, GatewayError
from menus.extract import SOURCE_LANGUAGE, texts_of
from menus.sources import Source
from menus.translate import translated

_HEADER = "# Texts of menus, written by chasqui menus extract."
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


def add_to(group: Commands) -> None:
    """Add the commands."""
    extract = group.add_parser("extract", help="the texts of menus, for translators", description=_extract.__doc__)
    extract.add_argument("paths", nargs="*", type=Path, metavar="FILE|FOLDER", help="default: the configured menus")
    extract.add_argument("--lang", metavar="LANGUAGE", help="a .po with what the menus have in it, not a template")
    extract.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it there (default: standard output)")
    add_config(extract)
    extract.set_defaults(run=_extract)
    translate = group.add_parser("translate", help="put a translation into a menu", description=_translate.__doc__)
    translate.add_argument("file", type=Path, metavar="FILE")
    translate.add_argument("--lang", required=True, metavar="LANGUAGE", help="such as pt_BR or es_CO")
    translate.add_argument("--po", required=True, type=Path, metavar="FILE", help="the translated texts")
    translate.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it there (default: standard output)")
    translate.add_argument("--force", action="store_true", help="let -o write over FILE itself")
    translate.set_defaults(run=_translate)


def _extract(arguments: argparse.Namespace) -> int:
    """Write the English texts of menus as a gettext template, each with a comment that says where it stands. A .po that
    is written anew keeps its header.
    """
    sources, unreadable = menu_files.sources(arguments.paths, arguments)
    if unreadable:
        raise GatewayError(unreadable[0])
    catalogue = _catalogue(sources, _language(arguments.lang))
    if arguments.lang and arguments.out and arguments.out.exists():
        before = _read(arguments.out)
        catalogue.header_comment, catalogue.mime_headers = before.header_comment, before.mime_headers
    written = io.BytesIO()
    write_po(written, catalogue, width=0, omit_header=not arguments.lang)
    menu_files.put_out(written.getvalue().decode().lstrip("\n"), arguments.out)
    return 0


def _translate(arguments: argparse.Namespace) -> int:
    """Write a copy of a menu's file with the texts of a .po put in; comments and layout stay. Texts that have no
    translation yet are told, a line each, and nothing is written.
    """
    language = _spoken(arguments.lang)
    if arguments.out and arguments.out.resolve() == arguments.file.resolve() and not arguments.force:
        raise ConfigError(f"-o: {arguments.out} is the menu itself; write over it with --force, or name another file")
    content = menu_files.read_text(arguments.file)
    text = translated(content, arguments.file.name, language, _translations(arguments.po))
    menu_files.put_out(text, arguments.out)
    return 0


def _language(name: str | None) -> str:
    if name and (not _LANGUAGE.fullmatch(name) or name == SOURCE_LANGUAGE):
        raise ConfigError("--lang must be a language other than en, such as fr or es_CO")
    return name or ""


def _spoken(name: str) -> str:
    """A language that menus may have texts in. Raises ConfigError."""
    if _language(name) not in LANGUAGES and name.partition("_")[0] not in LANGUAGES:
        there = ", ".join(LANGUAGES)
        raise ConfigError(
            f"--lang: menus of this version cannot have {name}; there is {there}, and regions as in es_CO"
        )
    return name


def _catalogue(sources: Sequence[Source], language: str) -> Catalog:
    """A template, or with a language the translations that the menus have."""
    catalogue = Catalog(_known(language), header_comment=_HEADER, project="Chasqui", version="menus", fuzzy=False)
    for source in sources:
        for file, content in source.texts.items():
            for text in texts_of(content, file):
                said = text.said(SOURCE_LANGUAGE)
                if said:
                    places = [(file, text.line)]
                    catalogue.add(said, text.said(language) or None, locations=places, auto_comments=[text.where])
    return catalogue


def _known(language: str) -> Locale | None:
    try:
        return Locale.parse(language) if language else None
    except UnknownLocaleError:
        raise ConfigError(f"--lang: {language} is no language that Unicode's CLDR knows") from None


def _translations(path: Path) -> Mapping[str, str]:
    """What a .po says, by the English text; what is marked as fuzzy does not count."""
    return {
        message.id: message.string
        for message in _read(path)
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and not message.fuzzy
    }


def _read(path: Path) -> Catalog:
    content = menu_files.read_text(path)
    try:
        return read_po(io.BytesIO(content.encode()), abort_invalid=True)
    except PoFileError as error:
        raise GatewayError(f"{path}: {error}") from None
