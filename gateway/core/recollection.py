"""What the store knows of a session: read after a restart, and for hops that come late (ADR 0010)."""

from __future__ import annotations

import logging

from flows.session import from_json
from gateway.core.identity import Earlier
from gateway.core.live_sessions import LiveSession
from gateway.core.transcript import joined
from gateway.core.turn import Reply
from store import subscriptions, turns
from store.reader import Reader
from store.turns import TurnRow

_LOG = logging.getLogger(__name__)


async def recall(reader: Reader, live: LiveSession) -> None:
    """Read the session from the store, as far as it came."""
    rows = await turns.of_session(reader, live.dialect, live.id)
    live.read = True
    if not rows:
        return
    last = rows[-1]
    dialogue = [row for row in rows if row.position >= last.opened]
    person = await subscriptions.by_id(reader, last.subscription)
    live.opened, live.position, live.reply, live.ends = last.opened, last.position, last.reply, last.ends
    live.said, live.transcript = last.said, joined([row.said for row in dialogue])
    live.began, live.answered = dialogue[0].at, last.at
    live.session, live.subscriber = from_json(last.state), person
    newest = await turns.newest_in(reader, last.subscription, last.menu)
    live.gave_way = newest is not None and newest.at > last.at


async def earlier_reply(reader: Reader, live: LiveSession, earlier: Earlier) -> Reply:
    """What that hop was answered with; for one that was never answered the newest words."""
    for row in await turns.of_session(reader, live.dialect, live.id):
        if _is_meant(row, live, earlier):
            return Reply(row.reply, row.ends, row.position - row.opened)
    _LOG.info("a hop that contradicts its session was answered with the newest words")
    return newest_reply(live)


def newest_reply(live: LiveSession) -> Reply:
    """What the last turn was answered with."""
    return Reply(live.reply, live.ends, live.position - live.opened)


def _is_meant(row: TurnRow, live: LiveSession, earlier: Earlier) -> bool:
    if earlier.position is not None:
        return row.position == earlier.position
    return row.opened == live.opened and row.digest == earlier.digest
