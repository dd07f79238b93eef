"""Everything around the gateway, as others reach it: its HTTP interface and the simulators' control ports."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.simulators.demo.configuration import SHORT_CODE, TEXTS, USSD
from gateway.simulators.demo.stage import Stage

_METRICS = re.compile(r"http://[^\s\"<]+/metrics")
_PATIENCE = 20.0
Json = dict[str, Any]


class UnexpectedAnswer(Exception):
    """An HTTP status that the demonstration does not reckon with."""


class Wires:
    """One call, one method. Amounts are minor units."""

    def __init__(self, session: aiohttp.ClientSession, stage: Stage) -> None:
        self._session = session
        self._stage = stage
        self._names = count(1)

    # ── the charging system's events, the subscriber's texts ──

    async def post_event(self, event: Mapping[str, Any]) -> int:
        """Post one CloudEvent; the status."""
        headers = {"Content-Type": "application/cloudevents+json"}
        async with self._session.post(f"{self._stage.gateway_url}/triggers", json=event, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def text_in(self, msisdn: str, text: str, times: int = 1, **more: Any) -> list[str]:
        """The SMSC delivers a text ``times`` over; how the gateway answered each deliver_sm.

        more: ``parts`` and ``reference`` of a long one.
        """
        body = {"from": msisdn, "to": SHORT_CODE, "text": text, "repeat": times, "bind": TEXTS, **more}
        answer = await self._json("POST", f"{self._stage.controls['smsc']}/mo", body)
        return list(answer["statuses"])

    async def call_in(self, msisdn: str, text: str, times: int = 1) -> list[str]:
        """The aggregator calls the gateway with a text, ``times`` over; the status of each answer."""
        control, name = self._stage.controls["aggregator"], f"demo-{next(self._names)}"
        body = {"from": msisdn, "to": SHORT_CODE, "text": text, "id": name}
        return [str((await self._json("POST", f"{control}/mo", body))["status"]) for _ in range(times)]

    async def tell_aggregator(self) -> None:
        """The aggregator calls the gateway that runs now."""
        control = self._stage.controls["aggregator"]
        await self._json("PUT", f"{control}/gateway", {"url": self._stage.gateway_url})

    async def texts_after(self, number: int, seconds: float, network: str = "smsc") -> list[Json]:
        """What all phones got by this network after message ``number``, waiting so long for one."""
        control = self._stage.controls[network]
        found = await self._json("GET", f"{control}/messages?after={number}&timeout={seconds}")
        return [{**one, "to": one["to"].lstrip("+")} for one in found]

    async def hops(self, session: str, msisdn: str, code: str, text: str, times: int = 1) -> list[bytes]:
        """One hop as Africa's Talking posts it, ``times`` at once; the answers."""
        form = {
            "sessionId": session,
            "phoneNumber": f"+{msisdn}",
            "networkCode": "73201",
            "serviceCode": code,
            "text": text,
        }
        return await self._posted("/ussd/africastalking", times, data=form)

    async def hubtel_hops(self, body: Mapping[str, Any], times: int = 1) -> list[bytes]:
        """One hop as Hubtel posts it, ``times`` at once; the answers."""
        return await self._posted("/ussd/hubtel", times, json=body)

    async def dial(self, msisdn: str, code: str) -> Json:
        """Dial on a network that brings USSD over SMPP: the session's number, how it was taken, the screen."""
        return await self._phone({"from": msisdn, "service": code, "bind": USSD})

    async def answer(self, msisdn: str, session: int, text: str, times: int = 1) -> Json:
        """Answer a screen there; the network delivers that ``times`` over."""
        return await self._phone({"from": msisdn, "session": session, "text": text, "repeat": times})

    async def screens(self, msisdn: str) -> list[Json]:
        """What their phone was shown there, oldest first."""
        found = await self._json("GET", f"{self._stage.controls['smsc']}/ussd")
        return [one for one in found if one["to"] == msisdn]

    async def set_network_faults(self, **faults: Any) -> None:
        """Make the SMSC misbehave; without any, not."""
        await self._json("PUT", f"{self._stage.controls['smsc']}/faults", faults)

    # ── the charging system ──

    async def set_balance(self, msisdn: str, balance: int) -> None:
        """Open an account with this money and no bundles."""
        await self._json("PUT", f"{self._stage.ocs_control}/subscribers/{msisdn}", {"balance": balance, "bundles": []})

    async def account(self, msisdn: str) -> Json:
        """Balance and bundles."""
        return dict(await self._json("GET", f"{self._stage.ocs_control}/subscribers/{msisdn}"))

    async def ledger(self, msisdn: str, count: int = 0) -> list[Json]:
        """What was charged, waiting for ``count`` entries."""
        query = f"msisdn={msisdn}&count={count}&timeout={_PATIENCE if count else 0}"
        return list((await self._json("GET", f"{self._stage.ocs_control}/ledger?{query}"))["items"])

    async def held(self) -> int:
        """How many orders the charging system has received and not applied."""
        return int((await self._json("GET", f"{self._stage.ocs_control}/orders"))["waiting"])

    async def set_faults(self, **faults: Any) -> None:
        """Make the charging system misbehave; without any, not."""
        await self._json("PUT", f"{self._stage.ocs_control}/faults", faults)

    async def set_down(self, *, down: bool) -> None:
        """Close or open the charging system's port."""
        await self._json("PUT", f"{self._stage.ocs_control}/down", {"down": down})

    # ── the gateway's own word ──

    async def ready(self) -> bool:
        """Whether all is up that ``/readyz`` tells of, but for the charging system, which alerts do without."""
        async with self._session.get(f"{self._stage.gateway_url}/readyz") as answer:
            checks = (await answer.json())["checks"]
            return all(up for name, up in checks.items() if name != "ocs")

    async def of_subscriber(self, msisdn: str, what: str) -> list[Json]:
        """Their ``offers``, ``orders`` or ``messages``, newest first."""
        return list((await self._api(f"subscribers/{msisdn}/{what}"))["items"])

    async def profile(self, msisdn: str) -> Json:
        """Language, preferences, bundles."""
        return dict(await self._api(f"subscribers/{msisdn}"))

    async def send(self, msisdn: str, key: str, **body: Any) -> Json:
        """A system of the operator asks for a text; the message."""
        headers = {"Idempotency-Key": key}
        return dict(await self._api(f"subscribers/{msisdn}/messages", "POST", body, headers))

    async def message(self, which: str) -> Json:
        """One text, as far as it is."""
        return dict(await self._api(f"messages/{which}"))

    async def black_out(self, msisdn: str) -> None:
        """Nobody contacts them any more."""
        await self._api(f"controls/blackout/{msisdn}", "PUT", {"message": "asked for by their lawyer"})

    async def page(self) -> str:
        """The status page."""
        async with self._session.get(f"{self._stage.gateway_url}/") as answer:
            return await answer.text()

    async def counted(self, metric: str, **labels: str) -> float:
        """One sample of ``/metrics``, 0 where there is none. The gateway's page tells where that port is."""
        found = _METRICS.search(await self.page())
        if found is None:
            raise UnexpectedAnswer("the gateway's page names no metrics address")
        async with self._session.get(found.group()) as answer:
            families = text_string_to_metric_families(await answer.text())
        samples = [sample for family in families for sample in family.samples if sample.name == metric]
        return float(sum(one.value for one in samples if labels.items() <= one.labels.items()))

    async def _phone(self, said: Mapping[str, Any]) -> Json:
        return dict(await self._json("POST", f"{self._stage.controls['smsc']}/ussd", said))

    async def _posted(self, path: str, times: int, **content: Any) -> list[bytes]:
        async def post() -> bytes:
            async with self._session.post(f"{self._stage.gateway_url}{path}", **content) as answer:
                return await answer.read()

        return list(await asyncio.gather(*(post() for _ in range(times))))

    async def _api(
        self, path: str, method: str = "GET", body: Json | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._stage.token}", **(more or {})}
        return await self._json(method, f"{self._stage.gateway_url}/api/v1/{path}", body, headers)

    async def _json(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        async with self._session.request(method, url, json=body, headers=headers) as answer:
            if answer.status >= 300:
                raise UnexpectedAnswer(f"{method} {answer.url.path} answered {answer.status}: {await answer.text()}")
            return await answer.json()
