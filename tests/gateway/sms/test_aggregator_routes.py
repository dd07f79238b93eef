"""Texts and receipts at the doors of the aggregators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from aggregators import KINDS, SID, Sms, account, running, text
from fakes import ANA, NUMBER, eventually, submitted
from gateway.config.tree import DoorConfig
from gateway.core.ports import MobileOriginated
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import StoreUnavailable
from gateway.simulators.aggregator_faults import AggregatorFaults
from gateway.sms.twilio import signature

each = pytest.mark.parametrize("kind", KINDS)
THANKS = {"africastalking": "", "twilio": '<?xml version="1.0" encoding="UTF-8"?><Response/>', "kannel": ""}
FORM = {"from": f"+{ANA}", "to": NUMBER, "text": "1", "id": "m-1"}


@pytest.fixture
async def sms() -> AsyncIterator[Sms]:
    """One account of each kind, with doors for this machine only."""
    async with running() as it:
        yield it


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Anybody."""
    async with aiohttp.ClientSession() as session:
        yield session


@each
async def test_a_text_is_kept_and_answered_without_a_word(sms: Sms, kind: str) -> None:
    """A word would go to the subscriber."""
    assert await sms.aggregator.send_mo(kind, ANA, NUMBER, "Sí, quiero", "m-1") == (200, THANKS[kind])
    assert sms.inbox.texts.get_nowait() == MobileOriginated(f"{kind}-1", ANA, NUMBER, "Sí, quiero", "m-1")
    assert sms.counted(account=f"{kind}-1", what="text", outcome="taken") == 1


@each
async def test_a_text_that_cannot_be_kept_is_to_come_again(sms: Sms, kind: str) -> None:
    """The second time it is kept, under the same name."""
    sms.inbox.failures.append(StoreUnavailable("away"))
    status, _ = await sms.aggregator.send_mo(kind, ANA, NUMBER, "1", "m-1")
    assert (status, sms.inbox.texts.qsize()) == (503, 0)
    assert sms.counted(account=f"{kind}-1", what="text", outcome="unavailable") == 1
    assert (await sms.aggregator.send_mo(kind, ANA, NUMBER, "1", "m-1"))[0] == 200
    assert sms.inbox.texts.get_nowait().id == "m-1"


@each
async def test_a_receipt_that_cannot_be_kept_comes_again(sms: Sms, kind: str) -> None:
    """Nothing is lost while the store is away."""
    sms.inbox.failures.append(StoreUnavailable("away"))
    await submitted(sms.senders[kind], text())
    async with asyncio.timeout(10):
        assert (await sms.inbox.receipts.get()).state == "delivered"
    assert sms.counted(account=f"{kind}-1", what="receipt", outcome="unavailable") == 1


INTERIM = {"africastalking": "Buffered", "twilio": "sending", "kannel": "4"}


@each
@pytest.mark.parametrize("state", ["", "a new word"])
async def test_a_status_that_settles_nothing_is_counted_and_not_kept(sms: Sms, kind: str, state: str) -> None:
    """Nor one that nobody knows."""
    sms.aggregator.faults = AggregatorFaults(state=(state or INTERIM[kind]).replace(" ", "-"))
    await submitted(sms.senders[kind], text())
    outcome = "unknown" if state else "enroute"
    await eventually(lambda: sms.counted(account=f"{kind}-1", what="receipt", outcome=outcome) == 1)
    assert sms.inbox.receipts.empty()


@each
async def test_our_number_is_called_as_it_is_configured(sms: Sms, kind: str) -> None:
    """Answers are found by it."""
    await sms.aggregator.send_mo(kind, ANA, "+573110000000", "1")
    assert sms.inbox.texts.get_nowait().destination == "573110000000"


async def test_an_opt_out_is_the_text_stop(sms: Sms, http: aiohttp.ClientSession) -> None:
    """To the sender as it is configured."""
    form = {"senderId": "CLARO", "phoneNumber": f"+{ANA}"}
    async with http.post(f"{sms.url}/sms/africastalking", data=form) as answer:
        assert answer.status == 200
    found = sms.inbox.texts.get_nowait()
    assert (found.text, found.destination, found.source) == ("STOP", "Claro", ANA)


NOT_OURS = (403, "no account of ours sent this\n")
BAD = [
    ("africastalking", {}, (400, "from is missing\n")),
    ("africastalking", {**FORM, "from": ""}, (400, "from is missing\n")),
    ("africastalking", {**FORM, "from": "x" * 99}, (400, "from is no number\n")),
    ("africastalking", {**FORM, "id": "x" * 999}, (400, "id must be at most 128 printable characters\n")),
    ("africastalking", {**FORM, "text": "x" * 70_000}, (413, "a request may have at most 65536 bytes\n")),
    ("africastalking/receipts", {"id": "m-1"}, (400, "status is missing\n")),
    ("africastalking/receipts", {"status": "Success"}, (400, "id is missing\n")),
    ("twilio", FORM, NOT_OURS),
    ("twilio/receipts", {"MessageSid": "m-1"}, NOT_OURS),
    ("kannel", {**FORM, "to": ""}, (400, "to is missing\n")),
    ("kannel/receipts", {"id": "01MT"}, (400, "status is missing\n")),
    ("kannel/receipts", {"status": "1"}, (400, "id is missing\n")),
    ("kannel/receipts", {"id": "1", "status": "1", "account": "other"}, NOT_OURS),
]


@pytest.mark.parametrize(("path", "fields", "told"), BAD)
async def test_what_cannot_be_taken_is_told_in_one_line(
    sms: Sms, http: aiohttp.ClientSession, path: str, fields: dict[str, str], told: tuple[int, str]
) -> None:
    """And nothing is kept."""
    url = f"{sms.url}/sms/{path}"
    asked = http.get(url, params=fields) if path.startswith("kannel") else http.post(url, data=fields or {"x": ""})
    async with asked as answer:
        assert (answer.status, await answer.text()) == told
    assert sms.inbox.texts.empty()
    assert sms.inbox.receipts.empty()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sms/kannel", 405), ("/sms/kannel/receipts", 405), ("/sms/jasmin", 404), ("/sms/twilio/a/b/c", 404)],
)
async def test_another_method_or_path_is_not_there(
    sms: Sms, http: aiohttp.ClientSession, path: str, status: int
) -> None:
    """Kannel calls by GET alone."""
    async with http.post(sms.url + path, data=FORM) as answer:
        assert answer.status == status


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/xml"])
async def test_what_is_no_form_is_refused(sms: Sms, http: aiohttp.ClientSession, content_type: str) -> None:
    """By its type."""
    headers = {"Content-Type": content_type}
    async with http.post(f"{sms.url}/sms/africastalking", data=b"{}", headers=headers) as answer:
        assert answer.status == 415


@pytest.mark.parametrize("body", [b"from=%FF&to=1&text=2", "from=57300&to=1&text=ñ".encode("latin-1")])
async def test_a_form_that_is_not_utf_8_is_refused(sms: Sms, http: aiohttp.ClientSession, body: bytes) -> None:
    """In one line."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with http.post(f"{sms.url}/sms/africastalking", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.text())[-13:]) == (400, "is not UTF-8\n")


# ── doors ──


@each
async def test_a_token_stands_in_the_path(kind: str, http: aiohttp.ClientSession) -> None:
    """Without it, or with another, nobody comes in; receipts have it too."""
    async with running([DoorConfig("a", kind, token="t0k3n")], token="t0k3n") as sms:
        assert (await sms.aggregator.send_mo(kind, ANA, NUMBER, "1"))[0] == 200
        await submitted(sms.senders[kind], text())
        assert (await sms.inbox.receipts.get()).state == "delivered"
        for wrong in ("", "/t0k3n2", "/x/receipts"):
            method = "GET" if kind == "kannel" else "POST"
            async with http.request(method, f"{sms.url}/sms/{kind}{wrong}") as answer:
                assert (answer.status, await answer.text()) == (403, "no door lets this peer in\n")
        refused = {"dialect": kind, "reason": "token"}
        assert sms.metrics.registry.get_sample_value("chasqui_refused_knocks_total", refused) == 3


@each
async def test_a_page_of_another_origin_brings_no_text(sms: Sms, http: aiohttp.ClientSession, kind: str) -> None:
    """A browser on this machine would let it."""
    method = "GET" if kind == "kannel" else "POST"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with http.request(method, f"{sms.url}/sms/{kind}", params=FORM, headers=headers) as answer:
            assert (answer.status, await answer.text()) == (403, "no door lets this peer in\n")


@pytest.mark.parametrize("kind", ["africastalking", "kannel"])
async def test_this_machine_under_another_name_is_another_origin(
    sms: Sms, http: aiohttp.ClientSession, kind: str
) -> None:
    """Where the door asks for nothing."""
    method = "GET" if kind == "kannel" else "POST"
    async with http.request(method, f"{sms.url}/sms/{kind}", params=FORM, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    refused = {"dialect": kind, "reason": "origin"}
    assert sms.metrics.registry.get_sample_value("chasqui_refused_knocks_total", refused) == 1


async def test_twilios_signature_is_asked_for_at_an_open_door(http: aiohttp.ClientSession) -> None:
    """Whoever does not know the token brings nothing, wherever they come from; the public URL is what is signed."""
    form = {"From": f"+{ANA}", "To": NUMBER, "Body": "1", "MessageSid": "m-1", "AccountSid": SID}
    signed = signature("https://gw.example/below/sms/twilio", tuple(form.items()), "s3cr3t")
    async with running([DoorConfig("open", "twilio")], public_url="https://gw.example/below") as sms:
        for shown, status in (("", 403), ("x", 403), (signed, 200)):
            headers = {"X-Twilio-Signature": shown, "Host": "gw.example"}
            async with http.post(f"{sms.url}/sms/twilio", data=form, headers=headers) as answer:
                assert answer.status == status
        async with http.post(f"{sms.url}/sms/twilio", data={**form, "Body": "2"}, headers=headers) as answer:
            assert answer.status == 403
        assert sms.inbox.texts.qsize() == 1
        refused = {"dialect": "twilio", "reason": "signature"}
        assert sms.metrics.registry.get_sample_value("chasqui_refused_knocks_total", refused) == 3


@pytest.mark.parametrize("host", ["x:y", "x:99999999", "[::1", "[x]"])
async def test_a_host_that_is_none_is_signed_by_nobody(http: aiohttp.ClientSession, host: str) -> None:
    """At a door that is open to all, where the URL is taken from the request."""
    async with (
        running([DoorConfig("open", "twilio")]) as sms,
        http.post(f"{sms.url}/sms/twilio", data={"Body": "1"}, headers={"Host": host}) as answer,
    ):
        assert answer.status == 403


async def test_another_twilio_account_is_not_ours(http: aiohttp.ClientSession) -> None:
    """Though it be signed with our token."""
    form = {"From": f"+{ANA}", "To": NUMBER, "Body": "1", "MessageSid": "m-1", "AccountSid": "AC1"}
    async with running() as sms:
        url = f"{sms.url}/sms/twilio"
        headers = {"X-Twilio-Signature": signature(url, tuple(form.items()), "s3cr3t")}
        async with http.post(url, data=form, headers=headers) as answer:
            assert answer.status == 403


# ── two accounts of one kind ──


OTHER = {"name": "other", "numbers": (ServiceNumber("777"),)}


@pytest.mark.parametrize(
    ("fields", "account_of"),
    [
        ({"to": NUMBER}, "kannel-1"),
        ({"to": "777"}, "other"),
        ({"to": "999"}, "kannel-1"),
        ({"to": "999", "account": "other"}, "other"),
        ({"to": NUMBER, "account": "other"}, "other"),
    ],
)
async def test_a_text_is_for_the_account_whose_number_it_goes_to(
    http: aiohttp.ClientSession, fields: dict[str, str], account_of: str
) -> None:
    """Or that its URL names; a number that nobody has is the first one's."""
    async with running(more=[account("kannel", **OTHER)]) as sms:
        async with http.get(f"{sms.url}/sms/kannel", params={**FORM, **fields}) as answer:
            assert answer.status == 200
        assert sms.inbox.texts.get_nowait().smsc == account_of


async def test_a_receipt_is_for_the_account_that_its_url_names(http: aiohttp.ClientSession) -> None:
    """As we wrote it there ourselves."""
    async with running(more=[account("kannel", **OTHER)]) as sms:
        query = {"id": "01MT", "status": "1", "account": "other"}
        async with http.get(f"{sms.url}/sms/kannel/receipts", params=query) as answer:
            assert answer.status == 200
        assert sms.inbox.receipts.get_nowait().smsc == "other"


async def test_what_comes_in_by_an_accounts_own_door_is_its(http: aiohttp.ClientSession) -> None:
    """A report of Africa's Talking says nothing else of the account; and no door leads to another's."""
    doors = [DoorConfig("a", "africastalking", token="a"), DoorConfig("b", "africastalking", token="b")]
    async with running(doors, door="a", more=[account("africastalking", door="b", **OTHER)]) as sms:
        for token, account_of in (("a", "africastalking-1"), ("b", "other")):
            form = {"id": "m-1", "status": "Success"}
            async with http.post(f"{sms.url}/sms/africastalking/{token}/receipts", data=form) as answer:
                assert answer.status == 200
            assert sms.inbox.receipts.get_nowait().smsc == account_of
            async with http.post(f"{sms.url}/sms/africastalking/{token}", data={**FORM, "to": "777"}) as answer:
                assert answer.status == 200
            assert sms.inbox.texts.get_nowait().smsc == account_of


async def test_two_accounts_at_twilio_are_told_apart_by_their_sid(http: aiohttp.ClientSession) -> None:
    """Each signs with its own token."""
    other = account("twilio", name="other", user="AC1", secret="0ther")
    form = {"MessageSid": "m-1", "MessageStatus": "delivered", "AccountSid": "AC1"}
    async with running(more=[other]) as sms:
        url = f"{sms.url}/sms/twilio/receipts"
        for secret, status in (("0ther", 200), ("s3cr3t", 403)):
            headers = {"X-Twilio-Signature": signature(url, tuple(form.items()), secret)}
            async with http.post(url, data=form, headers=headers) as answer:
                assert answer.status == status
        assert sms.inbox.receipts.get_nowait().smsc == "other"


async def test_nothing_of_what_came_is_logged_but_what_is_wrong(
    sms: Sms, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """No number, no text."""
    async with http.post(f"{sms.url}/sms/africastalking", data={"from": f"+{ANA}", "to": NUMBER}) as answer:
        assert answer.status == 400
    assert [one.getMessage() for one in caplog.records if one.name == "gateway.sms.routes"] == [
        "a request that cannot be taken: text is missing"
    ]
