"""Fields of forms and documents, read the same way in every dialect; errors name the field and never its value."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flows.values import Msisdn, parse_msisdn
from gateway.ussd.dialect import BadHop

MOST_FIELDS = 50


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; the first of two with one name counts. Raises BadHop."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except UnicodeDecodeError:
        raise BadHop("the form is not UTF-8") from None
    except ValueError:
        raise BadHop(f"the form has more than {MOST_FIELDS} fields") from None
    return dict(reversed(pairs))


def needed(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there and not blank. Raises BadHop."""
    value = fields.get(name, "")
    if not value.strip():
        raise BadHop(f"{name} is missing")
    return value


def msisdn(value: str, name: str) -> Msisdn:
    """A subscriber's number in E.164, with or without ``+``. Raises BadHop."""
    number = parse_msisdn(value.strip().replace(" ", ""))
    if number is None:
        raise BadHop(f"{name} is not a number in E.164")
    return number
