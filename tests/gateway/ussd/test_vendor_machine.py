"""Whatever a network does to hops, on every vendor's wire: at most one charge a confirmation, and nobody is locked out.

Each dialect is spoken by the client that was written from its vendor's contract, into the dialect itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from unittest import TestCase

from network import Network, as_test
from vendor_clients import CLIENTS, Answer, VendorClient
from vendor_clients import Sent as Knock

from fakes import ANA
from gateway.app.dialects import DIALECTS
from gateway.core.doors import Door
from gateway.ussd.answering import Answering
from gateway.ussd.dialect import Dialect, Ended, HopRequest, Way
from gateway.ussd.services import Services
from menus.values import Budget


def way_of(dialect: Dialect, knock: Knock) -> tuple[Way, dict[str, str]]:
    """Where a request comes in, and what its path's names stand for."""
    parts = knock.path.split("/")
    for way in dialect.ways:
        names = way.path.split("/")
        alike = all(name == part or name.startswith("{") for name, part in zip(names, parts, strict=False))
        if way.method == knock.method and len(names) == len(parts) and alike:
            return way, {name.strip("{}"): part for name, part in zip(names, parts, strict=True) if name != part}
    raise AssertionError(knock)


class Vendor(Network):
    """One vendor's network."""

    kind: type[VendorClient]

    def __init__(self) -> None:
        super().__init__()
        self.dialect = next(one for one in DIALECTS if one.name == self.kind.dialect)
        self.door = Door(
            "d", self.kind.dialect, service="*123#", budget=Budget(size=self.dialect.septets), resume_seconds=60
        )
        self._clients: dict[Hashable, VendorClient] = {}
        self._newest: Hashable = None

    def started(self) -> None:
        self._answering = Answering(self.house.context, self.exchange.desk, Services(()))

    def request(self) -> Hashable:
        if not self.said:
            self.client = self.kind(None, "", ANA, f"7700{self.sessions}")  # type: ignore[arg-type]
            self.client.code = "*123#"
        self.client.said = list(self.said)
        knock = self.client.later(self.said[-1]) if self.said else self.client.first()
        request = knock.method, knock.body, knock.path, tuple(knock.query.items()), tuple(knock.headers.items())
        self._clients[request], self._newest = self.client, request
        return request

    async def deliver(self, request: Hashable) -> str:
        assert isinstance(request, tuple)
        method, body, path, query, headers = request
        way, parts = way_of(self.dialect, Knock(method, body, path=path))
        hop = self.dialect.parse(HopRequest(body, dict(query), dict(headers), way, parts))
        assert not isinstance(hop, Ended)
        response = self.dialect.format(await self._answering.answer(hop, self.door), hop)
        answer = Answer(response.status, response.content_type, response.headers, response.body)
        client = self._clients[request]
        if request == self._newest:
            client.keep(answer)
        shown = client.read(answer)
        return f"{'END' if shown.ends else 'CON'} {shown.text}"

    def release(self) -> None:
        knock = self.client.end()
        if knock is None:
            return
        way, parts = way_of(self.dialect, knock)
        ended = self.dialect.parse(HopRequest(knock.body, knock.query, knock.headers, way, parts))
        assert isinstance(ended, Ended)
        self.runner.run(self._answering.ended(ended, self.door))


def _vendor(kind: type[VendorClient]) -> type[TestCase]:
    return as_test(
        type(
            kind.__name__, (Vendor,), {"kind": kind, "knows_late": kind.knows_late_answers and kind.knows_late_dialling}
        )
    )


for _kind in CLIENTS:
    globals()[f"Test{_kind.__name__}"] = _vendor(_kind)
