"""The UCIP port of the simulated charging system: ``POST /Air``, on the accounts and the ledger of the other wires.

A refill profile takes its price from the main account. A message that comes again is carried out again, as the guide
allows, unless the fault ``recognise_repeats`` makes it be answered with what was answered first.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import encode_basic_auth, web

from flows.catalogue import Bundle, Catalogue
from flows.values import Msisdn
from gateway.ocs.ucip_sales import sales_of
from gateway.ocs.xml_rpc import write_answer, write_fault
from gateway.simulators import ocs_ucip as ucip
from gateway.simulators.ocs_desk import Desk, NoAnswer
from gateway.simulators.ocs_ledger import Order

PATH = "/Air"
_USER_AGENT = re.compile(r"[^/]+/[345]\.[0-9]/.+")
Answer = dict[str, object]


class AirRoutes:
    """Answers at ``/Air``; what it decides is the desk's. credentials: user and password, None lets everybody in."""

    def __init__(self, desk: Desk, catalogue: Catalogue, credentials: tuple[str, str] | None = None) -> None:
        self._desk = desk
        self._authorization = encode_basic_auth(*credentials) if credentials else ""
        self._offerings: Mapping[str, Bundle] = ucip.offerings_of(catalogue)
        self._offers = {bundle: sale.offer for bundle, sale in sales_of(catalogue).items() if sale.offer}
        self._ids = itertools.count(1)
        self._had: dict[tuple[str, str, str, str], Answer | str] = {}

    def add_to(self, app: web.Application) -> None:
        """Listen there as well."""
        app.add_routes([web.post(PATH, self._answer)])

    async def _answer(self, request: web.Request) -> web.Response:
        if self._authorization not in {"", request.headers.get("Authorization")}:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="/Air"'})
        if not _USER_AGENT.fullmatch(request.headers.get("User-Agent", "")):
            return web.Response(status=403, text="User-Agent must be name/protocol version/version")
        try:
            call = ucip.parse(await request.read())
            return _xml(write_answer(await self._carry_out(call)))
        except ucip.BadCall as error:
            return _xml(write_fault(error.fault))

    async def _carry_out(self, call: ucip.Call) -> Answer:
        if self._desk.faults.recognise_repeats and call.identity in self._had:
            return self._answered_before(call)
        msisdn = call.msisdn
        if msisdn is None or self._desk.faults.unknown_subscriber:
            return ucip.answer(call, ucip.NOT_FOUND)
        if call.method == "GetBalanceAndDate":
            return await self._balance(call, msisdn)
        if call.method == "GetOffers":
            return ucip.answer(call, ucip.DONE, offerInformation=ucip.offers(self._running(msisdn)))
        if call.method in ("UpdateOffer", "DeleteOffer"):
            return await self._switch(call, msisdn)
        if call.method == "Refill" and (pin := ucip.voucher_of(call)) is not None:
            return await self._voucher(call, msisdn, pin)
        return await self._move_money(call, msisdn)

    # ── money ──

    async def _move_money(self, call: ucip.Call, msisdn: Msisdn) -> Answer:
        wanted = self._wanted(call)
        if self._desk.faults.lose:  # it never came here, so its repeat will be the first
            self._desk.faults = self._desk.faults.one_less("lose")
            raise NoAnswer
        if not isinstance(wanted, Order):
            return await self._credit(call, msisdn, wanted)
        self._had.setdefault(call.identity, wanted.id)
        return await self._charge(call, wanted)

    async def _switch(self, call: ucip.Call, msisdn: Msisdn) -> Answer:
        services = self._desk.services
        on = ucip.switched(call, services.switch_offer)
        if not isinstance(on, bool):
            return ucip.answer(call, on)
        await self._desk.carry_out(lambda: services.switch(msisdn, on=on), lambda: services.switch(msisdn, on=on))
        return ucip.answer(call, ucip.DONE)

    async def _voucher(self, call: ucip.Call, msisdn: Msisdn, pin: str) -> Answer:
        desk, services = self._desk, self._desk.services
        delay, before = desk.faults.delay, desk.ledger.account(msisdn).balance
        done = await desk.move(lambda: services.top_up(msisdn, pin, ucip.key_of(call), desk.now()))
        await asyncio.sleep(delay)
        if isinstance(done, str):
            known = services.vouchers.get(pin)
            return ucip.answer(call, ucip.against_voucher(known.used_by if known else None, call))
        after, currency = desk.ledger.account(msisdn).balance, desk.ledger.currency
        told = {"accountBeforeRefill": ucip.money(before, currency), "accountAfterRefill": ucip.money(after, currency)}
        return ucip.answer(call, ucip.DONE, **told)

    def _answered_before(self, call: ucip.Call) -> Answer:
        stored = self._had[call.identity]
        if not isinstance(stored, str):
            return stored
        order = self._desk.ledger.orders.get(stored)
        if order is None or ucip.code_of(order) == ucip.OTHER_ERROR:  # the first is still on its way
            raise NoAnswer
        return self._keep(call, order)

    def _wanted(self, call: ucip.Call) -> Order | int:
        ident, at = f"air-{next(self._ids)}", self._desk.now()
        read = ucip.refill if call.method == "Refill" else ucip.adjustment
        return read(call, ident, at)

    async def _charge(self, call: ucip.Call, order: Order) -> Answer:
        desk = self._desk
        delay = desk.faults.delay
        answer = self._keep(call, await desk.submit(order))
        await asyncio.sleep(delay)
        return answer

    def _keep(self, call: ucip.Call, order: Order) -> Answer:
        """The answer, stored for a repeat once the order is settled."""
        code = ucip.code_of(order)
        if code != ucip.DONE:
            answer = ucip.answer(call, code)
        else:
            after, currency = self._desk.ledger.account(order.payer).balance, self._desk.ledger.currency
            before = after + (order.price.amount if order.bundle else -order.price.amount)
            told = {
                "accountBeforeRefill": ucip.money(before, currency),
                "accountAfterRefill": ucip.money(after, currency),
            }
            answer = ucip.answer(call, code, **(told if call.method == "Refill" else ucip.money(after, currency)))
        if code != ucip.OTHER_ERROR:
            self._had[call.identity] = answer
        return answer

    async def _credit(self, call: ucip.Call, msisdn: Msisdn, units: int) -> Answer:
        desk = self._desk
        item = desk.ledger.refund(msisdn, units, ucip.key_of(call), desk.now())
        desk.moved()
        answer = ucip.answer(call, ucip.DONE, **ucip.money(item.balance_after, item.currency))
        self._had[call.identity] = answer
        if desk.faults.drop_answer:
            desk.faults = desk.faults.one_less("drop_answer")
            raise NoAnswer
        await asyncio.sleep(desk.faults.delay)
        return answer

    # ── questions ──

    async def _balance(self, call: ucip.Call, msisdn: Msisdn) -> Answer:
        desk = self._desk
        await asyncio.sleep(desk.faults.balance_delay)
        account, now = desk.ledger.account(msisdn), desk.now()
        running = [bucket for bucket in account.buckets if bucket.expires_at is None or bucket.expires_at > now]
        named = {bundle.name("en"): self._offers.get(bundle.id, 0) for bundle in self._offerings.values()}
        return ucip.answer(
            call,
            ucip.DONE,
            **ucip.money(account.balance, desk.ledger.currency),
            dedicatedAccountInformation=ucip.dedicated_accounts(
                running, {name: offer for name, offer in named.items() if offer}
            ),
        )

    def _running(self, msisdn: Msisdn) -> list[tuple[int, datetime, datetime]]:
        """The offers that purchases have left; a later one of the same kind begins it anew."""
        found: dict[int, tuple[int, datetime, datetime]] = {}
        for item in self._desk.ledger.items:
            bundle = self._offerings.get(item.offering)
            if item.beneficiary == msisdn and item.kind == "charge" and bundle and bundle.id in self._offers:
                ends = item.at + timedelta(hours=bundle.validity_hours)
                if ends > self._desk.now():
                    found[self._offers[bundle.id]] = (self._offers[bundle.id], item.at, ends)
        switch = self._desk.services.switch_offer
        if isinstance(switch, int) and self._desk.ledger.account(msisdn).out_of_bundle:
            found[switch] = (switch, self._desk.now(), self._desk.now() + timedelta(days=3650))
        return list(found.values())


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="utf-8")
