"""What was said in a session: how one turn's words stand in all of them, and what identifies a turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b


def said_since(before: str, now: str) -> str | None:
    """What ``now`` has more than ``before``; None when it does not go on from there. May hold ``*`` itself."""
    if not before:
        return now or None
    return now[len(before) + 1 :] if now.startswith(f"{before}*") else None


def joined(said: Sequence[str]) -> str:
    """The transcript of a session. said: what was dialled behind the code (or nothing), then the answers."""
    dialled, *answers = said
    return "*".join([dialled, *answers] if dialled else answers)


def digest(transcript: str) -> str:
    """Tells transcripts apart, 24 hex digits."""
    return blake2b(transcript.encode(), digest_size=12).hexdigest()


def turn_key(dialect: str, session: str, position: int, began: datetime) -> str:
    """Names one turn wherever it is made again; 31 characters, for ids that are made from it.

    began: when its dialogue did: turns are forgotten in time, and a network's id with their positions comes again.
    """
    identity = "\0".join((dialect, session, str(position), began.isoformat()))
    return f"u{blake2b(identity.encode(), digest_size=15).hexdigest()}"
