"""Stories of orders, told by a real gateway between both simulators, signed, handed on and checked.

``CHASQUI_GOLDEN=1`` writes the stories anew: read the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fakes import ANA, BEN, NUMBER, eventually
from gateway.core.story_seal import check, make_key
from running import TOKENS, Town, town

STORIES = Path(__file__).parent / "stories"
_NAMES = re.compile(
    r"[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID
    r"|u[0-9a-f]{30}|[0-9a-f]{40}"  # a turn, a request
    r"|(?<=\"pack\": \")[0-9a-f]{16}|[0-9a-f]{16}(?=\))"  # the market pack
    r"|\b0{6}[0-9]{2}\b"  # the SMSC's id of a part
)
Json = dict[str, Any]


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A town whose gateway has a key."""
    make_key(tmp_path / "story.key")
    async with town(tmp_path, migrated) as up:
        yield up


async def hop(it: Town, text: str, session: str = "at-1") -> str:
    """The answer to a USSD hop of Ana's."""
    form = {
        "sessionId": session,
        "serviceCode": "*123#",
        "phoneNumber": f"+{ANA}",
        "networkCode": "73201",
        "text": text,
    }
    async with it.http.post(f"{it.url}/ussd/africastalking", data=form) as answer:
        return await answer.text()


async def delivered(it: Town, number: int) -> None:
    """Wait until so many texts to Ana are there, and their receipts, too."""

    async def there() -> bool:
        states = [one["state"] for one in await it.items("messages") if one["direction"] == "out"]
        return states.count("delivered") == number

    await eventually(there)


async def document(it: Town, query: str = "", role: str = "crm") -> tuple[int, bytes]:
    """The story of Ana's newest order, as it is handed out."""
    key = (await it.items("orders"))[0]["key"]
    headers = {"Authorization": f"Bearer {TOKENS[role]}"}
    async with it.http.get(f"{it.url}/api/v1/orders/{key}/story{query}", headers=headers) as answer:
        return answer.status, await answer.read()


async def told(it: Town, query: str = "") -> Json:
    """The story itself."""
    status, content = await document(it, query)
    assert status == 200, content
    story: Json = json.loads(content)["story"]
    return story


async def public_key(it: Town) -> Ed25519PublicKey:
    """The key that the gateway gives out."""
    _, given = await it.call("GET", "story-key")
    key = load_pem_public_key(given["public_key"].encode())
    assert isinstance(key, Ed25519PublicKey)
    return key


async def sold_by_sms(it: Town) -> None:
    """A trigger, the alert with an offer, and a yes by text."""
    await it.offer()
    await delivered(it, 1)
    it.clock.advance(minutes=3)
    await it.smsc.send_mo(ANA, NUMBER, "SI")
    await delivered(it, 2)


async def sold_by_ussd(it: Town) -> None:
    """Dialled, chosen and confirmed on the screen."""
    for text in ("", "2", "2*4", "2*4*1"):
        it.clock.advance(seconds=4)
        await hop(it, text)
    await delivered(it, 1)


async def sold_by_app(it: Town) -> None:
    """A trigger, and the offer accepted in the app for somebody else."""
    offer = await it.offer()
    await delivered(it, 1)
    it.clock.advance(hours=1)
    status, _ = await it.accept(offer["id"], "once", {"beneficiary": BEN})
    assert status == 202
    await it.texts(ANA, 2)
    await it.texts(BEN, 1)
    await delivered(it, 3)


def written(story: Json) -> str:
    """A story with the names that are new each time numbered, as they come."""
    names: dict[str, str] = {}
    content = json.dumps(story, ensure_ascii=False, indent=1, sort_keys=True)
    return _NAMES.sub(lambda found: names.setdefault(found[0], f"<{len(names) + 1}>"), content) + "\n"


@pytest.mark.parametrize("sale", [sold_by_sms, sold_by_ussd, sold_by_app])
async def test_a_sale_is_told_as_it_was(it: Town, sale: Any) -> None:
    """Trigger, rule, offer, texts as they went, the answer as it was said, steps, charge and proof."""
    await sale(it)
    story, file = written(await told(it)), STORIES / f"{sale.__name__}.json"
    if os.environ.get("CHASQUI_GOLDEN"):
        file.write_text(story, encoding="utf-8")
    assert story == file.read_text(encoding="utf-8")


async def test_a_story_holds_and_every_changed_byte_breaks_it(it: Town) -> None:
    """Changed, dropped, doubled: whichever byte it is."""
    await sold_by_ussd(it)
    status, content = await document(it)
    key = await public_key(it)
    assert (status, check(content, key).fault) == (200, "")
    assert content.endswith(b"}\n")
    for at in range(len(content)):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        assert check(changed, key).fault, (at, content[at : at + 20])
    for at in range(0, len(content), 7):
        assert check(content[:at] + content[at + 1 :], key).fault
        assert check(content[:at] + content[at : at + 1] + content[at:], key).fault
    assert check(b"", key).fault == check(b"[]", key).fault == "this is no signed story"
    rewritten = json.dumps(json.loads(content), indent=2, ensure_ascii=False).encode()
    assert "written anew" in check(rewritten, key).fault


async def test_a_story_of_another_key_is_not_ours(it: Town, tmp_path: Path) -> None:
    """Also where it is signed well."""
    await sold_by_ussd(it)
    other = make_key(tmp_path / "other.key")
    forged = other.signed(await told(it), it.clock())
    assert "another key" in check(forged, await public_key(it)).fault
    renamed = forged.replace(other.key_id.encode(), json.loads((await document(it))[1])["signature"]["key"].encode())
    assert "not what was signed" in check(renamed, await public_key(it)).fault


async def test_numbers_are_whole_only_where_that_is_asked_for(it: Town) -> None:
    """A gift names two people, in fields and in texts."""
    await sold_by_app(it)
    status, content = await document(it)
    assert (status, ANA.encode() in content, BEN.encode() in content) == (200, False, False)
    full = await told(it, "?full=true")
    assert (full["order"]["payer"], full["order"]["beneficiary"], full["masked"]) == (ANA, BEN, False)
    assert f"+{BEN}" in json.dumps(full["texts"])


async def test_a_story_is_told_in_the_language_that_is_asked_for(it: Town) -> None:
    """The texts in it stay as they were sent."""
    await sold_by_sms(it)
    english, own = await told(it, "?language=en"), await told(it)
    assert (english["language"], own["language"]) == ("en", "es")
    assert "Charged once: COP 9,500." in english["text"]
    assert "Cobrado una vez: $9.500." in own["text"]
    assert english["texts"] == own["texts"]


async def test_an_order_whose_outcome_had_to_be_asked_says_so(it: Town) -> None:
    """The proof is what the charging system said when it was asked about the key."""
    async with it.http.put(f"{it.ocs.control_url}/faults", json={"drop_answer": 1}) as answer:
        assert answer.status == 200
    await it.offer()
    await it.smsc.send_mo(ANA, NUMBER, "1")
    await delivered(it, 2)
    story = await told(it)
    assert (story["charge"]["proof"], story["charge"]["state"]) == ("asked", "confirmed")
    states = [step["state"] for step in story["history"]]
    assert (states[:3], states[-1]) == (["pending", "sent", "in_doubt"], "confirmed")


async def test_what_cannot_be_told_says_why(it: Town, tmp_path: Path) -> None:
    """No such order, no such language, no right, no key."""
    await sold_by_ussd(it)
    assert (await it.call("GET", "orders/ord-nobody/story"))[1]["code"] == "unknown-order"
    assert (await document(it, "?language=xx"))[0] == 422
    assert (await document(it, "?full=perhaps"))[0] == 422
    assert (await document(it, role="app"))[0] == 403
    (tmp_path / "story.key").unlink()
    status, content = await document(it)
    assert (status, json.loads(content)["code"]) == (409, "no-story-key")
