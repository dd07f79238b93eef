"""query_sm, cancel_sm and submit_multi at the SMSC simulator, answered from what it remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, assert_never

from gateway.simulators.smsc_book import Book, Known
from gateway.simulators.smsc_messages import STATES
from gateway.smpp.pdu import (
    Address,
    Cancel,
    Message,
    MultiMessage,
    MultiResponse,
    Query,
    QueryResponse,
    Replace,
    Response,
)
from gateway.smpp.server import Esme, Operation
from gateway.smpp.vocabulary import Command, Status

_DATE: Final = "%y%m%d%H%M%S000+"

Accept = Callable[[Esme, Message, str], None]
"""Takes a message under an id."""


class Operations:
    """new_id, accept: how the simulator numbers and takes messages. Texts are not replaced."""

    def __init__(self, book: Book, new_id: Callable[[], str], accept: Accept) -> None:
        self._book = book
        self._new_id = new_id
        self._accept = accept

    def operation(self, esme: Esme, request: Operation) -> Response:
        """See ``OperationHandler``."""
        match request:
            case Query():
                return self._query(request)
            case Cancel():
                return Response(request.command, self._cancel(request), request.sequence)
            case Replace():
                return Response(request.command, Status.REPLACE_FAILED, request.sequence)
            case MultiMessage():
                return self._multi(esme, request)
            case _:
                assert_never(request)

    def _query(self, request: Query) -> Response:
        self._book.counts.queries += 1
        known = self._book.find(request.message_id)
        if known is None or known.source != request.source.address:
            return QueryResponse(request.command, Status.INVALID_MESSAGE_ID, request.sequence)
        now = asyncio.get_running_loop().time()
        state = STATES["cancelled" if known.cancelled else "enroute" if known.open(now) else known.ending]
        date = "" if known.open(now) else known.done_at.strftime(_DATE)
        return QueryResponse(
            request.command, Status.OK, request.sequence, request.message_id, final_date=date, message_state=state
        )

    def _cancel(self, request: Cancel) -> int:
        """A message by its id, or without one all that are under way from this number to this phone."""
        source, destination = request.source.address, request.destination.address
        if not request.message_id:
            return self._take_back(*self._book.between(source, destination))
        known = self._book.find(request.message_id)
        if known is None or (known.source, known.destination) != (source, destination):
            return Status.INVALID_MESSAGE_ID
        return self._take_back(known)

    def _take_back(self, *known: Known) -> int:
        now = asyncio.get_running_loop().time()
        under_way = [one for one in known if one.open(now)]
        for one in under_way:
            one.cancelled = True
        self._book.counts.cancelled += len(under_way)
        return Status.OK if under_way else Status.CANCEL_FAILED

    def _multi(self, esme: Esme, request: MultiMessage) -> Response:
        """One id for all phones; distribution lists do not exist here."""
        message_id, failed = self._new_id(), []
        for destination in request.destinations:
            if isinstance(destination, Address):
                self._accept(esme, _addressed(request.message, destination), message_id)
            else:
                failed.append((Address(0, 0, destination), int(Status.INVALID_LIST_NAME)))
        return MultiResponse(request.command, Status.OK, request.sequence, message_id, (), tuple(failed))


def _addressed(message: Message, phone: Address) -> Message:
    return replace(
        message,
        command=Command.SUBMIT_SM,
        destination_ton=phone.ton,
        destination_npi=phone.npi,
        destination=phone.address,
    )
