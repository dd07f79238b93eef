"""What is known of a session already, in memory and in the store (ADR 0010)."""

from __future__ import annotations

import logging

from flows.session import from_json
from gateway.core.live_sessions import LiveSession
from gateway.core.transcript import digest, joined, said_since
from gateway.core.turn import Reply, Turn
from gateway.errors import ForeignSession
from store import subscriptions, turns
from store.reader import Reader

_LOG = logging.getLogger(__name__)


async def recall(reader: Reader, live: LiveSession) -> None:
    """Read the session from the store, as far as it came."""
    rows = await turns.of_session(reader, live.dialect, live.id)
    live.read = True
    if not rows:
        return
    last = rows[-1]
    person = await subscriptions.by_id(reader, last.subscription)
    live.position, live.reply, live.ends = last.position, last.reply, last.ends
    live.transcript = joined([row.said for row in rows])
    live.session, live.subscriber = from_json(last.state), person


async def known_reply(reader: Reader, live: LiveSession, turn: Turn) -> Reply | None:
    """What was answered to this turn before, also to one that contradicts it, for the first counts; None for a new one.

    Raises ForeignSession for another number's session.
    """
    if live.position < 0:
        return None
    if live.subscriber is not None and live.subscriber.msisdn != turn.msisdn:
        raise ForeignSession("the session belongs to another number")
    if turn.transcript == live.transcript:
        return Reply(live.reply, live.ends)
    if said_since(live.transcript, turn.transcript) is not None and not live.ends:
        return None
    identity = digest(turn.transcript)
    for row in await turns.of_session(reader, live.dialect, live.id):
        if row.digest == identity:
            return Reply(row.reply, row.ends)
    _LOG.info("a hop that contradicts its session was answered with the newest words")
    return Reply(live.reply, live.ends)
