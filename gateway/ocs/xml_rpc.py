"""XML-RPC (xmlrpc.com) with a far side that is not trusted: no DTD, no entities, nothing from outside (ADR 7).

The standard library writes and takes apart; the parser is defusedxml's. Dates stay ``xmlrpc.client.DateTime``, whose
text is what stood there: the standard library cannot read one with an offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc import client  # only what defusedxml let through is taken apart with it

from defusedxml.xmlrpc import DefusedExpatParser

from flows.frozen import dataclass

Members = Mapping[str, object]
_STUMBLES = (ExpatError, client.Error, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What the standard library's reader raises for documents that are XML and no XML-RPC."""


class NotXmlRpc(ValueError):
    """A document that is no call or answer; one line that quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that says that the call could not be carried out. words: the far side's own."""

    code: int
    words: str


def write_call(method: str, members: Members) -> bytes:
    """A call with one struct."""
    return client.dumps((_plain(members),), method, encoding="utf-8").encode()


def write_answer(members: Members) -> bytes:
    """An answer with one struct."""
    return client.dumps((_plain(members),), methodresponse=True, encoding="utf-8").encode()


def write_fault(fault: Fault) -> bytes:
    """An answer that is a fault."""
    return client.dumps(client.Fault(fault.code, fault.words), methodresponse=True, encoding="utf-8").encode()


def read_call(body: bytes) -> tuple[str, Members]:
    """Method and struct of a call. Raises NotXmlRpc."""
    method, found = _read(body)
    if method is None or isinstance(found, Fault):
        raise NotXmlRpc("the document is no call")
    return method, found


def read_answer(body: bytes) -> Members | Fault:
    """The struct of an answer, or its fault. Raises NotXmlRpc."""
    method, found = _read(body)
    if method is not None:
        raise NotXmlRpc("the document is no answer")
    return found


def _plain(members: Members) -> dict[str, Any]:
    return dict(members)


def _read(body: bytes) -> tuple[str | None, Members | Fault]:
    taken_apart = client.Unmarshaller()
    parser = DefusedExpatParser(taken_apart, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
        values = taken_apart.close()
    except client.Fault as fault:
        return None, _fault(fault)
    except _STUMBLES:
        raise NotXmlRpc("the document is no XML-RPC") from None
    if len(values) != 1 or not isinstance(values[0], dict):
        raise NotXmlRpc("the document does not hold one struct")
    return taken_apart.getmethodname(), values[0]


def _fault(fault: client.Fault) -> Fault:
    code: object = fault.faultCode
    if not isinstance(code, int) or isinstance(code, bool):
        raise NotXmlRpc("the fault has no code") from None
    return Fault(code, str(fault.faultString))
