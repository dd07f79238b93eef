"""``/api/v1/subscribers/{msisdn}/sources``: what is kept of a person's behaviour, and their own word on each source."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from flows import behaviour
from flows.behaviour import Source, SourceAnswered, stands
from flows.records import Subscriber
from flows.values import Channel, Msisdn
from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation
from gateway.api.request_models import MOST_SHOWN, SourceWish
from gateway.api.requests import Errors, msisdn_of, unknown_fields
from gateway.config.behaviour_sections import BehaviourConfig
from gateway.core.bodies import json_body
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.problems import Problem
from store import consents
from store.ids import new_id

_PATH = "/api/v1/subscribers/{msisdn}/sources"
_LIST = Operation(
    id="listSources",
    method="GET",
    path=_PATH,
    summary="The sources of behaviour: whether what each tells of a subscriber is kept, and for how long",
    right=Right.PREFERENCES,
    answers={200: models.SourceList},
)
_PUT = Operation(
    id="putSource",
    method="PUT",
    path=f"{_PATH}/{{source}}",
    summary="Record a subscriber's word on one source; a no deletes at once what was kept of it",
    right=Right.PREFERENCES,
    answers={200: models.Source},
    body=SourceWish,
    key="optional",
    problems=((404, "unknown-source"), (422, "invalid-request")),
)


class SourceRoutes:
    """Consents to keeping behaviour, as an app or customer care asks for them."""

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        access: Access,
        once: Once,
        *,
        config: BehaviourConfig,
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._access = access
        self._once = once
        self._config = config

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        self._access.add(app, _LIST, self._list)
        self._access.add(app, _PUT, self._put)

    async def _list(self, request: web.Request, caller: Caller) -> web.Response:
        person = await self._context.known(msisdn_of(request))
        said = await self._said(person) if person else {}
        items = [self._shown(source, said.get(source)) for source in Source]
        return views.answer(models.SourceList(items=items, next=None))

    async def _put(self, request: web.Request, caller: Caller) -> web.Response:
        msisdn, name = msisdn_of(request), request.match_info["source"]
        if name not in tuple(Source):
            raise Problem(404, "unknown-source", f"there is: {', '.join(Source)}")
        document = await json_body(request)
        work = partial(self._answered, msisdn, Source(name), document, f"api:{caller.name}")
        return await self._once.if_keyed(request, caller, document, work)

    async def _answered(
        self, msisdn: Msisdn, source: Source, document: dict[str, Any], session: str, claim: Claim
    ) -> Answer:
        keep, shown = _checked(document)
        person, at = await self._facts.subscriber(msisdn), self._context.clock()
        answered = SourceAnswered(
            at=at,
            subscriber=person,
            source=source,
            keep=keep,
            prompt=shown,
            reply=str(keep).lower(),
            language=person.language,
            menu="",
            menu_version="",
            channel=Channel.APP,
            session=session,
            jurisdiction=self._context.market.code,
            latest=(await self._said(person)).get(source),
            record_id=f"con-{new_id(at)}",
        )
        await self._committer.commit(behaviour.answer(answered))
        return 200, self._shown(source, "given" if keep else "withdrawn")

    async def _said(self, person: Subscriber) -> dict[Source, str]:
        """The newest word of a person on each source that they ever spoke of."""
        found = await consents.latest(self._context.reader, [person.id], list(behaviour.PURPOSES))
        return {behaviour.PURPOSES[purpose]: event for (_, purpose), event in found.items()}

    def _shown(self, source: Source, said: str | None) -> models.Source:
        prior = self._context.rules(self._context.clock()).behaviour
        return models.Source(
            source=source.value,
            kept=stands(source, said, prior),
            said=said,
            prior=source in prior,
            days=self._config.retention[source].days,
        )


def _checked(document: dict[str, Any]) -> tuple[bool, str]:
    """The wish, and what was shown. Raises Problem."""
    errors: Errors = unknown_fields(document, ("keep", "shown"))
    keep, shown = document.get("keep"), document.get("shown")
    if not isinstance(keep, bool):
        errors.append({"pointer": "/keep", "detail": "must be true or false"})
    if not isinstance(shown, str) or not shown.strip() or len(shown) > MOST_SHOWN or "\0" in shown:
        errors.append({"pointer": "/shown", "detail": f"must be what was asked, at most {MOST_SHOWN} characters"})
    if errors:
        raise Problem(422, "invalid-request", "nothing was changed; see errors", errors=errors)
    return bool(keep), str(shown)
