"""Twilio: a form with the account's SID and token; JSON back; requests that come in are signed.

What identifies a text: its SID, which its status callbacks repeat. The callback's URL carries our own id as well, so a
text whose request was not answered can still be settled. What makes a repeat harmless: nothing; so none is made here.
When a no is final: the codes below that speak of the number or of the person's own opt-out.
What stays open: signatures by another key than the auth token (``X-Twilio-Webhooks-Signature-Settings``) are not known.
(twilio.com/docs: messaging/api/message-resource, usage/security, api/errors)
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from gateway.core.ports import DeliveryReceipt, MobileOriginated, Refusal, ShortMessage, Submitted
from gateway.sms.account import Account
from gateway.sms.answers import SHUT_SECONDS, json_object, name_of, refused, undocumented, whole_number
from gateway.sms.fields import Pairs, Received, address, identifier, needed, optional_id, subscriber
from gateway.sms.wire import Answer, Ask, Verdict, Whose

_LONGEST_VALIDITY = 36_000
_PORTS = {"http": 80, "https": 443}
_UNAVAILABLE = 20503
_EXPIRED = "30036"
_SHUT = frozenset({20003, 20005, 20006, 30002})
"""Codes that speak of the account: the next text would fare no better."""
_REFUSALS: Mapping[int, Refusal] = {
    14107: "throttled",  # too fast for the sender
    20429: "throttled",
    21611: "throttled",  # the sender's queue is full
    30001: "throttled",
    30022: "throttled",
    _UNAVAILABLE: "temporary",
    20003: "elsewhere",  # wrong credentials
    20005: "elsewhere",  # account not active
    20006: "elsewhere",
    21212: "elsewhere",  # no such sender
    21408: "elsewhere",  # not permitted in this region
    21606: "elsewhere",  # the sender cannot text there
    21612: "elsewhere",  # no way from this sender to there
    21659: "elsewhere",
    30002: "elsewhere",  # account suspended
    21211: "final",  # no such number
    21214: "final",
    21217: "final",
    21602: "final",  # no text
    21610: "final",  # the person has said STOP
    21614: "final",  # not a mobile number
    21617: "final",  # longer than 1,600 characters
    21635: "final",  # a landline
}
_STATES = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
    "sent": "accepted",
    "accepted": "enroute",
    "scheduled": "enroute",
    "queued": "enroute",
    "sending": "enroute",
}


class Twilio:
    """Satisfies ``Wire``."""

    kind = "twilio"
    method = calls_by = "POST"
    signs = True
    thanks = (b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")

    def ask(self, message: ShortMessage, account: Account) -> Ask:
        form = [("To", f"+{message.destination}"), ("Body", message.text)]
        if sender := account.sender(message.source):
            form.append(("From", sender))
        if account.via:
            form.append(("MessagingServiceSid", account.via))
        if account.receipts:
            form.append(("StatusCallback", account.told_to(message.id)))
        if message.validity_seconds:
            form.append(("ValidityPeriod", str(min(_LONGEST_VALIDITY, max(1, message.validity_seconds)))))
        path = f"/2010-04-01/Accounts/{quote(account.user, safe='')}/Messages.json"
        password = base64.b64encode(f"{account.user}:{account.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {password}", "Accept": "application/json"}
        return Ask(account.endpoint("https://api.twilio.com", path), form=form, headers=headers)

    def judge(self, answer: Answer, message: ShortMessage, account: Account) -> Verdict:
        document = json_object(answer.body) or {}
        if 200 <= answer.status < 300 and (sid := name_of(document.get("sid"))):
            return Verdict(Submitted(account.name, (sid,)))
        code = whole_number(document.get("code"))
        refusal = None if code is None or answer.status < 400 else _REFUSALS.get(code)
        if code is None or refusal is None or (answer.status >= 500 and code != _UNAVAILABLE):
            return undocumented(account.name, answer, self.foretold(message, account))
        pause = SHUT_SECONDS if code in _SHUT else 0.0
        return refused(account.name, answer, f"Twilio error {code}", refusal, pause=pause)

    def foretold(self, message: ShortMessage, account: Account) -> tuple[str, ...]:
        return (message.id,) if account.receipts else ()

    def whose(self, received: Received) -> Whose:
        form = received.form
        return Whose(received.query.get("account", ""), form.get("AccountSid", ""), form.get("To", ""))

    def is_signed(self, received: Received, account: Account) -> bool:
        """Twilio signs the URL with or without its port, whichever it dialled."""
        shown = received.signature.encode(errors="surrogateescape")
        known = [signature(url, received.pairs, account.secret).encode() for url in _spellings(received.url)]
        return bool(account.secret) and any(hmac.compare_digest(shown, one) for one in known)

    def text(self, received: Received, account: Account) -> MobileOriginated:
        form = received.form
        source, destination = subscriber(form, "From"), address(form, "To")
        message_id = identifier(form, "MessageSid", "SmsMessageSid", "SmsSid")
        return MobileOriginated(account.name, source, destination, form.get("Body", ""), message_id)

    def receipt(self, received: Received, account: Account) -> DeliveryReceipt:
        form = received.form
        message_id = identifier(form, "MessageSid", "SmsSid")
        state = _STATES.get(needed(form, "MessageStatus", "SmsStatus").strip().lower(), "unknown")
        error = optional_id(form, "ErrorCode")
        ours = optional_id(received.query, "id")
        return DeliveryReceipt(
            account.name,
            message_id,
            "expired" if state == "failed" and error == _EXPIRED else state,
            error if error != "0" else "",
            also=(ours,) if ours else (),
            msisdn=subscriber(form, "To") if form.get("To", "").strip() else "",
        )


def signature(url: str, pairs: Pairs, token: str) -> str:
    """``X-Twilio-Signature``: HMAC-SHA1 of the URL and each field with its values, by name, in base64."""
    names = sorted({name for name, _ in pairs})
    said = "".join(name + "".join(sorted({value for one, value in pairs if one == name})) for name in names)
    return base64.b64encode(
        hmac.digest(token.encode(), f"{url}{said}".encode(errors="surrogateescape"), "sha1")
    ).decode()


def _spellings(url: str) -> Iterable[str]:
    """The URL as it is, and with the port that it leaves out or has for nothing."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
        usual = f"{host}:{parts.port or _PORTS.get(parts.scheme, 443)}"
    except ValueError:  # anybody may write what they like into Host
        return (url,)
    return dict.fromkeys((url, urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=usual))))
