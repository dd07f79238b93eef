"""What faults may be set to at simulated SMSCs and aggregators: read value by value, each refusal with what may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

Reader = Callable[[Any], Any]
"""Makes a value of what JSON brings. Raises ValueError with what it wants."""
_LONGEST_SHOWN: Final = 60
"""Characters of a value that is none."""
_LONGEST_NAME: Final = 40


class BadFault(ValueError):
    """A fault that does not exist or cannot be set so; one line."""


def read_faults(document: Mapping[str, Any], readers: Mapping[str, Reader], *, noun: str) -> dict[str, Any]:
    """The value of each fault that the document names. noun: what an unknown one is called. Raises BadFault."""
    unknown = sorted(set(document) - set(readers))
    if unknown:
        known = ", ".join(sorted(readers))
        raise BadFault(f"unknown {noun} {unknown[0][:_LONGEST_NAME]!r}; known are {known}")
    return {name: _checked(name, value, readers[name]) for name, value in document.items()}


def whole(value: Any, most: int, least: int = 0) -> int:
    """Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"a whole number from {least} to {most}")
    return value


def share(value: Any) -> float:
    """Raises ValueError."""
    return _number(value, 1.0, "a share from 0 to 1")


def seconds(value: Any, most: int) -> float:
    """Raises ValueError."""
    return _number(value, most, f"seconds from 0 to {most}")


def switch(value: Any) -> bool:
    """Raises ValueError."""
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def text(value: Any) -> str:
    """Raises ValueError."""
    if isinstance(value, str):
        return value
    raise ValueError("a text in quotes")


def _number(value: Any, most: float, wanted: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(wanted)
    return float(value)


def _checked(name: str, value: Any, reader: Reader) -> Any:
    try:
        return reader(value)
    except ValueError as wanted:
        raise BadFault(f"{name} must be {wanted}, not {json.dumps(value)[:_LONGEST_SHOWN]}") from None
