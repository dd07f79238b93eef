"""By which call a purchase is known on each wire, and what an answer is that says nothing about it."""

from __future__ import annotations

import json
import re
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway.ocs import diameter_codec as codec
from gateway.ocs.cgrates_wire import EXECUTE_ACTION, PATH
from gateway.ocs.diameter_wire import REQUESTED_ACTION, Action
from gateway.ocs.tmf_services_wire import TOP_UPS, TRANSFERS
from gateway.ocs.tmf_wire import PRODUCT_ORDERS

_MSISDN: Final = re.compile(rb"(?=(573[0-9]{9}))")


@dataclass(frozen=True, slots=True)
class Wire:
    """One adapter. buys: whether a call moves money, or a switch; wrong: status, type and body of an answer about
    something else, on HTTP.

    config: its section; faults: how the charging system is. asks: whether it can be asked about an order, so that
    nothing has to be left to a person.
    """

    kind: str
    buys: Callable[[str, str, bytes], bool]
    wrong: tuple[int, str, bytes]
    config: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)
    asks: bool = True

    def numbers(self, body: bytes) -> Sequence[str]:
        """The numbers in a call, or what looks like one."""
        return [found.group(1).decode() for found in _MSISDN.finditer(body)]


def _tmf(method: str, path: str, body: bytes) -> bool:
    return method == "POST" and path.endswith((PRODUCT_ORDERS, TOP_UPS, TRANSFERS))


def _cgrates(method: str, path: str, body: bytes) -> bool:
    return method == "POST" and path.endswith(PATH) and EXECUTE_ACTION.encode() in body


def _ucip(method: str, path: str, body: bytes) -> bool:
    return any(b"<methodName>%s<" % name in body for name in _CHANGES)


def _diameter(method: str, path: str, body: bytes) -> bool:
    packet = codec.decode(body)
    debits = codec.number(packet.avps, REQUESTED_ACTION) == Action.DIRECT_DEBITING
    return packet.command == codec.CREDIT_CONTROL and debits


_DIAMETER: Final = """
[ocs.diameter]
duplicates_detected = true
reconnect_max = 0.1
workers = 200
balance_context = "balance@operator"
"""
_CHANGES: Final = (b"Refill", b"UpdateBalanceAndDate", b"UpdateOffer", b"DeleteOffer")
_OTHER_ORDER: Final = {"id": "po-other", "externalId": "ord-of-somebody-else", "state": "completed"}
_TMF: Final = Wire("tmf", _tmf, (201, "application/json;charset=utf-8", json.dumps(_OTHER_ORDER).encode()))
WIRES: Final[Mapping[str, Wire]] = {
    "tmf": _TMF,
    "tmf-hides-keys": replace(_TMF, faults={"hide_keys": True}, asks=False),
    "cgrates": Wire("cgrates", _cgrates, (200, "application/json", b'{"id": 0, "result": "OK", "error": null}')),
    "diameter": Wire(
        "diameter",
        _diameter,
        (0, "", b""),
        config=_DIAMETER,
    ),
    "ucip": Wire(
        "ucip",
        _ucip,
        (200, "text/xml", xmlrpc.client.dumps(({"responseCode": 999},), methodresponse=True).encode()),
        config="[ocs.ucip]\nrepeats_are_recognised = true",
        faults={"recognise_repeats": True},
    ),
}
