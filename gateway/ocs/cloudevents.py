"""CloudEvents 1.0 over HTTP, structured, binary and batched, to triggers; pure.

A wrong event is answered with everything that is wrong with it, each at its JSON pointer (RFC 6901).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from flows.events import (
    BalanceFellLow,
    BundleChange,
    BundleReported,
    LifeCycle,
    LifeCycleChanged,
    PortingIntended,
    Trigger,
    TriggerFact,
    UsageReported,
    UsageSession,
)
from flows.values import Bucket, Money, Msisdn, Unit, parse_msisdn

MOST_EVENTS = 1_000
_MOST_ID = 200
_MOST_WHOLE = 2**63 - 1
_ATTRIBUTES = ("specversion", "id", "source", "type", "time", "subject")


class NotAnEvent(Exception):
    """The request is no CloudEvent. problems: pointer and sentence of each thing that is wrong."""

    def __init__(self, problems: Mapping[str, str], *, unknown_type: bool = False) -> None:
        super().__init__("; ".join(f"{pointer}: {what}" for pointer, what in problems.items()))
        self.problems = dict(problems)
        self.unknown_type = unknown_type


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its identity (source, id), the canonical text to keep, and what it says."""

    source: str
    id: str
    msisdn: Msisdn
    body: str
    trigger: Trigger


def parse(content_type: str, headers: Mapping[str, str], body: bytes) -> list[Event]:
    """The events of one request. Raises NotAnEvent."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/cloudevents-batch+json":
        return _batch(_json(body))
    if kind == "application/cloudevents+json":
        return [event(_json(body))]
    if any(name.lower().startswith("ce-") for name in headers):
        return [event(_binary(headers, body))]
    document = _json(body)  # plain JSON: structured all the same
    return _batch(document) if isinstance(document, list) else [event(document)]


def event(document: object, at: str = "") -> Event:
    """One event from its structured form. at: pointer of it in the request. Raises NotAnEvent."""
    reader = _Reader(at)
    root = reader.table(document, "")
    source = reader.text(root, "/source", most=_MOST_ID)
    event_id = reader.text(root, "/id", most=_MOST_ID)
    kind = reader.text(root, "/type")
    if root.get("specversion") != "1.0":
        reader.wrong("/specversion", 'must be "1.0"')
    msisdn = reader.msisdn(root, "/subject")
    time = reader.time(root, "/time")
    parser = _FACTS.get(kind)
    if kind and parser is None:
        raise NotAnEvent({**reader.problems, f"{at}/type": f"unknown type {kind[:60]!r}"}, unknown_type=True)
    data = reader.table({} if root.get("data") is None else root["data"], "/data")
    fact = parser(reader, data, kind) if parser else None
    if reader.problems:
        raise NotAnEvent(reader.problems)
    assert fact is not None
    canonical = json.dumps(document, separators=(",", ":"))  # ASCII: half of a surrogate pair cannot be stored
    return Event(source, event_id, Msisdn(msisdn), canonical, Trigger(msisdn, time, fact))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnEvent({"": "the body is not JSON"}) from None


def _batch(document: object) -> list[Event]:
    if not isinstance(document, list):
        raise NotAnEvent({"": "a batch is a JSON array"})
    if not 0 < len(document) <= MOST_EVENTS:
        raise NotAnEvent({"": f"a batch has 1 to {MOST_EVENTS} events, this one has {len(document)}"})
    events, problems, unknown = [], dict[str, str](), False
    for index, item in enumerate(document):
        try:
            events.append(event(item, f"/{index}"))
        except NotAnEvent as error:
            problems.update(error.problems)
            unknown = unknown or error.unknown_type
    if problems:
        raise NotAnEvent(problems, unknown_type=unknown)
    return events


def _binary(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        name.lower().removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    known = {name: attributes[name] for name in _ATTRIBUTES if name in attributes}
    return {**known, "data": _json(body) if body.strip() else {}}


class _Reader:
    """Reads fields and gathers what is wrong with them; a wrong field reads as something harmless."""

    def __init__(self, at: str) -> None:
        self._at = at
        self.problems: dict[str, str] = {}

    def wrong(self, pointer: str, what: str) -> None:
        self.problems.setdefault(self._at + pointer, what)

    def table(self, value: object, pointer: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.wrong(pointer, "must be an object")
        return {}

    def text(self, parent: Mapping[str, Any], pointer: str, *, most: int = 2_000, needed: bool = True) -> str:
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return ""
        if not isinstance(value, str) or not value or len(value) > most:
            self.wrong(pointer, f"must be a text of 1 to {most} characters")
            return ""
        if any("\ud800" <= char <= "\udfff" for char in value):
            self.wrong(pointer, "holds half of a surrogate pair")
            return ""
        return value

    def whole(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = True) -> int | None:
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_WHOLE:
            self.wrong(pointer, "must be a whole number from 0")
            return None
        return value

    def share(self, parent: Mapping[str, Any], pointer: str) -> float | None:
        value = self._get(parent, pointer, needed=False)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.wrong(pointer, "must be a number from 0 to 1")
            return None
        return float(value)

    def flag(self, parent: Mapping[str, Any], pointer: str) -> bool:
        value = self._get(parent, pointer, needed=False)
        if value is not None and not isinstance(value, bool):
            self.wrong(pointer, "must be true or false")
        return value is True

    def time(self, parent: Mapping[str, Any], pointer: str) -> datetime:
        found = self.maybe_time(parent, pointer, needed=True)
        return found or datetime.min.replace(tzinfo=UTC)

    def maybe_time(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = False) -> datetime | None:
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return None
        parsed = _instant(value)
        if parsed is None:
            self.wrong(pointer, "must be a time with its zone, such as 2026-11-22T10:00:00Z")
        return parsed

    def msisdn(self, parent: Mapping[str, Any], pointer: str) -> str:
        value = self._get(parent, pointer)
        found = parse_msisdn(value) if isinstance(value, str) and value.startswith("+") else None
        if value is not None and found is None:
            self.wrong(pointer, "must be an MSISDN in E.164 with +")
        return found or ""

    def unit(self, parent: Mapping[str, Any], pointer: str) -> Unit:
        value = self._get(parent, pointer)
        if isinstance(value, str) and value in set(Unit):
            return Unit(value)
        if value is not None:
            self.wrong(pointer, "must be byte, second or message")
        return Unit.BYTE

    def money(self, value: object, pointer: str) -> Money:
        fields = self.table(value, pointer)
        amount = fields.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > _MOST_WHOLE:
            self.wrong(f"{pointer}/amount", "must be a whole number of minor units")
            amount = 0
        currency = fields.get("currency")
        if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isupper()):
            self.wrong(f"{pointer}/currency", "must be an ISO 4217 code such as COP")
            currency = "XXX"
        return Money(amount, currency)

    def items(self, value: object, pointer: str) -> list[Any]:
        if isinstance(value, list) and len(value) <= MOST_EVENTS:
            return value
        self.wrong(pointer, f"must be a list of at most {MOST_EVENTS}")
        return []

    def _get(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = True) -> Any:
        value = parent.get(pointer.rpartition("/")[2])
        if value is None and needed:
            self.wrong(pointer, "is missing")
        return value


def _instant(value: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        return parsed.astimezone(UTC) if parsed is not None and parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


_Parser = Callable[[_Reader, dict[str, Any], str], TriggerFact]


def _bucket(reader: _Reader, value: object, at: str, *, initial: bool = False, expires: bool = False) -> Bucket:
    fields = reader.table(value, at)
    return Bucket(
        id=reader.text(fields, f"{at}/id", most=80),
        unit=reader.unit(fields, f"{at}/unit"),
        remaining=reader.whole(fields, f"{at}/remaining") or 0,
        initial=reader.whole(fields, f"{at}/initial", needed=initial),
        expires_at=reader.maybe_time(fields, f"{at}/expires_at", needed=expires),
    )


def _bundle(reader: _Reader, data: dict[str, Any], kind: str) -> BundleReported:
    change = BundleChange(kind)
    runs_out = change in (BundleChange.DEPLETING, BundleChange.DEPLETED)
    at = "/data/bundle"
    if data.get("bundle") is None:
        reader.wrong(at, "is missing")
        fields: dict[str, Any] = {}
        bucket = Bucket("", Unit.BYTE, 0)
    else:
        fields = reader.table(data["bundle"], at)
        bucket = _bucket(reader, fields, at, initial=runs_out, expires=not runs_out)
    others = reader.items(data["others"], "/data/others") if data.get("others") is not None else []
    return BundleReported(
        change=change,
        bucket=bucket,
        product=reader.text(fields, f"{at}/product", most=80, needed=False),
        activated_at=reader.maybe_time(fields, f"{at}/activated_at"),
        renews=reader.flag(fields, f"{at}/renews"),
        shared=reader.flag(fields, f"{at}/shared"),
        threshold=reader.share(data, "/data/threshold"),
        others=tuple(_bucket(reader, item, f"/data/others/{index}") for index, item in enumerate(others)),
        balance=reader.money(data["balance"], "/data/balance") if data.get("balance") is not None else None,
        roaming=reader.flag(data, "/data/roaming"),
    )


def _balance(reader: _Reader, data: dict[str, Any], kind: str) -> BalanceFellLow:
    if data.get("balance") is None:
        reader.wrong("/data/balance", "is missing")
        return BalanceFellLow(Money(0, "XXX"))
    return BalanceFellLow(reader.money(data["balance"], "/data/balance"))


def _usage(reader: _Reader, data: dict[str, Any], kind: str) -> UsageReported:
    if data.get("sessions") is None and data.get("bundles") is None:
        reader.wrong("/data/sessions", "is missing")
        return UsageReported(())
    items = reader.items(data["sessions"], "/data/sessions") if data.get("sessions") is not None else []
    sessions = []
    for index, item in enumerate(items):
        at = f"/data/sessions/{index}"
        fields = reader.table(item, at)
        start = reader.time(fields, f"{at}/start")
        sessions.append(UsageSession(start, reader.whole(fields, f"{at}/bytes") or 0))
    if data.get("bundles") is not None:
        reader.items(data["bundles"], "/data/bundles")
    return UsageReported(tuple(sessions))


def _porting(reader: _Reader, data: dict[str, Any], kind: str) -> PortingIntended:
    direction = data.get("direction")
    if direction not in ("in", "out"):
        reader.wrong("/data/direction", "is missing" if direction is None else 'must be "in" or "out"')
    reader.share(data, "/data/probability")
    return PortingIntended(str(direction))


def _life_cycle(reader: _Reader, data: dict[str, Any], kind: str) -> LifeCycleChanged:
    def word(name: str) -> str:
        return reader.text(data, f"/data/{name}", most=40, needed=False)

    return LifeCycleChanged(LifeCycle(kind), word("language"), word("time_zone"), word("segment"), word("circle"))


_FACTS: Mapping[str, _Parser] = {
    **dict.fromkeys((change.value for change in BundleChange), _bundle),
    "balance.low": _balance,
    "usage.reported": _usage,
    "porting.intent": _porting,
    **dict.fromkeys((change.value for change in LifeCycle), _life_cycle),
}
