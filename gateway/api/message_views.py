"""Texts as the REST interface shows them, with what the running gateway knows: why they wait, what they leave from."""

from __future__ import annotations

from flows.values import Purpose
from gateway.api import models
from gateway.api.views import instant, instant_or_none
from gateway.core.context import Context
from gateway.core.leaving_from import LeavingFrom
from store.messages import Message


class MessageViews:
    """numbers: what texts leave from."""

    def __init__(self, context: Context, numbers: LeavingFrom) -> None:
        self._context = context
        self._numbers = numbers

    def show(self, one: Message) -> models.Message:
        """A text."""
        state, reason = self._fate(one)
        return models.Message(
            id=one.id,
            direction=one.direction,
            channel="sms",
            text=one.text,
            purpose=one.purpose or None,
            campaign=one.campaign or None,
            from_=self._numbers.of(one) if one.direction == "out" else one.msisdn,
            state=state,
            parts=one.parts,
            smsc=one.smsc,
            smsc_ids=list(one.smsc_ids),
            reason=reason,
            attempts=one.attempts,
            repeats=one.repeats,
            created_at=instant(one.created_at),
            send_at=instant_or_none(one.due_at) if one.waits else None,
            expires_at=instant_or_none(one.expires_at),
            settled_at=instant_or_none(one.settled_at),
        )

    def _fate(self, one: Message) -> tuple[str, str | None]:
        """State and reason. Waiting for a time is no step of its own in the store, and being stopped none at all."""
        if not one.waits or one.due_at is None:
            return one.state, one.reason
        if one.due_at > self._context.clock():
            return "deferred", one.reason or "scheduled"
        if self._context.reach.stops(Purpose(one.purpose), one.campaign):
            return one.state, "stopped"
        return one.state, one.reason
