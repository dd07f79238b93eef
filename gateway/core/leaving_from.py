"""The number that a text left from, or will as things stand."""

from __future__ import annotations

from collections.abc import Mapping

from flows.values import Purpose
from gateway.core.recalls import Binds
from gateway.core.sms_routes import Routes
from store.messages import Message


class LeavingFrom:
    """binds: by the name of their SMSC; an account has none, and is its own sender."""

    def __init__(self, binds: Mapping[str, Binds], routes: Routes) -> None:
        self._binds = binds
        self._routes = routes

    def of(self, one: Message) -> str:
        """What was wanted, where whoever sends it carries that; else the sender's own; empty if nobody knows."""
        sender = self._sender(one)
        return self._routes.number(sender, one.source) if sender else one.source

    def _sender(self, one: Message) -> str:
        if one.smsc:
            return next((name for name, _ in self._binds.get(one.smsc, ())), one.smsc)
        plan = self._routes.plan(one.msisdn, Purpose(one.purpose), one.source, asks=one.asks)
        return plan[0] if plan else ""
