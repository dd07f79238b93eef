"""A charging system behind the TM Forum Open APIs: TMF622 orders charge and grant, TMF654 buckets tell the balance.

How a charge is made idempotent: it is not, by the server. ``externalId`` carries the order key, but TMF622 does not
promise that a second order with the same ``externalId`` is refused. So one key is posted again only after ``NotSent``,
or after ``find`` said ``NotFound`` later than ``settle_seconds`` after the last post.

How "did it happen?" is answered: ``GET …/productOrder?externalId={key}``. The filter is a convention (TMF630), so the
answer is filtered again here. With several orders under one key the completed one wins, and a warning is logged.

When a no is final: ``settle_seconds`` after the last send. A server that queues may apply an order later than the
connection lived; only the operator knows its longest queue, hence the setting.

What stays open: an order that a server applies after the settle time is charged twice if the key was sent again;
``held``, ``partial``, the cancellation states and unknown states stay ``StillRunning`` until a person acts; a server
that lists orders without ``externalId`` never gives a certain no.

A refund (``adjustBalance``) has no external id either: our key stands in its ``description`` and is looked for in
``balanceActionHistory``. That it is not there is a no only from a server whose history has shown a refund of ours, as
is looked for after the first that was paid; any other may have paid it, so it goes to a person and is not sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import aiohttp
from yarl import URL

from flows.values import BundleId, Msisdn, OrderKey, Wallet
from gateway.core.ports import (
    FindOutcome,
    FindRefundOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Refused,
    Service,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer, for_a_person, never_sent, read_json, utc_now
from gateway.ocs.tmf_wallet import money_bucket, read_wallet

_LOG = logging.getLogger(__name__)
_MOST_PAGES = 20
_NOT_LET_IN = frozenset({401, 403, 407, 429})  # refused at the door, before any order was made
_UNDECIDED = frozenset({408, 409})  # 409: an order with this key may exist, so it is looked up
_UNTOLD = for_a_person("the balance history shows no refund of ours: whether this one was paid, the account must tell")
_ASKING = {"Accept": "application/json"}
_SENDING = {**_ASKING, "Content-Type": wire.CONTENT_TYPE}


class TmfChargingSystem:
    """Satisfies ``ChargingSystem``.

    url: up to but without ``/tmf-api``. timeout: seconds for one call. currency: of the accounts; buckets in any other
    are not counted. offerings: the server's product offering for each bundle. session: shared by the caller, who then
    closes it; left out, one is opened at the first call.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,  # the whole adapter's limit, not one call's
        settle_seconds: float,
        currency: str,
        offerings: Mapping[BundleId, str],
        session: aiohttp.ClientSession | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.services: frozenset[Service] = frozenset({"gift"})
        self.can_be_asked = True
        self._buckets = url.rstrip("/") + wire.BUCKETS
        self._adjustments = url.rstrip("/") + wire.ADJUSTMENTS
        self._actions = url.rstrip("/") + wire.ACTIONS
        self._orders = url.rstrip("/") + wire.PRODUCT_ORDERS
        # Half the time for getting a connection: what then fails was surely not sent.
        self._sending = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._asking = aiohttp.ClientTimeout(total=timeout)  # one timer less on the busiest path
        self._currency = currency
        self._offerings = offerings
        self._session = session
        self._owns_session = session is None
        self._now = now
        self._history_tells = False

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and buckets; an account without any bucket has no balance.

        Raises UnknownSubscriber (404), OcsTimeout, OcsUnavailable (no connection, 5xx), OcsError (unreadable, 4xx).
        """
        try:
            items = await self._list(f"{self._buckets}?logicalResource.id={quote(msisdn, safe='')}")
            return read_wallet(items, msisdn, self._currency, self._now())
        except _Answered as answer:
            raise _error(answer.status) from None
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None
        except TimeoutError:
            raise OcsTimeout("the charging system did not answer in time") from None
        except aiohttp.ClientError as error:
            # Its own text may hold the address and with it the MSISDN.
            raise OcsUnavailable(f"the charging system cannot be reached ({type(error).__name__})") from None

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Post one order. A bundle without product offering is refused here and never sent."""
        offering = self._offerings.get(request.bundle)
        if offering is None:
            return never_sent(f"bundle {request.bundle} has no TM Forum product offering")
        try:
            status, body, _ = await self._call("POST", self._orders, wire.format_order(request, offering))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NotSent(f"no connection to the charging system ({type(error).__name__})")
        except TimeoutError:
            return OutcomeUnknown("the charging system did not answer in time")
        except aiohttp.ClientError as error:
            return OutcomeUnknown(f"the connection to the charging system was lost ({type(error).__name__})")
        return _posted(status, body, request.key)

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """Look the key up. Whatever prevents an answer is ``OutcomeUnknown``."""
        key = request.key
        try:
            items = await self._list(f"{self._orders}?externalId={quote(key, safe='')}")
            orders = [wire.read_order(item) for item in items]
        except _Answered as answer:
            return OutcomeUnknown(f"the charging system answered {answer.status}")
        except UnreadableAnswer as error:
            return OutcomeUnknown(str(error))
        except TimeoutError:
            return OutcomeUnknown("the charging system did not answer in time")
        except aiohttp.ClientError as error:
            return OutcomeUnknown(f"the charging system cannot be reached ({type(error).__name__})")
        if (count := sum(order.key == key for order in orders)) > 1:
            completed = sum(order.key == key and order.state.lower() == "completed" for order in orders)
            _LOG.warning("order %s exists %d times in the charging system, completed %d times", key, count, completed)
        return wire.choose(orders, key)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Credit the payer's monetary bucket; an account that has none is a person's business."""
        order = request.order
        try:
            buckets = await self._list(f"{self._buckets}?logicalResource.id={quote(order.payer, safe='')}")
            bucket = money_bucket(buckets, order.payer, order.price.currency, self._now())
        except (_Answered, UnreadableAnswer, TimeoutError, aiohttp.ClientError) as error:
            return NotSent(f"the account could not be read ({type(error).__name__})")
        if bucket is None:
            return Refused("rejected", "the account has no monetary bucket to credit")
        try:
            status, body, _ = await self._call("POST", self._adjustments, wire.format_refund(request, bucket))
            if 200 <= status < 300:
                return await self._as_adjusted(wire.read_adjustment(body, request.key), request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NotSent(f"no connection to the charging system ({type(error).__name__})")
        except (UnreadableAnswer, TimeoutError, aiohttp.ClientError) as error:
            return OutcomeUnknown(f"the charging system's answer did not come ({type(error).__name__})")
        outcome = _declined(status, body)
        return Refused("rejected", outcome.detail) if isinstance(outcome, Refused) else outcome

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """Look for the key among the payer's balance actions; not to find it is a no only where refunds are shown."""
        try:
            payer = quote(request.order.payer, safe="")
            actions = await self._list(f"{self._actions}?logicalResource.id={payer}")
            self._history_tells |= wire.shows_refunds(actions)
            found = wire.choose_refund(actions, request.key)
            return _UNTOLD if isinstance(found, NotFound) and not self._history_tells else found
        except (_Answered, UnreadableAnswer, TimeoutError, aiohttp.ClientError) as error:
            return OutcomeUnknown(f"the charging system could not be asked ({type(error).__name__})")

    async def _as_adjusted(self, outcome: RefundOutcome, request: RefundRequest) -> RefundOutcome:
        """The same; until the history has shown a refund, each that was paid is looked for in it."""
        if isinstance(outcome, Refunded) and not self._history_tells:
            await self.find_refund(request)
            if not self._history_tells:
                _LOG.warning("a refund was paid and is not in balanceActionHistory: it could not be asked about")
        return outcome

    async def answers(self) -> bool:
        """Asked about an order that nobody made: any answer but silence will do."""
        try:
            await self._list(f"{self._orders}?externalId=readiness-probe")
        except (_Answered, UnreadableAnswer, TimeoutError, aiohttp.ClientError):
            return False
        return True

    async def close(self) -> None:
        """Close the connections, if they are this adapter's own."""
        if self._session and self._owns_session:
            await self._session.close()
            self._session = None

    async def _list(self, url: str) -> Sequence[Mapping[str, object]]:
        """All pages of a list; a server that pages by itself says so in X-Total-Count (TMF630)."""
        items: list[Mapping[str, object]] = []
        for _ in range(_MOST_PAGES):
            status, body, total = await self._call("GET", f"{url}&offset={len(items)}" if items else url)
            if status not in {200, 206}:
                raise _Answered(status)
            page = wire.read_list(body)
            items.extend(page)
            if len(items) >= total:
                return items
            if not page:
                break
        raise UnreadableAnswer("the list has more pages than can be read")

    async def _call(self, method: str, url: str, body: bytes | None = None) -> tuple[int, bytes, int]:
        """Status, body and the total of a list (0 where it is not told)."""
        if self._session is None:
            self._session, self._owns_session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()), True
        async with self._session.request(
            method,
            URL(url, encoded=True),
            data=body,
            headers=_ASKING if body is None else _SENDING,
            timeout=self._asking if body is None else self._sending,
            allow_redirects=False,
        ) as response:
            total = response.headers.get("X-Total-Count", "")
            return response.status, await response.read(), int(total) if total.isdecimal() else 0


class _Answered(Exception):  # not an error of ours: the far side's status
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _error(status: int) -> OcsError:
    if status == 404:
        return UnknownSubscriber("the charging system does not know this subscriber")
    kind = OcsUnavailable if status >= 500 or status == 429 else OcsError
    return kind(f"the charging system answered {status}")


def _posted(status: int, body: bytes, key: OrderKey) -> PurchaseOutcome:
    if 200 <= status < 300:
        return _accepted(body, key)
    return _declined(status, body)


def _declined(status: int, body: bytes) -> Refused | NotSent | OutcomeUnknown:
    words = wire.read_error(body)
    detail = f"{status} {words}".strip()
    if status in _NOT_LET_IN:
        return NotSent(detail)
    if 400 <= status < 500 and status not in _UNDECIDED:
        return Refused(wire.reason_of(words), detail)
    return OutcomeUnknown(detail)


def _accepted(body: bytes, key: OrderKey) -> PurchaseOutcome:
    try:
        order = wire.read_order(read_json(body))
    except UnreadableAnswer as error:
        return OutcomeUnknown(str(error))
    if order.key not in {"", key}:
        return OutcomeUnknown("the answer is about another order")
    return wire.order_outcome(order)
