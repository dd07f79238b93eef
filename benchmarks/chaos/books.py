"""What a run left behind: the gateway's database, the journals of the SMSCs, the ledger, and what was acknowledged."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TEXTS = "SELECT id, key, msisdn, priority, payload, state, attempts, repeats, parts FROM outbox WHERE kind = 'sms'"
_PARTS = "SELECT smsc, message_id, outbox_id FROM parts"
_INBOX = (
    "SELECT id, kind, event_id, subject, processed_at IS NOT NULL, outcome FROM inbox WHERE kind IN ('trigger', 'mo')"
)
_ORDERS = "SELECT key, offer, state FROM orders"
_OPEN = (
    "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'deferred'))"
    " + (SELECT count(*) FROM inbox WHERE kind IN ('trigger', 'mo') AND processed_at IS NULL)"
    " + (SELECT count(*) FROM orders WHERE settled_at IS NULL)"
)
_AWAITING = "SELECT count(*) FROM outbox WHERE kind = 'sms' AND state = 'sent'"


@dataclass(frozen=True, slots=True)
class Text:
    """A row of the outbox. bare: what is sent where it is not sure that the first try did not arrive."""

    id: str
    key: str
    msisdn: str
    text: str
    bare: str
    state: str
    attempts: int = 1
    repeats: int = 0
    parts: int | None = 1


@dataclass(frozen=True, slots=True)
class Submit:
    """What an SMSC accepted, from its journal. part: from 1."""

    smsc: str
    id: str
    to: str
    text: str
    part: int = 1
    parts: int = 1
    reference: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger or a text in the inbox."""

    id: str
    kind: str
    event_id: str
    subject: str
    processed: bool
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that the audit holds against each other.

    named: the outbox row of each part that the gateway knows, by SMSC and message id. orders: the offer of each order.
    charges: order keys, one a charge, each with who paid. triggers: event ids that the gateway acknowledged.
    replies: how many texts of each person it acknowledged.
    """

    texts: Sequence[Text]
    submits: Sequence[Submit]
    named: Mapping[tuple[str, str], str]
    inbox: Sequence[Entry]
    orders: Mapping[str, str] = field(default_factory=dict)
    charges: Sequence[tuple[str, str]] = ()
    triggers: frozenset[str] = frozenset()
    replies: Mapping[str, int] = field(default_factory=Counter)


def left_open(database: Path) -> int:
    """Texts, entries and orders that the gateway is not done with."""
    return _one(database, _OPEN)


def awaiting_receipt(database: Path) -> int:
    """Texts that an SMSC has taken and said nothing more about."""
    return _one(database, _AWAITING)


def read(
    database: Path,
    journals: Mapping[str, Path],
    charges: Sequence[tuple[str, str]],
    triggers: frozenset[str],
    replies: Mapping[str, int],
) -> Books:
    """The books of a run that is over. journals: by the name that the gateway gives the SMSC."""
    with closing(sqlite3.connect(database)) as connection:
        return Books(
            [_text(row) for row in connection.execute(_TEXTS)],
            [one for smsc, path in journals.items() for one in submits(smsc, path)[0]],
            {(smsc, name): row for smsc, name, row in connection.execute(_PARTS)},
            [_entry(row) for row in connection.execute(_INBOX)],
            {key: offer for key, offer, _ in connection.execute(_ORDERS)},
            charges,
            triggers,
            replies,
        )


def submits(smsc: str, journal: Path, after: int = 0) -> tuple[Sequence[Submit], int]:
    """The whole lines of a journal behind the first ``after`` bytes, and where they end."""
    with journal.open("rb") as file:
        file.seek(after)
        octets = file.read()
    end = octets.rfind(b"\n") + 1
    return [_submit(smsc, json.loads(line)) for line in octets[:end].splitlines()], after + end


def _one(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _text(row: Sequence[Any]) -> Text:
    payload = json.loads(row[4])
    bare = payload["repeat_text"]
    return Text(row[0], row[1], row[2], payload["text"], bare, row[5], row[6], row[7], row[8])


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(row[0], row[1], row[2], row[3], bool(row[4]), row[5])


def _submit(smsc: str, line: Mapping[str, Any]) -> Submit:
    return Submit(smsc, line["id"], line["to"], line["text"], line["part"], line["parts"], line["reference"])
