"""Hooks of schemathesis: about every second valid id becomes one that is there, and no Idempotency-Key comes twice."""

from __future__ import annotations

import json
import os
import re
from itertools import count
from typing import Any
from uuid import uuid4

import schemathesis

_THERE: dict[str, str] = json.loads(os.environ["CHASQUI_TEST_IDS"])
_NUMBER, _ID = re.compile(r"\+?[1-9][0-9]{6,14}"), re.compile(r"[A-Za-z0-9._:-]{1,80}")
_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
_CALLS = count()


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Called before each request; what is wrong with it stays wrong."""
    second = next(_CALLS) % 2
    for name, value in dict(case.path_parameters or {}).items():
        known = _THERE.get(f"{case.operation.path} {name}") or _THERE.get(name)
        valid = _NUMBER if name == "msisdn" else _ID
        if known and second and isinstance(value, str) and valid.fullmatch(value):
            case.path_parameters[name] = known
    headers: Any = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and _KEY.fullmatch(key):
        headers["Idempotency-Key"] = f"{key[:200]}{uuid4()}"
