"""Triggers of systems that speak no CloudEvents: CGRateS, a 5G charging function, a TM Forum hub.

None of them signs, so each is guarded by its door: addresses, a certificate, or a token in the path.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from flows.documents import encode
from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.config.tree import Config, TriggersConfig
from gateway.core.bodies import body_of
from gateway.core.context import Context
from gateway.core.intake import Intake
from gateway.core.problems import Problem
from gateway.core.triggers import Triggered
from gateway.ocs import answers, cgrates_trigger, spending_limit, tmf_event
from gateway.ocs.cloudevents import NotAnEvent, event, read_json
from gateway.ocs.taking import MOST_BYTES, refusal_of, triggered, unit_of
from gateway.ocs.trigger_door import TriggerDoor
from store import imsis, inbox
from store.ids import new_id
from store.inbox import Entry
from store.unit import Gate, Unit

_LOG = logging.getLogger(__name__)
_MOST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class Meanings:
    """How what these wires say is read. units_per_minor: of money on CGRateS."""

    triggers: TriggersConfig
    units_per_minor: float

    @staticmethod
    def of(config: Config) -> Meanings:
        """Those that are configured."""
        return Meanings(config.triggers, config.ocs.cgrates.units_per_minor)


class WireRoutes:
    """Where they come in; each answered in the words of its own specification."""

    def __init__(self, context: Context, intake: Intake, door: TriggerDoor, meanings: Meanings) -> None:
        self._context = context
        self._intake = intake
        self._door = door
        self._units_per_minor = meanings.units_per_minor
        self._cgrates = {rule.id: rule for rule in meanings.triggers.cgrates}
        self._nchf = {(rule.counter, rule.status): rule for rule in meanings.triggers.nchf}
        self._tmf688 = {rule.event_type: rule for rule in meanings.triggers.tmf688}

    def add_to(self, app: web.Application) -> None:
        """Add the routes, with the door's token in the path or without."""
        add, counting = app.router.add_post, self._door.counting
        for token in ("", "/{token}"):
            add(f"/triggers/cgrates/{{trigger}}{token}", counting(self.fired))
            add(f"/triggers/nchf{token}/notify", counting(self.notified))
            add(f"/triggers/nchf{token}/terminate", counting(self.terminated))
            add(f"/triggers/nchf{token}/notify/terminate", counting(self.terminated))
            add(f"/triggers/tmf688{token}", counting(self.happened))

    async def fired(self, request: web.Request) -> web.Response:
        """An action trigger of CGRateS fired: 200 at once, since the account is locked until then."""
        trigger, body = request.match_info["trigger"], await self._json(request)
        told, wrong = cgrates_trigger.document(
            body,
            trigger,
            self._cgrates.get(trigger),
            units_per_minor=self._units_per_minor,
            currency=self._context.market.currency,
        )
        if wrong:
            raise refusal_of(NotAnEvent(wrong))
        at = self._context.clock()
        if not told["type"]:
            entry = Entry(new_id(at), "trigger", *_named(told), Msisdn(told["subject"][1:]), encode(told), at)
            await self._aside([inbox.put_aside(entry, "unmapped")], "unmapped", trigger=trigger)
        else:
            await self._take(told, at)
        return web.Response()

    async def happened(self, request: web.Request) -> web.Response:
        """An event of a TM Forum hub: 201 with nothing, also when it is known (TMF630 §6)."""
        self._door.admit(request)
        raw = await body_of(request, MOST_BYTES)
        try:
            body = answers.read_json(raw)
        except answers.UnreadableAnswer:
            raise refusal_of(NotAnEvent({"": "the body is not JSON"}, code="not-json")) from None
        try:
            told = tmf_event.document(body, self._tmf688, self._context.market.currency)
        except NotAnEvent as error:
            raise refusal_of(error) from None
        await self._take(told, self._context.clock())
        return web.Response(status=201)

    async def notified(self, request: web.Request) -> web.Response:
        """Policy counters changed: 204. A SUPI that is nobody's number is kept, and answered with 404."""
        body = await self._json(request)
        try:
            said = spending_limit.notified(body)
        except NotAnEvent as error:
            raise refusal_of(error) from None
        at = self._context.clock()
        msisdn = await imsis.number_of(self._context.reader, said.imsi)
        if msisdn is None:
            named = [f"{said.imsi}/{counter}/{status}"[:_MOST_SOURCE] for counter, status in said.statuses.items()]
            kept = [Entry(new_id(at), "trigger", "nchf/unknown", one, Msisdn(""), encode(body), at) for one in named]
            await self._aside([inbox.put_aside(one, "unknown_supi") for one in kept], "unknown_supi")
            raise Problem(404, "unknown-supi", "no number is known of this SUPI: see triggers.imsi_map")
        await self._changed(said, msisdn, body, at)
        return web.Response(status=204)

    async def terminated(self, request: web.Request) -> web.Response:
        """Nobody watches this SUPI's counters any more: 204; what is told next is new."""
        body = await self._json(request)
        try:
            imsi = spending_limit.terminated(body)
        except NotAnEvent as error:
            raise refusal_of(error) from None
        await self._context.writer.commit(Unit(ops=(imsis.forget_counters(imsi),)))
        self._context.metrics.triggers.labels("terminated").inc()
        return web.Response(status=204)

    async def _changed(self, said: spending_limit.Notified, msisdn: Msisdn, body: object, at: datetime) -> None:
        """Take in each counter whose status is another than the last one."""
        items, units, aside = list[Triggered](), list[Unit](), list[tuple[Unit, str, str]]()
        for counter, status in said.statuses.items():
            gate = imsis.counter_changed(said.imsi, counter, status, at)
            rule = self._nchf.get((counter, status))
            if rule is None or rule.kind == spending_limit.NO_EVENT:
                word = "unmapped" if rule is None else "no_event"
                entry = Entry(new_id(at), "trigger", "nchf", new_id(at), msisdn, encode(body), at)
                aside.append((_behind(gate, inbox.put_aside(entry, word)), word, f"{counter} {status}"))
                continue
            local, currency = at.astimezone(self._context.zone), self._context.market.currency
            told = event(
                spending_limit.document(rule, new_id(at), msisdn=msisdn, imsi=said.imsi, at=local, currency=currency),
                whole=False,
            )
            item = triggered(told, at)
            items.append(item)
            units.append(_behind(gate, inbox.take_in(item.entry)))  # whose SIM it is was known, and is no news
        for unit, word, what in aside:
            await self._aside([unit], word, counter=what)
        if items:
            await self._intake.offered(items, units)

    async def _json(self, request: web.Request) -> Any:
        self._door.admit(request)
        try:
            return read_json(await body_of(request, MOST_BYTES))
        except NotAnEvent as error:
            raise refusal_of(error) from None

    async def _take(self, document: Mapping[str, Any], at: datetime) -> None:
        try:
            told = event(document, whole=False)
        except NotAnEvent as error:
            raise refusal_of(error) from None
        item = triggered(told, at)
        await self._intake.offered([item], [unit_of(item, told)])

    async def _aside(self, units: Sequence[Unit], outcome: str, **what: str) -> None:
        """Keep what leads to nothing, and say so once."""
        fresh = await self._context.writer.commit_all(units)
        if any(fresh):
            self._context.metrics.triggers.labels(outcome).inc(sum(fresh))
            if outcome != "no_event":
                _LOG.warning("a trigger was kept and means nothing here", extra={"outcome": outcome, **what})


def _behind(gate: Gate, unit: Unit) -> Unit:
    """The unit behind another gate: its own is written without one."""
    assert unit.gate is not None
    return Unit(gate=gate, ops=(*unit.ops, inbox.beside(unit.gate)))


def _named(document: Mapping[str, Any]) -> tuple[str, str]:
    return str(document["source"])[:_MOST_SOURCE], str(document["id"])[:_MOST_SOURCE]
