"""The CGRateS port of the simulated charging system: JSON-RPC at ``/jsonrpc``, beside TM Forum on the same ledger.

As on an engine, errors come as HTTP 200; running a set twice runs it twice, ``DebitBalance`` twice debits twice and
into debt, and a condition that cannot be applied leaves the account alone and answers "OK".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from flows.catalogue import Catalogue
from flows.values import Msisdn, parse_msisdn
from gateway.ocs.cgrates_units import unit_sizes
from gateway.simulators.ocs_cgrates_accounts import CgratesAccounts, format_account
from gateway.simulators.ocs_cgrates_actions import Action, BadAction, format_action, parse_action, run
from gateway.simulators.ocs_cgrates_filter import BadFilter
from gateway.simulators.ocs_desk import Desk
from gateway.simulators.ocs_tmf_body import BadBody, parse_body

_OK = "OK"
_TENANT = "cgrates.org"
_DEFAULT_BALANCE = "*default"
_RIGHT_AWAY = 10.0
Parameter = Mapping[str, object]
Method = Callable[[object], Awaitable[object]]


class Complaint(Exception):  # what an engine answers as ``error``
    """An error in the engine's words."""


class CgratesRoutes:
    """Answers JSON-RPC; what reaches the ledger goes through the desk, as orders do."""

    def __init__(self, desk: Desk, catalogue: Catalogue) -> None:
        self._desk = desk
        self._accounts = CgratesAccounts(desk.ledger, unit_sizes(catalogue))
        self._sets: dict[str, Sequence[Action]] = {}
        self._methods: Mapping[str, Method] = {
            "APIerSv2.GetAccount": self._get_account,
            "APIerSv1.SetActions": self._set_actions,
            "APIerSv1.GetActions": self._get_actions,
            "APIerSv1.ExecuteAction": self._execute_action,
            "APIerSv1.AddBalance": self._add_balance,
            "APIerSv1.DebitBalance": self._debit_balance,
        }

    def add_to(self, app: web.Application) -> None:
        """Answer beside TM Forum, under the same faults."""
        app.router.add_post("/jsonrpc", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        call = parse_body(await request.read())
        parameters = call.get("params")
        if not isinstance(parameters, list) or len(parameters) != 1:
            raise BadBody("params must be a list of one")
        result, error = None, None
        try:
            result = await self._method(str(call.get("method")))(parameters[0])
        except (Complaint, BadAction) as complaint:
            error = str(complaint)
        answer = {"id": call.get("id"), "result": result, "error": error}
        return web.Response(body=json.dumps(answer).encode(), content_type="application/json")

    def _method(self, name: str) -> Method:
        if name not in self._methods:
            raise Complaint(f"rpc: can't find service {name}")
        return self._methods[name]

    async def _get_account(self, parameter: object) -> object:
        named = _object(parameter, "Account")
        await asyncio.sleep(self._desk.faults.balance_delay)
        msisdn = self._known(named)
        if msisdn is None:
            raise Complaint("NOT_FOUND")
        return format_account(str(named.get("Tenant") or _TENANT), msisdn, self._accounts.balances(msisdn))

    async def _set_actions(self, parameter: object) -> object:
        named = _object(parameter, "ActionsId", "Actions")
        ident, items = str(named["ActionsId"]), named["Actions"]
        actions = [parse_action(_as_floats(item)) for item in items] if isinstance(items, list) else []
        if not named.get("Overwrite") and ident in self._sets:
            raise Complaint("EXISTS")
        self._sets[ident] = actions
        return _OK

    async def _get_actions(self, parameter: object) -> object:
        actions = self._sets.get(parameter) if isinstance(parameter, str) else None
        if actions is None:
            raise Complaint("SERVER_ERROR: NOT_FOUND")
        return [format_action(action) for action in actions]

    async def _execute_action(self, parameter: object) -> object:
        named = _object(parameter, "Account", "ActionsId")
        ident = str(named["ActionsId"])
        actions = self._sets.get(ident)
        if actions is None:
            raise Complaint("SERVER_ERROR: NOT_FOUND")
        return await self._move(self._known(named), actions, ident)

    async def _add_balance(self, parameter: object) -> object:
        named = _object(parameter, "Account", "BalanceType")
        return await self._one("*topup_reset" if named.get("Overwrite") else "*topup", named)

    async def _debit_balance(self, parameter: object) -> object:
        return await self._one("*debit", _object(parameter, "Account", "BalanceType"))

    async def _one(self, identifier: str, named: Parameter) -> object:
        """One action at once, as ``AddBalance`` and ``DebitBalance`` are."""
        balance, extra = named.get("Balance"), named.get("ActionExtraData")
        wanted = balance if isinstance(balance, dict) else {}
        action = {
            "Identifier": identifier,
            "BalanceType": named["BalanceType"],
            "BalanceId": wanted.get("ID", _DEFAULT_BALANCE),
            "Units": named.get("Value", 0),
            "ExpiryTime": wanted.get("ExpiryTime", ""),
            "BalanceDisabled": "true" if wanted.get("Disabled") is True else "",
            "Weight": _RIGHT_AWAY,
        }
        origin = extra.get("OriginID", "") if isinstance(extra, dict) else ""
        return await self._move(self._known(named), [parse_action(_as_floats(action))], str(origin))

    async def _move(self, msisdn: Msisdn | None, actions: Sequence[Action], key: str) -> object:
        """Run the actions as the faults of the moment say. An unknown account is left unknown, and the answer is OK."""
        if msisdn is None:
            return _OK
        delay = self._desk.faults.delay

        def at_once() -> object:
            if (words := self._desk.refusal()) is not None:
                raise Complaint(f"SERVER_ERROR: {words}")
            return self._run(msisdn, actions, key)

        answer = await self._desk.carry_out(at_once, lambda: self._run(msisdn, actions, key))
        await asyncio.sleep(delay)
        return answer

    def _run(self, msisdn: Msisdn, actions: Sequence[Action], key: str) -> object:
        now, balances = self._desk.now(), self._accounts.balances(msisdn)
        try:
            movements = run(actions, balances, now)
        except (BadFilter, BadAction):
            return _OK
        self._accounts.keep(msisdn, balances, movements, key, now)
        self._desk.moved()
        return _OK

    def _known(self, named: Parameter) -> Msisdn | None:
        msisdn = parse_msisdn(named.get("Account"))
        return None if self._desk.faults.unknown_subscriber or msisdn != named.get("Account") else msisdn


def _object(parameter: object, *needed: str) -> Parameter:
    if not isinstance(parameter, dict):
        raise Complaint("json: cannot unmarshal into Go value")
    if missing := [name for name in needed if not parameter.get(name)]:
        raise Complaint(f"MANDATORY_IE_MISSING: {missing}")
    return parameter


def _as_floats(item: object) -> object:
    """Fractions as an engine has them; the body was read with Decimal."""
    if not isinstance(item, dict):
        return item
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in item.items()}
