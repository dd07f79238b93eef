"""Kannel's smsbox: sendsms by GET, in words back; it fetches our URLs with what comes in and what became of texts.

What identifies a text: our own id, which the URL for receipts carries; Kannel gives none. So a text whose request was
not answered is settled by its receipt. What makes a repeat harmless: nothing; so none is made here.
When a no is final: never by sendsms; status 16 and 2 of a receipt. What stays open: a text longer than the user's
``max-messages`` is cut off by Kannel without a word.
(Kannel user guide 1.4.5, "Using the HTTP interface to send SMS messages", "Delivery reports")
"""

from __future__ import annotations

import re
from contextlib import suppress

from gateway.core.ports import DeliveryReceipt, MobileOriginated, ShortMessage, Submitted
from gateway.sms.account import Account
from gateway.sms.answers import refused, undocumented
from gateway.sms.fields import BadRequest, Received, address, identifier, needed, optional_id, subscriber
from gateway.sms.wire import Answer, Ask, Verdict, Whose
from menus.charset import is_gsm7

_TAKEN = (b"0:", b"3:", b"Sent")
_MASK = "31"
_PUT_IN = "&status=%d&reason=%A"
"""Kannel writes the status for ``%d``, and the SMSC's words for ``%A``."""
_STATES = {"1": "delivered", "2": "failed", "4": "enroute", "8": "accepted", "16": "failed", "32": "enroute"}
_SMPP_STATE = re.compile(r"\bstat:([A-Za-z]{3,10})")
_SMPP_ERROR = re.compile(r"\berr:([0-9A-Za-z]{1,8})")
_NACK = re.compile(r"NACK/([^/]{1,40})")
_CHARSETS = {
    "utf-16be": "utf-16-be",
    "ucs-2be": "utf-16-be",
    "ucs-2": "utf-16-be",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}


class Kannel:
    """Satisfies ``Wire``."""

    kind = "kannel"
    method = calls_by = "GET"
    signs = False
    thanks = (b"", "text/plain")  # a word would go to the subscriber

    def ask(self, message: ShortMessage, account: Account) -> Ask:
        query = [
            ("username", account.user),
            ("password", account.secret),
            ("to", f"+{message.destination}"),
            ("text", message.text),
            ("charset", "UTF-8"),
            ("coding", "0" if is_gsm7(message.text) else "2"),
        ]
        if sender := account.sender(message.source):
            query.append(("from", sender))
        if account.via:
            query.append(("smsc", account.via))
        if message.validity_seconds:
            query.append(("validity", str(max(1, -(-message.validity_seconds // 60)))))
        if account.receipts:
            query += [("dlr-mask", _MASK), ("dlr-url", account.told_to(message.id) + _PUT_IN)]
        return Ask(account.endpoint("http://127.0.0.1:13013", "/cgi-bin/sendsms"), query=query)

    def judge(self, answer: Answer, message: ShortMessage, account: Account) -> Verdict:
        said = (answer.body or b"").strip()
        if 200 <= answer.status < 300 and said.startswith(_TAKEN):
            return Verdict(Submitted(account.name, (message.id,)))
        if answer.status == 503 and said.startswith(b"Temporal failure"):
            return refused(account.name, answer, "Temporal failure", "temporary")
        if answer.status == 403 and said.startswith(b"Not routable"):
            return refused(account.name, answer, "Not routable", "elsewhere")
        return undocumented(account.name, answer, self.foretold(message, account))

    def foretold(self, message: ShortMessage, account: Account) -> tuple[str, ...]:
        return (message.id,) if account.receipts else ()

    def whose(self, received: Received) -> Whose:
        return Whose(received.query.get("account", ""), "", received.query.get("to", ""))

    def is_signed(self, received: Received, account: Account) -> bool:
        return True

    def text(self, received: Received, account: Account) -> MobileOriginated:
        query = received.query
        source, destination = subscriber(query, "from"), address(query, "to")
        if "text" not in query:
            raise BadRequest("text is missing")
        text = _read(received.raw["text"], query.get("charset", ""))
        return MobileOriginated(account.name, source, destination, text, optional_id(query, "id"))

    def receipt(self, received: Received, account: Account) -> DeliveryReceipt:
        query = received.query
        message_id, status = identifier(query, "id"), needed(query, "status").strip()
        state, why = _STATES.get(status, "unknown"), query.get("reason", "")
        if state == "failed" and (found := _SMPP_STATE.search(why)) and found[1].upper() == "EXPIRED":
            state = "expired"
        return DeliveryReceipt(account.name, message_id, state, _error(why) if state in ("failed", "expired") else "")


def _read(octets: str, charset: str) -> str:
    """The text of a phone; in a charset that is not known it is UTF-8, or else Latin-1: no text is refused."""
    try:
        text = octets.encode("latin-1")
    except UnicodeEncodeError:
        raise BadRequest("text is not urlencoded") from None
    for known in (_CHARSETS.get(charset.strip().lower(), "utf-8"), "utf-8"):
        with suppress(UnicodeDecodeError):
            return text.decode(known)
    return text.decode("latin-1")


def _error(why: str) -> str:
    """The network's own code: of an SMPP receipt's text, or of the SMSC's refusal."""
    found = _SMPP_ERROR.search(why) or _NACK.search(why)
    return found[1] if found and found[1].isprintable() else ""
