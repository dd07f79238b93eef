"""How a text from a subscriber stands in the inbox."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from flows.documents import encode
from flows.values import Msisdn, parse_msisdn
from gateway.core.ports import MobileOriginated
from store import inbox
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit

_LONGEST_ID = 200


def entry_of(text: MobileOriginated, at: datetime) -> Entry:
    """The entry. What the peer calls the text is its identity; one without a name is always new."""
    entry_id, sender = new_id(at), parse_msisdn(text.source)
    body = encode({"to": text.destination, "text": text.text, "smsc": text.smsc})
    name = _storable(_short(text.id)) or entry_id
    return Entry(entry_id, "mo", f"sms:{text.smsc}", name, sender or Msisdn(""), body, at)


def take_in(entry: Entry) -> Unit:
    """A machine's or a short code's text is kept too, but there is nobody to answer."""
    return inbox.take_in(entry) if entry.subject else inbox.put_aside(entry, "no_subscriber")


def _storable(text: str) -> str:
    """Half a surrogate pair is no character, and what cannot be kept would be sent for ever."""
    return text.encode("utf-8", "replace").decode()


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_ID else sha256(name.encode("utf-8", "replace")).hexdigest()
