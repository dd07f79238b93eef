"""Events about behaviour: what each must say, and that nobody's coordinates come in."""

from __future__ import annotations

from typing import Any

import pytest

from fakes import TUESDAY
from flows.behaviour import BehaviourRecord, Source
from flows.events import BehaviourReported, UsageReported
from gateway.ocs.cloudevents import NotAnEvent, event

GOOD = [
    ("recharge.made", {"recharge": {"amount": 500_000, "currency": "COP"}}, Source.RECHARGES,
     [{"amount": 500_000, "currency": "COP"}]),
    ("apps.reported", {"apps": [{"category": "streaming", "bytes": 7}, {"category": "chess", "bytes": 0}]},
     Source.CATEGORIES, [{"category": "streaming", "bytes": 7}, {"category": "chess", "bytes": 0}]),
    ("place.reported", {"place": "home"}, Source.PLACES, [{"place": "home"}]),
    ("device.reported", {"battery": 0.8, "crashes": 2}, Source.DEVICE, [{"battery": 0.8, "crashes": 2}]),
    ("support.contacted", {"topic": "network", "agent": "x"}, Source.SUPPORT, [{"topic": "network"}]),
    ("social.observed", {"sentiment": -1}, Source.SOCIAL, [{"sentiment": -1.0}]),
]  # fmt: skip
BAD = [
    ("recharge.made", {}, "/data/recharge"),
    ("recharge.made", {"recharge": {"amount": -1, "currency": "COP"}}, "/data/recharge/amount"),
    ("recharge.made", {"recharge": {"amount": 1.5, "currency": "COP"}}, "/data/recharge/amount"),
    ("apps.reported", {}, "/data/apps"),
    ("apps.reported", {"apps": [{"bytes": 1}]}, "/data/apps/0/category"),
    ("apps.reported", {"apps": [{"category": "x", "bytes": -1}]}, "/data/apps/0/bytes"),
    ("apps.reported", {"apps": [{"category": "x" * 41, "bytes": 1}]}, "/data/apps/0/category"),
    ("apps.reported", {"apps": [{"category": "x", "bytes": 1, "start": "yesterday"}]}, "/data/apps/0/start"),
    ("place.reported", {}, "/data/place"),
    ("place.reported", {"place": "4.711,-74.072"}, "/data/place"),
    ("place.reported", {"place": "the bar"}, "/data/place"),
    ("device.reported", {}, "/data"),
    ("device.reported", {"battery": 80}, "/data/battery"),
    ("support.contacted", {"topic": "weather"}, "/data/topic"),
    ("social.observed", {}, "/data/sentiment"),
    ("social.observed", {"sentiment": float("nan")}, "/data/sentiment"),
    ("usage.reported", {"sessions": [], "category": 7}, "/data/category"),
]
COORDINATES = [
    {"lat": 4.711, "lng": -74.072},
    {"latitude": "4.711"},
    {"userLatitude": 4},
    {"home_lat": 4},
    {"geo": {"type": "Point"}},
    {"where": {"around": {"gps": "x"}}},
    {"where": [4.7110, -74.0721]},
    {"note": "4.7110, -74.0721"},
    {"note": "geo:4.71,-74.07"},
    {"cellId": 77},
    {"serving": [{"ecgi": "732-101"}]},
]


def told(kind: str, data: dict[str, Any]) -> Any:
    """What an event of this type and data says."""
    document = {
        "specversion": "1.0",
        "id": "e1",
        "source": "ocs",
        "type": kind,
        "time": TUESDAY.isoformat(),
        "subject": "+573001112233",
        "data": data,
    }
    return event(document).trigger.fact


@pytest.mark.parametrize(("kind", "data", "source", "values"), GOOD)
def test_what_an_event_says(kind: str, data: dict[str, Any], source: Source, values: list[dict[str, Any]]) -> None:
    """One record for each thing that it tells, of when it happened; what is not asked for is not taken along."""
    expected = tuple(BehaviourRecord(source, TUESDAY, one) for one in values)
    assert told(kind, data) == BehaviourReported(expected)


@pytest.mark.parametrize(("kind", "data", "pointer"), BAD)
def test_what_is_wrong_is_named(kind: str, data: dict[str, Any], pointer: str) -> None:
    """At its pointer."""
    with pytest.raises(NotAnEvent) as refused:
        told(kind, data)
    assert pointer in refused.value.problems


@pytest.mark.parametrize("extra", COORDINATES)
@pytest.mark.parametrize(
    ("kind", "data"), [("place.reported", {"place": "home"}), ("usage.reported", {"sessions": []})]
)
def test_what_looks_like_coordinates_is_refused(kind: str, data: dict[str, Any], extra: dict[str, Any]) -> None:
    """Also in fields that nobody would have read: what comes in is kept in the inbox for a while."""
    with pytest.raises(NotAnEvent, match="looks like coordinates"):
        told(kind, {**data, **extra})


@pytest.mark.parametrize("extra", [{"note": "long and late"}, {"points": 5, "longest": [1, 2]}, {"plan": "latte"}])
def test_what_only_sounds_like_coordinates_is_not(extra: dict[str, Any]) -> None:
    """Words that hold such letters."""
    assert isinstance(told("place.reported", {"place": "home", **extra}), BehaviourReported)


def test_use_may_name_the_kind_of_app() -> None:
    """As the bundles' own reports do."""
    assert told("usage.reported", {"sessions": [], "category": "gaming"}) == UsageReported((), (), "gaming")
