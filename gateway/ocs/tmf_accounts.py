"""What a TM Forum server tells of one account: its buckets, and what was done to them (TMF654)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from flows.values import Msisdn
from gateway.core.ports import NotSent, Refused
from gateway.ocs import tmf_wire as wire
from gateway.ocs.tmf_link import NO_ANSWER, Answered, TmfLink
from gateway.ocs.tmf_wallet import money_bucket

_NOBODY = Refused("unknown_subscriber", "the charging system does not know this subscriber")


class TmfAccounts:
    """Reads accounts. now: buckets that have ended by then do not count."""

    def __init__(self, link: TmfLink, now: Callable[[], datetime]) -> None:
        self._link, self._now = link, now

    async def buckets(self, msisdn: Msisdn) -> Sequence[Mapping[str, object]]:
        """All buckets. Raises as ``TmfLink.list``."""
        return await self._link.list(f"{wire.BUCKETS}?logicalResource.id={quote(msisdn, safe='')}")

    async def actions(self, msisdn: Msisdn) -> Sequence[Mapping[str, object]]:
        """The balance actions. Raises as ``TmfLink.list``."""
        return await self._link.list(f"{wire.ACTIONS}?logicalResource.id={quote(msisdn, safe='')}")

    async def money(
        self, msisdn: Msisdn, currency: str, nobody: Refused | NotSent = _NOBODY
    ) -> str | Refused | NotSent:
        """The id of the monetary bucket, which what moves money must name; nothing was sent where there is none.

        nobody: what follows where there is no such subscriber.
        """
        try:
            bucket = money_bucket(await self.buckets(msisdn), msisdn, currency, self._now())
        except NO_ANSWER as error:
            if isinstance(error, Answered) and error.status == 404:
                return nobody
            return NotSent(f"the account could not be read: {error}")
        return Refused("rejected", "the account has no monetary bucket to credit") if bucket is None else bucket
