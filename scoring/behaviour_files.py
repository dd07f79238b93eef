"""Files of behaviour, one source each: their columns, and what a row says in the words of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scoring.behaviour_columns import PLACES, TOPICS
from scoring.errors import FileMalformed
from scoring.files import ROWS, Column, Kind, Table

MSISDN = Column("msisdn", shape=r"\+?[1-9][0-9]{6,14}", says="not a phone number in E.164")
_MOST_BYTES = 10.0**15
_PAGE = 5_000
_BYTES = Column("bytes", Kind.WHOLE, least=0, most=_MOST_BYTES)
_WORD = r"[^\x00]{1,40}"
_CATEGORY = Column("category", shape=_WORD, says="not a word of 1 to 40 characters")


def _one_of(name: str, words: Sequence[str]) -> Column:
    return Column(name, shape="|".join(words), says=f"not one of {', '.join(words)}")


def _share(name: str) -> Column:
    return Column(name, Kind.NUMBER, least=0, most=1, optional=True, may_lack=True)


TIMES: Mapping[str, str] = MappingProxyType({"sessions": "start", "categories": "start"})
"""The column of the instant, where it is not ``at``."""
VALUES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "sessions": (_BYTES,),
        "recharges": (
            Column("amount", Kind.WHOLE, least=0, most=_MOST_BYTES),
            Column("currency", shape="[A-Z]{3}", says="not an ISO 4217 code", optional=True, may_lack=True),
        ),
        "categories": (_CATEGORY, _BYTES),
        "places": (_one_of("place", PLACES),),
        "device": (
            _share("battery"),
            _share("storage_free"),
            Column("crashes", Kind.WHOLE, least=0, most=_MOST_BYTES, optional=True, may_lack=True),
        ),
        "support": (_one_of("topic", TOPICS),),
        "social": (Column("sentiment", Kind.NUMBER, least=-1, most=1),),
    }
)
"""What a row of each source says beside who and when."""
_COORDINATES = re.compile(
    r"(^|_)(lat|lon|lng|latitude|longitude|coords?|coordinates?|gps|geo|geohash|geometry|geojson|latlng|latlon|"
    r"cell_?id|ecgi|eci|cgi)(_|$)|^(long|point|position)$"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def time_of(source: str) -> str:
    """The name of the column of the instant."""
    return TIMES.get(source, "at")


def columns_of(source: str) -> tuple[Column, ...]:
    """Who, when, what."""
    return (MSISDN, Column(time_of(source), Kind.TIME), *VALUES[source])


def pages(table: Table, source: str, after: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows behind the first ``after``, by person and time, in the same order each time.

    Of each: who, microseconds since 1970, and the values.
    """
    when, values = f'"{time_of(source)}"', [f'"{column.name}"' for column in VALUES[source]]
    wanted = ", ".join(("msisdn", f"epoch_us({when})", *values))
    order = ", ".join(("msisdn", when, *values))
    found = table.run(f"SELECT {wanted} FROM {ROWS} ORDER BY {order} OFFSET {int(after)}")
    while page := found.fetchmany(_PAGE):
        yield page


def header_of(source: str) -> tuple[str, ...]:
    """The names of the columns of a file."""
    return ("msisdn", time_of(source), *(column.name for column in VALUES[source]))


def names_coordinates(name: str) -> bool:
    """Whether a field or column of this name would hold where somebody is."""
    return _COORDINATES.search("_".join(word.lower() for word in _WORDS.split(name) if word)) is not None


def refuse_coordinates(table: Table, path: Path) -> None:
    """Raises FileMalformed when a column looks like coordinates: such a file is not to be had here, not even unread."""
    found = next(filter(names_coordinates, table.names), None)
    if found is not None:
        raise FileMalformed(f"{path}: line 1: column {found!r} looks like coordinates, which are never taken in")
