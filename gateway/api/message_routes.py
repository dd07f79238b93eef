"""``/api/v1`` for texts that the operator's own systems send: now or at a time, alone or as part of a campaign."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from flows.frozen import dataclass
from flows.operator_text import TextAsked, send
from flows.values import Msisdn, Purpose
from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.message_views import MessageViews
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation
from gateway.api.request_models import MOST_CHARACTERS, NewMessage
from gateway.api.requests import idempotency_key, instant, msisdn_of, unknown_fields
from gateway.core.bodies import json_body
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.one_by_one import OneByOne
from gateway.core.problems import Problem
from gateway.core.recalls import Recalls
from store import messages, outbox, outgoing
from store.errors import AlreadyWritten
from store.sms_rows import SmsRow
from store.unit import Unit

_PURPOSES = {one.value: one for one in (Purpose.ALERT, Purpose.MARKETING, Purpose.CONFIRMATION)}
_CAMPAIGN = re.compile(r"[A-Za-z0-9._-]{1,40}")
_FIELDS = ("text", "purpose", "campaign", "send_at", "expires_at", "asks")
_ONE = "/api/v1/messages/{id}"
_UNKNOWN = ((404, "unknown-message"),)
_SEND = Operation(
    id="sendMessage",
    method="POST",
    path="/api/v1/subscribers/{msisdn}/messages",
    summary="Send a text now or at a time, alone or as part of a campaign",
    right=Right.SEND,
    answers={202: models.Message},
    body=NewMessage,
    key="needed",
    problems=((422, "invalid-message"),),
)
_READ = Operation(
    id="getMessage",
    method="GET",
    path=_ONE,
    summary="One text and how far it is",
    right=Right.READ,
    answers={200: models.Message},
    problems=_UNKNOWN,
)
_CALL_OFF = Operation(
    id="callOffMessage",
    method="DELETE",
    path=_ONE,
    summary="Call a text off that has not gone, or that the SMSC takes back",
    right=Right.SEND,
    answers={200: models.Message},
    key="optional",
    problems=(*_UNKNOWN, (409, "message-gone")),
)
_ASK = Operation(
    id="askAboutMessage",
    method="POST",
    path=f"{_ONE}/ask",
    summary="Ask the SMSC about the parts of which no receipt came",
    right=Right.READ,
    answers={200: models.Message},
    key="optional",
    problems=_UNKNOWN,
)
_OF_CAMPAIGN = Operation(
    id="getCampaign",
    method="GET",
    path="/api/v1/campaigns/{name}",
    summary="How far a campaign is",
    right=Right.READ,
    answers={200: models.Campaign},
    problems=((404, "unknown-campaign"),),
)
_USUAL, _LATEST = timedelta(hours=24), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A body that holds what it must."""

    text: str
    purpose: Purpose
    campaign: str
    asks: bool
    send_at: datetime | None
    until: datetime


class MessageRoutes:
    """Sending, reading and calling off one text. Role crm and admin."""

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        access: Access,
        once: Once,
        *,
        recalls: Recalls,
        message_views: MessageViews,
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._access = access
        self._once = once
        self._recalls = recalls
        self._views = message_views
        self._people = OneByOne()

    def add_to(self, app: web.Application) -> None:
        """Add the routes, each behind its right."""
        for operation, handler in (
            (_SEND, self._send),
            (_READ, self._read),
            (_CALL_OFF, self._call_off),
            (_ASK, self._ask),
            (_OF_CAMPAIGN, self._campaign),
        ):
            self._access.add(app, operation, handler)

    async def _send(self, request: web.Request, caller: Caller) -> web.Response:
        """202 with the message as it is now; of the same key and body the same message."""
        msisdn, given = msisdn_of(request), idempotency_key(request)
        key = f"api:{hashlib.sha256(f'{caller.name}:{given}'.encode()).hexdigest()[:40]}"
        now, document = self._context.clock(), await json_body(request)
        wanted = _wanted(document, now)
        async with self._people.of(msisdn):  # who has had enough marketing is known only once the last is written
            earlier = await outbox.by_key(self._context.reader, key)
            if earlier is None:
                asked = await self._asked(msisdn, wanted, key, f"api:{caller.name}", now)
                with suppress(AlreadyWritten):  # the same key for somebody else at the same time
                    await self._committer.commit(send(asked))
                earlier = await outbox.by_key(self._context.reader, key)
        if not isinstance(earlier, SmsRow) or not _same(earlier, msisdn, wanted):
            raise Problem(422, "idempotency-key-reused", "this Idempotency-Key came before with another request")
        return views.answer(await self._view(earlier.id), 202)

    async def _asked(self, msisdn: Msisdn, wanted: _Wanted, key: str, actor: str, now: datetime) -> TextAsked:
        context = self._context
        return TextAsked(
            at=now,
            actor=actor,
            key=key,
            subscriber=await self._facts.subscriber(msisdn),
            text=wanted.text,
            purpose=wanted.purpose,
            source=context.service_number.address,
            campaign=wanted.campaign,
            asks=wanted.asks,
            send_at=wanted.send_at,
            until=wanted.until,
            rules=context.rules(wanted.send_at or now),
            switches=context.switches,
        )

    async def _read(self, request: web.Request, caller: Caller) -> web.Response:
        return views.answer(await self._view(request.match_info["id"]))

    async def _call_off(self, request: web.Request, caller: Caller) -> web.Response:
        """200 with the message if it had not gone, or the SMSC took it back; 409 if it is too late."""
        return await self._once.if_keyed(request, caller, None, partial(self._called_off, request.match_info["id"]))

    async def _called_off(self, which: str, claim: Claim) -> Answer:
        await self._view(which)
        now = self._context.clock()
        gone = not await self._context.writer.commit(Unit(gate=outgoing.call_off(which, "called_off", now)))
        if gone:
            await self._recalls.call_off(which)
        message = await self._view(which)
        if message.reason != "called_off":
            state = "being sent" if message.state == "queued" else message.state
            raise Problem(409, "message-gone", f"it cannot be called off any more: it is {state}")
        return 200, message

    async def _ask(self, request: web.Request, caller: Caller) -> web.Response:
        """The message, after its SMSC was asked about the parts of which no receipt came."""
        return await self._once.if_keyed(request, caller, None, partial(self._asked_about, request.match_info["id"]))

    async def _asked_about(self, which: str, claim: Claim) -> Answer:
        await self._view(which)
        await self._recalls.ask(which)
        return 200, await self._view(which)

    async def _campaign(self, request: web.Request, caller: Caller) -> web.Response:
        """How far a campaign is: its texts by state."""
        context, name = self._context, request.match_info["name"]
        states = await messages.of_campaign(context.reader, name, context.clock())
        if not states:
            raise Problem(404, "unknown-campaign", "no text is part of a campaign of this name")
        return views.answer(models.Campaign(name=name, texts=sum(states.values()), states=dict(states)))

    async def _view(self, which: str) -> models.Message:
        found = await messages.by_id(self._context.reader, which)
        if found is None:
            raise Problem(404, "unknown-message", "there is no message with this id")
        return self._views.show(found)


def _wanted(document: Mapping[str, Any], now: datetime) -> _Wanted:
    """Raises Problem."""
    errors = unknown_fields(document, _FIELDS)
    text, purpose = document.get("text"), document.get("purpose", Purpose.ALERT.value)
    campaign, asks = document.get("campaign", ""), document.get("asks", False)
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS or "\0" in text:
        errors.append({"pointer": "/text", "detail": f"must be a text of 1 to {MOST_CHARACTERS} characters"})
    if not isinstance(purpose, str) or purpose not in _PURPOSES:
        errors.append({"pointer": "/purpose", "detail": f"must be one of {', '.join(_PURPOSES)}"})
    if not isinstance(campaign, str) or (campaign and not _CAMPAIGN.fullmatch(campaign)):
        errors.append({"pointer": "/campaign", "detail": "must be 1 to 40 of A-Z a-z 0-9 . _ -"})
    if not isinstance(asks, bool):
        errors.append({"pointer": "/asks", "detail": "must be true or false"})
    send_at = instant(document, "send_at", errors)
    goes, latest = max(send_at or now, now), now + _LATEST
    until = instant(document, "expires_at", errors) or min(goes + _USUAL, max(goes, latest))
    if goes >= latest:
        errors.append({"pointer": "/send_at", "detail": f"must be within {_LATEST.days} days"})
    elif until <= goes:
        errors.append({"pointer": "/expires_at", "detail": "must be later than now, and than send_at"})
    elif until > latest:
        errors.append({"pointer": "/expires_at", "detail": f"must be within {_LATEST.days} days"})
    if errors:
        raise Problem(422, "invalid-message", "nothing was sent; see errors", errors=errors)
    return _Wanted(str(text), _PURPOSES[str(purpose)], str(campaign), bool(asks), send_at, until)


def _same(row: SmsRow, msisdn: Msisdn, wanted: _Wanted) -> bool:
    kept = (row.msisdn, row.text, row.purpose, row.campaign, row.asks)
    return kept == (msisdn, wanted.text, wanted.purpose, wanted.campaign, wanted.asks)
