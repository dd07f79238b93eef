"""The aggregators' side of each wire: reading a request, and writing answers and callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from flows.frozen import dataclass
from gateway.simulators.aggregator_faults import AggregatorFaults
from gateway.sms.twilio import signature


class Reply(NamedTuple):
    """An answer over HTTP."""

    status: int
    document: Mapping[str, Any] | str


class Call(NamedTuple):
    """A request that the aggregator makes. form: of a GET what its query has besides the URL's, of a POST the body."""

    method: str
    url: str
    form: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}


class Sent(NamedTuple):
    """A text from a phone. id: the aggregator's name of it."""

    sender: str
    service: str
    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that was taken. told: the URL that what becomes of it is told to."""

    kind: str
    id: str
    source: str
    destination: str
    text: str
    fields: Mapping[str, str]
    told: str = ""


class SimulatedWire(Protocol):
    """One kind of aggregator, from its own side."""

    def take(self, fields: Mapping[str, str], number: int) -> Taken: ...

    def yes(self, taken: Taken) -> Reply: ...

    def no(self, code: int) -> Reply: ...

    def receipt(self, taken: Taken, url: str, faults: AggregatorFaults, secret: str) -> Call: ...

    def text(self, url: str, sent: Sent, secret: str) -> Call: ...


class AfricasTalkingSide:
    """Answers 201 with one recipient."""

    def take(self, fields: Mapping[str, str], number: int) -> Taken:
        source, to = fields.get("from", ""), fields.get("to", "")
        return Taken("africastalking", f"ATXid_{number}", source, to, fields.get("message", ""), fields)

    def yes(self, taken: Taken) -> Reply:
        return self._said(102, "Queued", taken.id, taken.destination)

    def no(self, code: int) -> Reply:
        if code == 402:
            return Reply(201, {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}})
        return self._said(code, "Failed", "ATXid_held" if code == 401 else "None", "+0")

    def receipt(self, taken: Taken, url: str, faults: AggregatorFaults, secret: str) -> Call:
        form = {"id": taken.id, "status": faults.state or "Success", "phoneNumber": taken.destination}
        return Call("POST", url, tuple({**form, "networkCode": "62120", "retryCount": "0"}.items()))

    def text(self, url: str, sent: Sent, secret: str) -> Call:
        form = {"from": f"+{sent.sender}", "to": sent.service, "text": sent.text, "id": sent.id}
        return Call("POST", url, (*form.items(), ("date", "2026-11-24 15:00:00"), ("linkId", "")))

    def _said(self, code: int, status: str, ident: str, number: str) -> Reply:
        cost = "KES 0.8000"
        recipient = {"statusCode": code, "number": number, "status": status, "cost": cost, "messageId": ident}
        data = {"Message": f"Sent to 1/1 Total Cost: {cost}", "Recipients": [recipient]}
        return Reply(201, {"SMSMessageData": data})


class TwilioSide:
    """Answers 201 with the message; signs what it calls."""

    def take(self, fields: Mapping[str, str], number: int) -> Taken:
        source, to, text = (fields.get(name, "") for name in ("From", "To", "Body"))
        return Taken("twilio", f"SM{number:032x}", source, to, text, fields, fields.get("StatusCallback", ""))

    def yes(self, taken: Taken) -> Reply:
        return Reply(201, {"sid": taken.id, "status": "queued", "num_segments": "1", "error_code": None})

    def no(self, code: int) -> Reply:
        status = {20429: 429, 14107: 429, 20003: 401, 20503: 503, 20500: 500}.get(code, 400)
        return Reply(status, {"code": code, "message": "refused by the simulator", "status": status})

    def receipt(self, taken: Taken, url: str, faults: AggregatorFaults, secret: str) -> Call:
        state = faults.state or "delivered"
        form = [("MessageSid", taken.id), ("MessageStatus", state), ("To", taken.destination), ("From", taken.source)]
        if state in ("failed", "undelivered"):
            form.append(("ErrorCode", "30005"))
        return _signed(url, form, taken.fields["AccountSid"], secret)

    def text(self, url: str, sent: Sent, secret: str) -> Call:
        form = [("MessageSid", sent.id), ("From", f"+{sent.sender}"), ("To", sent.service), ("Body", sent.text)]
        return _signed(url, form, "", secret)


class KannelSide:
    """Answers in words; calls by GET."""

    def take(self, fields: Mapping[str, str], number: int) -> Taken:
        source, to, text = (fields.get(name, "") for name in ("from", "to", "text"))
        return Taken("kannel", f"kannel-{number}", source, to, text, fields, fields.get("dlr-url", ""))

    def yes(self, taken: Taken) -> Reply:
        return Reply(202, "0: Accepted for delivery")

    def no(self, code: int) -> Reply:
        words = {503: "Temporal failure, try again later.", 403: "Authorization failed for sendsms"}
        return Reply(code, words.get(code, "Sender missing and no global set, rejected"))

    def receipt(self, taken: Taken, url: str, faults: AggregatorFaults, secret: str) -> Call:
        return Call("GET", url.replace("%d", faults.state or "1").replace("%A", "ACK%2F"))

    def text(self, url: str, sent: Sent, secret: str) -> Call:
        form = (("from", sent.sender), ("to", sent.service), ("text", sent.text), ("charset", "UTF-8"), ("id", sent.id))
        return Call("GET", url, form)


SIDES: Mapping[str, SimulatedWire] = {
    "africastalking": AfricasTalkingSide(),
    "twilio": TwilioSide(),
    "kannel": KannelSide(),
}


def _signed(url: str, form: list[tuple[str, str]], account: str, secret: str) -> Call:
    pairs = (*form, ("AccountSid", account)) if account else tuple(form)
    return Call("POST", url, pairs, {"X-Twilio-Signature": signature(url, pairs, secret)})
