"""Africa's Talking: a form with an API key; JSON back, with a status code for the recipient.

What identifies a text: ``messageId``, which its delivery reports repeat as ``id``. Nothing of ours comes back, so a
text whose request was not answered stays in doubt. What makes a repeat harmless: nothing; so none is made here.
When a no is final: 403, 404, 406 and 409 speak of the number, whoever sends. What stays open: a text on risk hold (401)
may still be sent; it is in doubt until its report comes.
(developers.africastalking.com, SMS: sending, notifications)
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core.ports import (
    DeliveryReceipt,
    MobileOriginated,
    Refusal,
    ShortMessage,
    Submitted,
    SubmitUnknown,
)
from gateway.sms.account import Account
from gateway.sms.answers import SHUT_SECONDS, json_object, name_of, refused, undocumented, whole_number
from gateway.sms.fields import Received, address, identifier, needed, optional_id, subscriber
from gateway.sms.wire import Answer, Ask, Verdict, Whose

_TAKEN = frozenset({100, 101, 102})
_RISK_HOLD = 401
_NO_CREDIT = 405
_REFUSALS: Mapping[int, tuple[str, Refusal]] = {
    402: ("InvalidSenderId", "elsewhere"),
    403: ("InvalidPhoneNumber", "final"),
    404: ("UnsupportedNumberType", "final"),
    _NO_CREDIT: ("InsufficientBalance", "elsewhere"),
    406: ("UserInBlacklist", "final"),
    407: ("CouldNotRoute", "elsewhere"),
    409: ("DoNotDisturbRejection", "final"),
    500: ("InternalServerError", "temporary"),
    501: ("GatewayError", "temporary"),
    502: ("RejectedByGateway", "elsewhere"),
}
_STATES = {
    "success": "delivered",
    "failed": "failed",
    "rejected": "failed",
    "expired": "expired",
    "sent": "accepted",
    "submitted": "accepted",
    "buffered": "enroute",
    "absentsubscriber": "enroute",
}


class AfricasTalking:
    """Satisfies ``Wire``."""

    kind = "africastalking"
    method = calls_by = "POST"
    signs = False
    thanks = (b"", "text/plain")

    def ask(self, message: ShortMessage, account: Account) -> Ask:
        form = [
            ("username", account.user),
            ("to", f"+{message.destination}"),
            ("message", message.text),
            ("bulkSMSMode", "1"),
            ("enqueue", "1"),  # answered at once, and not when the network has answered
        ]
        if sender := account.sender(message.source):
            form.append(("from", sender))
        url = account.endpoint("https://api.africastalking.com", "/version1/messaging")
        return Ask(url, form=form, headers={"apiKey": account.secret, "Accept": "application/json"})

    def judge(self, answer: Answer, message: ShortMessage, account: Account) -> Verdict:
        data = (json_object(answer.body) or {}).get("SMSMessageData")
        if not 200 <= answer.status < 300 or not isinstance(data, dict):
            return undocumented(account.name, answer)
        recipients = data.get("Recipients")
        if isinstance(recipients, list) and recipients and isinstance(recipients[0], dict):
            return _told(recipients[0], answer, account.name)
        return _sent_to_nobody(data.get("Message"), answer, account.name)

    def foretold(self, message: ShortMessage, account: Account) -> tuple[str, ...]:
        return ()

    def whose(self, received: Received) -> Whose:
        return Whose(
            received.query.get("account", ""), "", received.form.get("to") or received.form.get("senderId", "")
        )

    def is_signed(self, received: Received, account: Account) -> bool:
        return True

    def text(self, received: Received, account: Account) -> MobileOriginated:
        """A text, or an opt-out: that is told without a text, and is what ``STOP`` says."""
        form = received.form
        if "text" not in form and "senderId" in form:
            return MobileOriginated(account.name, subscriber(form, "phoneNumber"), address(form, "senderId"), "STOP")
        source, destination = subscriber(form, "from"), address(form, "to")
        return MobileOriginated(account.name, source, destination, needed(form, "text"), optional_id(form, "id"))

    def receipt(self, received: Received, account: Account) -> DeliveryReceipt:
        form = received.form
        message_id, said = identifier(form, "id"), needed(form, "status").strip().lower()
        who = subscriber(form, "phoneNumber") if form.get("phoneNumber", "").strip() else ""
        error = optional_id(form, "failureReason")
        return DeliveryReceipt(account.name, message_id, _STATES.get(said, "unknown"), error, msisdn=who)


def _told(recipient: Mapping[str, object], answer: Answer, account: str) -> Verdict:
    """What is said of the one recipient."""
    code, message_id = whole_number(recipient.get("statusCode")), name_of(recipient.get("messageId"))
    if code in _TAKEN and message_id:
        return Verdict(Submitted(account, (message_id,)))
    if code == _RISK_HOLD and message_id:
        return Verdict(SubmitUnknown(account, "401 RiskHold", False, (message_id,), 1))
    if code is None or code < 400:
        return undocumented(account, answer)
    name, refusal = _REFUSALS.get(code, ("", "elsewhere"))
    return refused(account, answer, f"{code} {name}".strip(), refusal, pause=_pause(code))


def _sent_to_nobody(said: object, answer: Answer, account: str) -> Verdict:
    """An answer without recipients: nothing was sent. said: why, as one of the names."""
    for code, (name, refusal) in _REFUSALS.items():
        if said == name:
            return refused(account, answer, name, refusal, pause=_pause(code))
    return refused(account, answer, "no recipient", "elsewhere")


def _pause(code: int) -> float:
    """Seconds: an account without credit sends nothing, whoever it is for."""
    return SHUT_SECONDS if code == _NO_CREDIT else 0.0
