"""What the store knows of a session: read after a restart, and for hops that come late (ADR 0010)."""

from __future__ import annotations

import logging

from flows.session import from_json
from gateway.core.identity import Earlier
from gateway.core.live_session import LiveSession
from gateway.core.live_sessions import LiveSessions
from gateway.core.transcript import joined
from gateway.core.turn import Reply
from store import subscriptions, turns
from store.reader import Reader

_LOG = logging.getLogger(__name__)


async def recall(reader: Reader, sessions: LiveSessions, live: LiveSession) -> None:
    """Read the dialogue from the store, as far as it came."""
    dialogue = await turns.of_dialogue(reader, live.dialect, live.id)
    live.read = True
    if not dialogue:
        return
    last = dialogue[-1]
    person = await subscriptions.by_id(reader, last.subscription)
    newest = await turns.newest_in(reader, last.subscription, last.menu)
    live.opened, live.position, live.reply, live.ends = last.opened, last.position, last.reply, last.ends
    live.said, live.transcript = last.said, joined([row.said for row in dialogue])
    live.began, live.answered = dialogue[0].at, last.at
    live.released = min((row.released for row in dialogue if row.released is not None), default=live.released)
    live.session, live.subscriber = from_json(last.state), person
    live.gave_way = newest is not None and newest.at > last.at
    if person is not None and not live.gave_way:
        sessions.stands(live)


async def earlier_reply(reader: Reader, live: LiveSession, earlier: Earlier) -> Reply:
    """What that hop was answered with; for one that was never answered the newest words."""
    if earlier.position is not None:
        row = await turns.at_position(reader, live.dialect, live.id, earlier.position)
    else:
        row = await turns.with_digest(reader, live.dialect, live.id, earlier.digest, live.opened)
    if row is not None:
        return Reply(row.reply, row.ends, row.position - row.opened)
    _LOG.info("a hop that contradicts its session was answered with the newest words")
    return newest_reply(live)


def newest_reply(live: LiveSession) -> Reply:
    """What the last turn was answered with."""
    return Reply(live.reply, live.ends, live.position - live.opened)
