"""Ids sort by time, so that "newest first" is "largest first"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes import TUESDAY
from store.ids import new_id

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS)
def test_a_later_millisecond_is_a_larger_id(one: datetime, other: datetime) -> None:
    """Whatever the random part."""
    earlier, later = sorted((one, other))
    if later - earlier >= timedelta(milliseconds=1):
        assert new_id(earlier) < new_id(later)


def test_an_id_is_26_characters_of_crockfords_base_32() -> None:
    """So it needs no quoting anywhere and never reads as an offensive word or a digit mistaken for a letter."""
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", new_id(TUESDAY))


def test_ids_of_one_instant_differ() -> None:
    """Eighty random bits keep them apart."""
    assert len({new_id(TUESDAY) for _ in range(1000)}) == 1000
