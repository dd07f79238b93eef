"""Clients of USSD vendors, each written from its vendor's contract and from nothing of ours.

A client sends what its gateway sends when somebody dials, answers or hangs up, and reads an answer as its gateway
does: whatever the contract demands of an answer is asserted there.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import aiohttp

FORM, JSON, XML = "application/x-www-form-urlencoded", "application/json", "text/xml"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request. path: below the dialect's own."""

    method: str = "POST"
    body: bytes = b""
    media: str = ""
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as it came."""

    status: int
    media: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What the phone shows. ends: no answer is awaited. body: the bytes that said so."""

    text: str
    ends: bool
    body: bytes

    def key(self, wanted: str) -> str:
        """What is typed for the line that begins so, empty if there is none."""
        for line in self.text.splitlines():
            key, _, label = line.partition(" ")
            if key.isdigit() and label.startswith(wanted):
                return key
        return ""


class VendorClient(ABC):
    """One session of one phone.

    knows_late_answers, knows_late_dialling: what the contract lets an application tell from a new hop.
    """

    dialect = ""
    knows_late_answers = False
    knows_late_dialling = True

    def __init__(self, http: aiohttp.ClientSession, url: str, msisdn: str, session: str = "77001") -> None:
        self.http = http
        self.url = f"{url}/ussd/{self.dialect}"
        self.msisdn = msisdn
        self.session = session
        self.code = ""
        self.said: list[str] = []
        self.sent = Sent()

    async def dial(self, code: str = "*123#") -> Shown:
        """The person dials."""
        self.code, self.said = code, []
        return await self._hop(self.first())

    async def answer(self, text: str) -> Shown:
        """The person answers the screen."""
        self.said.append(text)
        return await self._hop(self.later(text))

    async def again(self, sent: Sent | None = None) -> Shown:
        """The network brings a hop again, the last one where none is given; the phone shows nothing of it."""
        return self.read(await self.knock(sent or self.sent))

    async def knock(self, sent: Sent) -> Answer:
        """Any request."""
        headers = {**sent.headers, "Content-Type": sent.media} if sent.media else dict(sent.headers)
        url, body = f"{self.url}{sent.path}", sent.body or None
        async with self.http.request(sent.method, url, data=body, params=sent.query, headers=headers) as it:
            return Answer(it.status, it.content_type, dict(it.headers), await it.read())

    async def _hop(self, sent: Sent) -> Shown:
        self.sent = sent
        answer = await self.knock(sent)
        assert answer.status == 200, answer
        shown = self.read(answer)
        self.keep(answer)
        return shown

    @abstractmethod
    def first(self) -> Sent:
        """Somebody has dialled."""

    @abstractmethod
    def later(self, text: str) -> Sent:
        """Somebody has answered."""

    def end(self) -> Sent | None:
        """The session has ended; None where the wire does not tell."""
        return None

    def ended(self, answer: Answer) -> None:
        """What the contract demands of the answer to that."""
        assert answer.media == "text/plain"

    @abstractmethod
    def read(self, answer: Answer) -> Shown:
        """What the phone shows."""

    def keep(self, answer: Answer) -> None:
        """Take what the vendor's gateway sends back of an answer with the next request: of most, nothing."""
        assert answer.body


def document(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer."""
    assert answer.media == JSON
    read = json.loads(answer.body.decode())
    assert isinstance(read, dict)
    return read


def element(answer: Answer, name: str) -> Element:
    """The XML document of an answer."""
    assert answer.media == XML
    root = fromstring(answer.body)  # our own gateway's
    assert root.tag == name
    return root


def _con_or_end(answer: Answer) -> Shown:
    assert answer.media == "text/plain"
    word, _, text = answer.body.decode().partition(" ")
    assert word in ("CON", "END")
    return Shown(text, word == "END", answer.body)


def _posted(members: Mapping[str, object], path: str = "", method: str = "POST") -> Sent:
    return Sent(method, json.dumps(members).encode(), JSON, path)


class AfricasTalking(VendorClient):
    """A form with the whole transcript."""

    dialect = "africastalking"
    knows_late_answers = True

    def first(self) -> Sent:
        fields = {
            "sessionId": self.session,
            "phoneNumber": f"+{self.msisdn}",
            "networkCode": "73201",
            "serviceCode": self.code,
            "text": "*".join(self.said),
        }
        return Sent(body=urlencode(fields).encode(), media=FORM)

    def later(self, text: str) -> Sent:
        return self.first()

    def end(self) -> Sent | None:
        fields = {"sessionId": self.session, "phoneNumber": f"+{self.msisdn}", "status": "Incomplete"}
        return Sent(body=urlencode(fields).encode(), media=FORM, path="/events")

    def read(self, answer: Answer) -> Shown:
        return _con_or_end(answer)


class Hubtel(VendorClient):
    """Programmable Services, a USSD push: what we set as the client's state comes back with the next request only."""

    dialect = "hubtel"
    knows_late_answers = True
    echoes = True

    def __init__(self, http: aiohttp.ClientSession, url: str, msisdn: str, session: str = "77001") -> None:
        super().__init__(http, url, msisdn, session)
        self.state = ""

    def _request(self, kind: str, message: str) -> Sent:
        return _posted(
            {
                "SessionId": self.session,
                "ServiceCode": self.code.strip("*#"),
                "Type": kind,
                "Message": message,
                "Operator": "mtn",
                "Platform": "USSD",
                "Mobile": self.msisdn,
                "ClientState": self.state if self.echoes else "",
                "Sequence": len(self.said) + 1,
            }
        )

    def first(self) -> Sent:
        self.state = ""
        return self._request("Initiation", self.code)

    def later(self, text: str) -> Sent:
        return self._request("Response", text)

    def end(self) -> Sent | None:
        return self._request("Release", "")

    def ended(self, answer: Answer) -> None:
        assert document(answer)["Type"] == "Release"

    def read(self, answer: Answer) -> Shown:
        said = document(answer)
        assert said.get("SessionId", self.session) == self.session
        assert said["Type"] in ("Response", "Release")
        assert isinstance(said["ClientState"], str)
        return Shown(said["Message"], said["Type"] == "Release", answer.body)

    def keep(self, answer: Answer) -> None:
        self.state = document(answer)["ClientState"]


class HubtelWithoutState(Hubtel):
    """As an older one, which keeps no state: the sequence is all there is."""

    echoes = False


class Nalo(VendorClient):
    """Every text has at most 120 characters."""

    dialect = "nalo"

    def _request(self, data: str, *, first: bool) -> Sent:
        return _posted(
            {
                "USERID": "NALOTest",
                "MSISDN": self.msisdn,
                "USERDATA": data,
                "MSGTYPE": first,
                "NETWORK": "MTN",
                "SESSIONID": self.session,
            }
        )

    def first(self) -> Sent:
        return self._request(self.code, first=True)

    def later(self, text: str) -> Sent:
        return self._request(text, first=False)

    def read(self, answer: Answer) -> Shown:
        said = document(answer)
        if answer.status == 200:
            assert (said["USERID"], said["MSISDN"]) == ("NALOTest", self.msisdn)
        assert len(said["MSG"]) <= 120
        assert isinstance(said["MSGTYPE"], bool)
        return Shown(said["MSG"], not said["MSGTYPE"], answer.body)


class Infobip(VendorClient):
    """Three addresses under that of the session."""

    dialect = "infobip"

    def _request(self, method: str, text: str) -> Sent:
        members = {
            "msisdn": self.msisdn,
            "imsi": "219010000000001",
            "shortCode": self.code,
            "text": text,
            "language": None,
            "optional": None,
            "ussdGwId": "live2",
        }
        return _posted(members, f"/session/{self.session}/{method}")

    def first(self) -> Sent:
        return self._request("start", self.code)

    def later(self, text: str) -> Sent:
        return self._request("response", text)

    def end(self) -> Sent | None:
        return _posted({"reason": "", "exitCode": 500}, f"/session/{self.session}/end", "PUT")

    def ended(self, answer: Answer) -> None:
        assert document(answer) == {"responseExitCode": 200, "responseMessage": ""}

    def read(self, answer: Answer) -> Shown:
        said = document(answer)
        assert said["responseExitCode"] == answer.status
        assert isinstance(said["responseMessage"], str)
        assert isinstance(said["shouldClose"], bool)
        return Shown(said["ussdMenu"], said["shouldClose"], answer.body)


class Airtel(VendorClient):
    """Comviva Flares, pull: everything in the address; what is dialled comes without its first star and its hash."""

    dialect = "airtel"
    knows_late_dialling = False

    def first(self) -> Sent:
        return self.later(self.code[1:-1])

    def later(self, text: str) -> Sent:
        query = {"SessionID": self.session, "MSISDN": self.msisdn, "MSC": "mas", "input": text}
        return Sent("GET", query=query)

    def end(self) -> Sent | None:
        query = {"SessionID": self.session, "msisdn": self.msisdn, "clean": "clean-session", "error": "522"}
        return Sent("GET", query=query)

    def read(self, answer: Answer) -> Shown:
        assert answer.media == "text/plain"
        assert answer.headers["Freeflow"] in ("FC", "FB")
        assert (answer.headers["charge"], answer.headers["amount"]) == ("N", "0")
        return Shown(answer.body.decode(), answer.headers["Freeflow"] == "FB", answer.body)


class AirtelByForm(Airtel):
    """The same, posted."""

    def later(self, text: str) -> Sent:
        return Sent(body=urlencode(super().later(text).query).encode(), media=FORM)


class Safaricom(VendorClient):
    """The whole transcript, in the address; no screen has more than 160 characters."""

    dialect = "safaricom"
    knows_late_answers = True

    def first(self) -> Sent:
        query = {
            "ORIG": self.msisdn,
            "DEST": self.code.strip("*#"),
            "SESSION_ID": self.session,
            "USSD_PARAMS": "*".join(self.said),
        }
        return Sent("GET", query=query)

    def later(self, text: str) -> Sent:
        return self.first()

    def read(self, answer: Answer) -> Shown:
        shown = _con_or_end(answer)
        assert len(shown.text) <= 160
        return shown


class Restcomm(VendorClient):
    """The pull side of RestComm's HTTP interface: what we set as the user's object comes with all that follows."""

    dialect = "restcomm"
    knows_late_answers = True
    echoes = True

    def __init__(self, http: aiohttp.ClientSession, url: str, msisdn: str, session: str = "77001") -> None:
        super().__init__(http, url, msisdn, session)
        self.user_object: str | None = None

    def _dialog(self, kind: str, size: int = 1, **more: str) -> Element:
        dialog = Element(
            "dialog",
            {
                "type": kind,
                "appCntx": "networkUnstructuredSsContext_version2",
                "networkId": "0",
                "localId": self.session,
                "remoteId": "5001",
                **more,
                "mapMessagesSize": str(size),
                "returnMessageOnError": "false",
            },
        )
        if self.user_object is not None and self.echoes:
            dialog.set("userObject", self.user_object)
        SubElement(
            dialog, "destinationReference", number="204208300008002", nai="international_number", npi="land_mobile"
        )
        SubElement(dialog, "originationReference", number="9960639902", nai="international_number", npi="ISDN")
        return dialog

    def _sent(self, dialog: Element) -> Sent:
        body = b'<?xml version="1.0" encoding="UTF-8" ?>\n' + tostring(dialog, encoding="unicode").encode()
        return Sent(body=body, media=XML, headers={"Content-Encoding": "utf-8", "Accept": XML})

    def first(self) -> Sent:
        self.user_object = None
        dialog = self._dialog("Begin")
        asked = {"invokeId": "1", "dataCodingScheme": "15", "string": self.code}
        request = SubElement(dialog, "processUnstructuredSSRequest_Request", asked)
        SubElement(request, "msisdn", nai="international_number", npi="ISDN", number=self.msisdn)
        SubElement(SubElement(request, "alertingPattern", size="1"), "value", value="6")
        return self._sent(dialog)

    def later(self, text: str) -> Sent:
        dialog = self._dialog("Continue")
        said = {"invokeId": "1", "dataCodingScheme": "15", "string": text}
        SubElement(dialog, "unstructuredSSRequest_Response", said)
        return self._sent(dialog)

    def end(self) -> Sent | None:
        return self._sent(self._dialog("Abort", 0, invokeTimedOut="1"))

    def ended(self, answer: Answer) -> None:
        dialog = element(answer, "dialog")
        assert dialog.get("mapMessagesSize") == "0"
        assert dialog.get("prearrangedEnd") is not None

    def read(self, answer: Answer) -> Shown:
        dialog = element(answer, "dialog")
        (message,) = dialog
        ends = dialog.get("prearrangedEnd") is not None
        assert dialog.get("mapMessagesSize") == "1"
        assert message.get("dataCodingScheme") in ("15", "72")
        if ends:
            assert dialog.get("prearrangedEnd") == "false"
            assert message.tag == "processUnstructuredSSRequest_Response"
            assert message.get("invokeId") == "1" or answer.status != 200
        else:
            assert message.tag == "unstructuredSSRequest_Request"
        return Shown(message.get("string", ""), ends, answer.body)

    def keep(self, answer: Answer) -> None:
        self.user_object = element(answer, "dialog").get("userObject", self.user_object)


class RestcommWithoutObject(Restcomm):
    """As one that does not hand back the user's object."""

    knows_late_answers = False
    echoes = False


class TruRoute(VendorClient):
    """The kind of every document is a number."""

    dialect = "truroute"

    def _request(self, kind: str, text: str) -> Sent:
        ussd = Element("ussd")
        for name, value in (("msisdn", self.msisdn), ("sessionid", self.session), ("type", kind), ("msg", text)):
            SubElement(ussd, name).text = value
        return Sent(body=tostring(ussd, encoding="unicode").encode(), media=XML)

    def first(self) -> Sent:
        return self._request("1", self.code)

    def later(self, text: str) -> Sent:
        return self._request("2", text)

    def end(self) -> Sent | None:
        return self._request("3", "")

    def ended(self, answer: Answer) -> None:
        assert element(answer, "ussd").findtext("type") == "3"

    def read(self, answer: Answer) -> Shown:
        ussd = element(answer, "ussd")
        kind = ussd.findtext("type")
        assert kind in ("2", "3")
        assert ussd.findtext("premium/cost") == "0"
        return Shown(ussd.findtext("msg") or "", kind == "3", answer.body)


CLIENTS: tuple[type[VendorClient], ...] = (
    AfricasTalking,
    Hubtel,
    HubtelWithoutState,
    Nalo,
    Infobip,
    Airtel,
    AirtelByForm,
    Safaricom,
    Restcomm,
    RestcommWithoutObject,
    TruRoute,
)
