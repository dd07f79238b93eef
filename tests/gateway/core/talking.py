"""Ana and the gateway, texting: the desk that answers, with nobody outside."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from fakes import ANA, GIGABYTE, NUMBER, House, record_offer
from flows.effects import ActivateBundle
from flows.records import Subscriber
from flows.values import Msisdn, OfferId
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.replies import ReplyDesk
from gateway.core.sms_claims import SmsClaims
from store import inbox
from store.ids import new_id
from store.inbox import Entry
from store.reader import AnyRow
from store.sms_rows import SmsRow
from store.tables import inbox as inbox_table

MENU_CODE = "*123#"


class Talk:
    """Ana and the gateway, texting."""

    def __init__(self, house: House, committer: Committer, facts: Facts) -> None:
        self.house = house
        self.committer = committer
        self.facts = facts
        self.desk = ReplyDesk(house.context, facts, committer, MENU_CODE)
        self.last = ""
        self.answers_go = True

    async def ana(self) -> Subscriber:
        """Ana as the store has her."""
        return await self.facts.subscriber(ANA)

    async def offered(self, number: str = NUMBER, bundle: str = GIGABYTE) -> OfferId:
        """A bundle is offered, a gigabyte if none is named."""
        at, sold = self.house.clock(), self.house.context.catalogue.get(bundle)
        assert sold is not None
        effect = record_offer(
            id=OfferId(f"off-{new_id(at)}"),
            subscription=(await self.ana()).id,
            at=at,
            expires_at=at + timedelta(hours=24),
            sent_from=number,
            bundle=sold.id,
            price=sold.price,
        )
        await self.committer.commit([effect])
        self.house.clock.advance(milliseconds=10)
        return effect.id

    async def says(self, text: str, to: str = NUMBER, msisdn: Msisdn = ANA) -> list[str]:
        """Ana's text is taken in and dealt with; what she is answered."""
        at = self.house.clock()
        body = json.dumps({"to": to, "text": text, "smsc": "smsc-a"})
        self.last = new_id(at)
        entry = Entry(self.last, "mo", "sms:smsc-a", self.last, msisdn, body, at)
        await self.house.writer.commit(inbox.take_in(entry))
        before = len(self.house.handed)
        assert await self.desk.work([entry]) == []
        self.house.clock.advance(seconds=5)
        answers = [row for row in self.house.handed[before:] if isinstance(row, SmsRow)]
        if self.answers_go:
            await SmsClaims(self.house.context).claim(answers, at)
        return [row.text for row in answers]

    async def outcome(self) -> str:
        """What the inbox says of the last text."""
        return str((await self.kept()).outcome)

    async def kept(self) -> AnyRow:
        """The last text as the inbox has it, dealt with."""
        row = await self.house.reader.first(select(inbox_table).where(inbox_table.c.id == self.last))
        assert row is not None
        assert row.processed_at is not None
        return row

    @property
    def bought(self) -> list[ActivateBundle]:
        """Calls to the charging system that were asked for."""
        return [row for row in self.house.handed if isinstance(row, ActivateBundle)]
