"""The edges of the core with a span around each call; built only where traces are wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiohttp import web

from flows.effects import Effect
from flows.values import Msisdn, Wallet
from gateway.core.commit import Committer, Tell, nothing
from gateway.core.ports import (
    Abilities,
    ChargingSystem,
    FindOutcome,
    FindRefundOutcome,
    PurchaseOutcome,
    PurchaseRequest,
    RefundOutcome,
    RefundRequest,
    ServiceRequest,
    ShortMessage,
    SmsSender,
    SubmitOutcome,
)
from gateway.core.reach import Reach
from gateway.core.service_numbers import ServiceNumber
from gateway.telemetry import Traces
from store.consent_ledger import ConsentLedger
from store.errors import StoreError
from store.record import Due
from store.unit import Op
from store.writer import Writer

HandOver = Callable[[Due], None]
_WORD = re.compile(r"(?<=.)(?=[A-Z])")


def traced_requests(traces: Traces) -> Any:
    """A span a request: its route's template and its status, never its path."""

    @web.middleware
    async def answer(request: web.Request, handler: Any) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unmatched"
        with traces.span(f"HTTP {route}"):
            response: web.StreamResponse = await handler(request)
            traces.note(route=route, status=response.status)
            return response

    return answer


class TracedCommitter(Committer):
    """A span from the handing over to the commit."""

    def __init__(
        self,
        traces: Traces,
        writer: Writer,
        reach: Reach,
        hand_over: HandOver,
        consents: ConsentLedger,
        *,
        tell: Tell = nothing,
    ) -> None:
        super().__init__(writer, reach, hand_over, consents, tell=tell)
        self._traces = traces

    async def commit(self, effects: Iterable[Effect], always: tuple[Op, ...] = (), beside: tuple[Op, ...] = ()) -> bool:
        with self._traces.span("commit"):
            return await super().commit(effects, always, beside)

    async def commit_all(self, steps: Sequence[tuple[Iterable[Effect], tuple[Op, ...]]]) -> list[bool | StoreError]:
        if not steps:  # asked every few seconds, and hardly ever is there something to do
            return await super().commit_all(steps)
        with self._traces.span("commit"):
            self._traces.note(steps=len(steps))
            return await super().commit_all(steps)

    async def note(self, *ops: Op) -> None:
        with self._traces.span("commit"):
            await super().note(*ops)


class TracedOcs:
    """Satisfies ``ChargingSystem``: a span a call, with the kind of its outcome."""

    def __init__(self, ocs: ChargingSystem, traces: Traces) -> None:
        self._ocs = ocs
        self._traces = traces
        self.settle_seconds = ocs.settle_seconds

    @property
    def abilities(self) -> Abilities:
        return self._ocs.abilities

    @property
    def can_be_asked(self) -> bool:
        return self._ocs.can_be_asked

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        with self._traces.span("OCS wallet"):
            return await self._ocs.wallet(msisdn)

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        with self._traces.span("OCS purchase"):
            outcome = await self._ocs.purchase(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        with self._traces.span("OCS find"):
            outcome = await self._ocs.find(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        with self._traces.span("OCS refund"):
            outcome = await self._ocs.refund(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        with self._traces.span("OCS find refund"):
            outcome = await self._ocs.find_refund(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        with self._traces.span("OCS serve"):
            outcome = await self._ocs.serve(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        with self._traces.span("OCS find service"):
            outcome = await self._ocs.find_service(request)
            self._traces.note(outcome=_word(outcome))
            return outcome

    async def answers(self) -> bool:
        return await self._ocs.answers()

    async def close(self) -> None:
        await self._ocs.close()


class TracedSender:
    """Satisfies ``SmsSender``: a span from the handing over of a text until its fate is known."""

    def __init__(self, sender: SmsSender, traces: Traces) -> None:
        self._sender = sender
        self._traces = traces

    @property
    def name(self) -> str:
        return self._sender.name

    @property
    def numbers(self) -> Sequence[ServiceNumber]:
        return self._sender.numbers

    @property
    def slots(self) -> int:
        return self._sender.slots

    @property
    def ready(self) -> bool:
        return self._sender.ready

    def on_ready(self, call: Callable[[], object]) -> None:
        self._sender.on_ready(call)

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        end = self._traces.begin("SMS submit")

        def heard(outcome: SubmitOutcome) -> None:
            end(_word(outcome))
            settled(outcome)

        try:
            self._sender.submit(message, heard)
        except BaseException as error:
            end(_word(error))
            raise


def _word(outcome: object) -> str:
    """What came of a call, as other spans say it."""
    return _WORD.sub("_", type(outcome).__name__).lower()


def committer(
    traces: Traces | None,
    writer: Writer,
    reach: Reach,
    hand_over: HandOver,
    ledger: ConsentLedger,
    *,
    tell: Tell = nothing,
) -> Committer:
    """The committer, with spans where they are wanted."""
    if traces is None:
        return Committer(writer, reach, hand_over, ledger, tell=tell)
    return TracedCommitter(traces, writer, reach, hand_over, ledger, tell=tell)


def charging_system(traces: Traces | None, ocs: ChargingSystem) -> ChargingSystem:
    """The charging system, with a span a call where they are wanted."""
    return ocs if traces is None else TracedOcs(ocs, traces)


def sms_sender(traces: Traces | None, sender: SmsSender) -> SmsSender:
    """What sends texts, with a span a text where they are wanted."""
    return sender if traces is None else TracedSender(sender, traces)
