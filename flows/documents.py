"""JSON as it stands in our own rows: compact, in UTF-8, always storable."""

from __future__ import annotations

from typing import Any

import orjson


def encode(document: Any) -> str:
    """A document as text. Half a surrogate pair is no character and becomes a question mark. Raises TypeError."""
    try:
        return orjson.dumps(document).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_storable(document)).decode()


def decode(text: str | bytes) -> Any:
    """The document. Raises ValueError."""
    return orjson.loads(text)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return value
