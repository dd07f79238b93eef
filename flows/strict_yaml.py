"""The values of a strict YAML text (``locales.strict_yaml`` says what is refused)."""

from __future__ import annotations

from typing import Any

import yaml

from locales.strict_yaml import StrictYamlError, compose_strict

__all__ = ["StrictYamlError", "load_strict"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_strict(text: str) -> object:
    """The value that ``text`` describes. Raises StrictYamlError."""
    root = compose_strict(text)
    if root is None:
        return None
    loader = _LOADER("")
    try:
        value: object = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise StrictYamlError(error.problem or "not YAML", line) from error
    except ValueError as error:  # a date such as 2026-02-30, a number of many thousand digits
        raise StrictYamlError(str(error)) from error
    finally:
        loader.dispose()
    return value
