"""Gettext catalogues read straight from ``.po`` files, and the lookup of texts in them.

The source language is English: a message's id is its English text, with ``{name}`` placeholders.
Values are put in by plain substitution, never by ``str.format``: a value cannot reach attributes,
and braces inside a value stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import PoFileError, read_po

from locales.errors import CatalogueUnreadable, PlaceholderMismatch

SOURCE_LANGUAGE = "en"
DOMAIN = "chasqui"

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark ``message`` for translation (``pybabel extract -k N_``) and return it as it is."""
    return message


def placeholders(message: str) -> frozenset[str]:
    """The names that stand in braces in ``message``."""
    return frozenset(_PLACEHOLDER.findall(message))


@lru_cache(maxsize=4096)
def _pieces(message: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The placeholders of ``message``, and its pieces: text and placeholder in turn."""
    return placeholders(message), tuple(_PLACEHOLDER.split(message))


def substitute(message: str, values: Mapping[str, object]) -> str:
    """``message`` with every placeholder replaced.

    Raises PlaceholderMismatch when a placeholder has no value or a value no placeholder.
    """
    wanted, pieces = _pieces(message)
    if wanted != values.keys():
        missing, unknown = sorted(wanted - values.keys()), sorted(values.keys() - wanted)
        raise PlaceholderMismatch(f"{message!r}: missing {missing}, unknown {unknown}")
    return "".join(str(values[piece]) if at % 2 else piece for at, piece in enumerate(pieces))


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All translations, by language and message id. ``languages`` are those that have a catalogue."""

    translations: Mapping[str, Mapping[str, str]]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.translations)

    def text(self, language: str, message: str, /, **values: object) -> str:
        """``message`` in ``language`` with ``values`` put in.

        ``es_CO`` falls back to ``es`` and then to the message itself.
        Raises PlaceholderMismatch when values and placeholders differ.
        """
        return substitute(self.translation(language, message), values)

    def translation(self, language: str, message: str, /) -> str:
        """The nearest translation of ``message``, its placeholders still open."""
        for candidate in self._nearest(language):
            found = self.translations[candidate].get(message)
            if found:
                return found
        return message

    def nearest(self, language: str) -> str | None:
        """The catalogue that a person with this language reads, if there is one."""
        return next(self._nearest(language), None)

    def _nearest(self, language: str) -> Iterator[str]:
        tag = language.replace("-", "_")
        if tag in self.translations:
            yield tag
        base = tag.split("_", 1)[0]
        # "pt" and "pt_PT" read Brazilian rather than English
        yield from (known for known in self.translations if known != tag and known.split("_", 1)[0] == base)


def load_catalogues(folder: Path | None = None) -> Catalogues:
    """Read ``<language>/LC_MESSAGES/chasqui.po`` below ``folder`` (left out = the ones that come with the package).

    Raises CatalogueUnreadable naming the file, and the message where one is at fault.
    """
    root = folder or Path(__file__).parent
    files = sorted(root.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    if not files:
        raise CatalogueUnreadable(f"{root}: no {DOMAIN}.po below it")
    return Catalogues(MappingProxyType({file.parts[-3]: _read(file) for file in files}))


def _read(file: Path) -> Mapping[str, str]:
    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, domain=DOMAIN, abort_invalid=True)
    except (OSError, UnicodeDecodeError, PoFileError) as error:
        raise CatalogueUnreadable(f"{file}: {error}") from error
    texts = {}
    for message in catalogue:
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string:
            _check_same_placeholders(file, message.id, message.string)
            texts[message.id] = message.string
    return MappingProxyType(texts)


def _check_same_placeholders(file: Path, source: str, translated: str) -> None:
    if placeholders(source) != placeholders(translated):
        raise CatalogueUnreadable(f"{file}: {source!r}: the translation has other placeholders")
