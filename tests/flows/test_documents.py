"""What is written into a row can be read again, and always be stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.documents import decode, encode

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(_VALUES)
def test_what_is_encoded_is_decoded_by_us_and_by_anybody(document: object) -> None:
    """Rows are read by other tools, too."""
    text = encode(document)
    assert decode(text) == json.loads(text) == document


@pytest.mark.parametrize(
    ("document", "stored"),
    [
        ("a\ud800b", '"a?b"'),
        ({"text": "\udfff", "more": ["\ud800", 1]}, '{"text":"?","more":["?",1]}'),
        (("ñ", "€"), '["ñ","€"]'),
    ],
)
def test_half_a_surrogate_pair_becomes_a_question_mark(document: object, stored: str) -> None:
    """No database takes it, and what cannot be kept would be sent to us for ever."""
    assert encode(document) == stored
    assert encode(document).encode()


def test_what_is_no_document_is_told() -> None:
    """Nothing is written in its place."""
    with pytest.raises(TypeError):
        encode(object())
    with pytest.raises(ValueError, match="end of data"):
        decode("{")
