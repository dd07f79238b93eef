"""CloudEvents 1.0 over HTTP, structured, binary and batched, to triggers; pure.

A wrong event is answered with everything that is wrong with it, each at its JSON pointer (RFC 6901).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

import orjson

from flows.events import (
    OWN_CLOCK,
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
from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn, Unit, parse_imsi
from gateway.ocs import behaviour_events
from gateway.ocs.event_fields import FieldReader

MOST_EVENTS = 1_000
_MOST_ID = 200
_MOST_CATEGORY = 40
_ATTRIBUTES = ("specversion", "id", "source", "type", "time", "subject")


class NotAnEvent(Exception):
    """The request is no event that can be taken in.

    problems: pointer and sentence of each thing that is wrong. code: stable, for whoever reads the answer.
    """

    def __init__(self, problems: Mapping[str, str], *, unknown_type: bool = False, code: str = "invalid-event") -> None:
        super().__init__("; ".join(f"{pointer}: {what}" for pointer, what in problems.items()))
        self.problems = dict(problems)
        self.unknown_type = unknown_type
        self.code = "unknown-event-type" if unknown_type else code


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its identity (source, id), the canonical text to keep, and what it says.

    imsi: of the SIM that the number was in, empty where it is not told.
    """

    source: str
    id: str
    msisdn: Msisdn
    body: str
    trigger: Trigger
    imsi: str = ""


def parse(content_type: str, headers: Mapping[str, str], body: bytes) -> list[Event]:
    """The events of one request. Raises NotAnEvent."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/cloudevents-batch+json":
        return _batch(read_json(body))
    if kind == "application/cloudevents+json":
        return [event(read_json(body))]
    if any(name.lower().startswith("ce-") for name in headers):
        return [event(_binary(headers, body))]
    document = read_json(body)  # plain JSON: structured all the same
    return _batch(document) if isinstance(document, list) else [event(document)]


def event(document: object, at: str = "", *, whole: bool = True, own: bool = False) -> Event:
    """One event from its structured form. Raises NotAnEvent.

    at: pointer of it in the request. whole: whether a bundle must tell how large it was; wires of other kinds cannot.
    own: whether it may be what our own clock found.
    """
    reader = FieldReader(at, whole=whole)
    root = reader.table(document, "")
    source = reader.text(root, "/source", most=_MOST_ID)
    if source == OWN_CLOCK and not own:
        reader.wrong("/source", "is what this gateway calls its own clock")
    event_id = reader.text(root, "/id", most=_MOST_ID)
    kind = reader.text(root, "/type")
    if root.get("specversion") != "1.0":
        reader.wrong("/specversion", 'must be "1.0"')
    msisdn = reader.msisdn(root, "/subject")
    time = reader.time(root, "/time")
    parser = _parser_of(kind, time)
    if kind and parser is None:
        unknown = f"unknown type {kind[:40]!r}; there is: {', '.join(TYPES)}"
        raise NotAnEvent({**reader.problems, f"{at}/type": unknown}, unknown_type=True)
    data = reader.table({} if root.get("data") is None else root["data"], "/data")
    imsi = data.get("imsi")
    if imsi is not None and parse_imsi(imsi) is None:
        reader.wrong("/data/imsi", "must be 6 to 15 digits")
    fact = parser(reader, data, kind) if parser else None
    if reader.problems:
        raise NotAnEvent(reader.problems)
    assert fact is not None
    return Event(source, event_id, Msisdn(msisdn), _canonical(document), Trigger(msisdn, time, fact), imsi or "")


def _canonical(document: object) -> str:
    try:
        return orjson.dumps(document).decode()
    except orjson.JSONEncodeError:  # numbers beyond 64 bits, halves of surrogate pairs, depth
        try:
            return json.dumps(document, separators=(",", ":"))
        except RecursionError:
            raise _not_json() from None


def read_json(body: bytes | str) -> Any:
    """The document in a request. Raises NotAnEvent."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass  # NaN, halves of surrogate pairs: what others write and RFC 8259 does not have
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _not_json() from None


def _not_json() -> NotAnEvent:
    return NotAnEvent({"": "the body is not JSON"}, code="not-json")


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
    return {**known, "data": read_json(body) if body.strip() else {}}


_Parser = Callable[[FieldReader, dict[str, Any], str], TriggerFact]


def _parser_of(kind: str, time: datetime) -> _Parser | None:
    """What reads the data of this type; None for an unknown one. time: of the event."""
    if kind in behaviour_events.TYPES:
        return partial(behaviour_events.parse, at=time)
    return _FACTS.get(kind)


def _bucket(reader: FieldReader, value: object, at: str, *, initial: bool = False, expires: bool = False) -> Bucket:
    fields = reader.table(value, at)
    return Bucket(
        id=reader.text(fields, f"{at}/id", most=80),
        unit=reader.unit(fields, f"{at}/unit"),
        remaining=reader.whole(fields, f"{at}/remaining") or 0,
        initial=reader.whole(fields, f"{at}/initial", needed=initial),
        expires_at=reader.maybe_time(fields, f"{at}/expires_at", needed=expires),
        zone=reader.text(fields, f"{at}/zone", most=40, needed=False),
        window=reader.hours(fields, f"{at}/window"),
        service=reader.text(fields, f"{at}/service", most=40, needed=False),
        bonus=reader.flag(fields, f"{at}/bonus"),
        roaming=reader.flag(fields, f"{at}/roaming"),
        throttled_after=reader.flag(fields, f"{at}/throttled_after"),
        priority=reader.whole(fields, f"{at}/priority", needed=False),
    )


def _other(reader: FieldReader, value: object, at: str) -> Bucket:
    """A bundle that an event is not about, with what would stand in the event otherwise."""
    fields = reader.table(value, at)
    return replace(
        _bucket(reader, fields, at),
        product=reader.text(fields, f"{at}/product", most=80, needed=False),
        activated_at=reader.maybe_time(fields, f"{at}/activated_at"),
        renews=reader.flag(fields, f"{at}/renews"),
        shared=reader.flag(fields, f"{at}/shared"),
    )


def _bundle(reader: FieldReader, data: dict[str, Any], kind: str) -> BundleReported:
    change = BundleChange(kind)
    runs_out = change in (BundleChange.DEPLETING, BundleChange.DEPLETED)
    at = "/data/bundle"
    if data.get("bundle") is None:
        reader.wrong(at, "is missing")
        fields: dict[str, Any] = {}
        bucket = Bucket("", Unit.BYTE, 0)
    else:
        fields = reader.table(data["bundle"], at)
        bucket = _bucket(reader, fields, at, initial=runs_out and reader.whole_bundles, expires=not runs_out)
    others = reader.items(data["others"], "/data/others") if data.get("others") is not None else []
    return BundleReported(
        change=change,
        bucket=bucket,
        product=reader.text(fields, f"{at}/product", most=80, needed=False),
        activated_at=reader.maybe_time(fields, f"{at}/activated_at"),
        renews=reader.flag(fields, f"{at}/renews"),
        shared=reader.flag(fields, f"{at}/shared"),
        threshold=reader.share(data, "/data/threshold"),
        others=tuple(_other(reader, item, f"/data/others/{index}") for index, item in enumerate(others)),
        balance=reader.money(data["balance"], "/data/balance") if data.get("balance") is not None else None,
        roaming=reader.flag(data, "/data/roaming"),
        as_of=reader.maybe_time(fields, f"{at}/as_of"),
        by_pace=reader.flag(data, "/data/by_pace"),
    )


def _balance(reader: FieldReader, data: dict[str, Any], kind: str) -> BalanceFellLow:
    if data.get("balance") is None:
        reader.wrong("/data/balance", "is missing")
        return BalanceFellLow(Money(0, "XXX"))
    return BalanceFellLow(reader.money(data["balance"], "/data/balance"))


def _usage(reader: FieldReader, data: dict[str, Any], kind: str) -> UsageReported:
    behaviour_events.refuse_coordinates(reader, data)
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
    bundles = reader.items(data["bundles"], "/data/bundles") if data.get("bundles") is not None else []
    told = tuple(_other(reader, item, f"/data/bundles/{index}") for index, item in enumerate(bundles))
    category = reader.text(data, "/data/category", most=_MOST_CATEGORY, needed=False)
    return UsageReported(tuple(sessions), told, category)


def _porting(reader: FieldReader, data: dict[str, Any], kind: str) -> PortingIntended:
    direction = data.get("direction")
    if direction not in ("in", "out"):
        reader.wrong("/data/direction", "is missing" if direction is None else 'must be "in" or "out"')
    signal, donor = (reader.text(data, f"/data/{name}", most=_MOST_ID, needed=False) for name in ("signal", "donor"))
    return PortingIntended(str(direction), signal, donor, reader.share(data, "/data/probability"))


def _life_cycle(reader: FieldReader, data: dict[str, Any], kind: str) -> LifeCycleChanged:
    def word(name: str) -> str:
        return reader.text(data, f"/data/{name}", most=40, needed=False)

    handset = word("handset")
    if handset not in ("", "feature", "smart"):
        reader.wrong("/data/handset", 'must be "feature" or "smart"')
    told = (word("language"), word("time_zone"), word("segment"), word("circle"))
    return LifeCycleChanged(LifeCycle(kind), *told, handset)


_FACTS: Mapping[str, _Parser] = {
    **dict.fromkeys((change.value for change in BundleChange), _bundle),
    "balance.low": _balance,
    "usage.reported": _usage,
    "porting.intent": _porting,
    **dict.fromkeys((change.value for change in LifeCycle), _life_cycle),
}
_OF_BEHAVIOUR = ("usage.reported", *behaviour_events.TYPES)
TYPES = tuple(kind for known in _FACTS for kind in (_OF_BEHAVIOUR if known == _OF_BEHAVIOUR[0] else (known,)))
"""Of the events that are taken in."""
