"""One text from a subscriber: what it leads to, and what is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from talking import Talk

from fakes import ANA, NUMBER, TUESDAY, House, consent, order
from flows.effects import Effect, RecordOfferState, RecordOrder, RecordOrderState, SendSms
from flows.market import load_market
from flows.market_rules import Dated, SmsConfirmation
from flows.offer import order_key
from flows.porting import PURPOSE
from flows.porting_proof import PURPOSE as PROOF
from flows.session import Session
from flows.values import Channel, Msisdn, Wallet
from gateway.core import text_facts
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.menu_facts import MenuFacts
from gateway.core.replies import ReplyDesk
from menus.values import Item, Place
from store import consents, inbox, offers, orders, subscriptions
from store.consent_ledger import ConsentLedger
from store.consent_seal import digest
from store.errors import StoreError, WriteFailed
from store.ids import new_id
from store.inbox import Entry
from store.unit import Op, Unit


class Overtaken(Committer):
    """Before its first commit, another channel's step is written."""

    def __init__(self, talk: Talk, quicker: list[Effect]) -> None:
        house = talk.house
        ledger = ConsentLedger(house.reader, house.writer)
        super().__init__(house.writer, house.context.reach, house.handed.append, ledger)
        self._talk = talk
        self._quicker = quicker

    async def commit_all(self, steps: Sequence[tuple[Iterable[Effect], tuple[Op, ...]]]) -> list[bool | StoreError]:
        quicker, self._quicker = self._quicker, []
        if quicker:
            await self._talk.committer.commit(quicker)
        return await super().commit_all(steps)


class Recorded(Committer):
    """Remembers of every text whether it asks for an answer."""

    def __init__(self, talk: Talk) -> None:
        house = talk.house
        ledger = ConsentLedger(house.reader, house.writer)
        super().__init__(house.writer, house.context.reach, house.handed.append, ledger)
        self.asks: list[bool] = []

    async def commit_all(self, steps: Sequence[tuple[Iterable[Effect], tuple[Op, ...]]]) -> list[bool | StoreError]:
        kept = [(tuple(effects), always) for effects, always in steps]
        self.asks += [effect.asks for wanted, _ in kept for effect in wanted if isinstance(effect, SendSms)]
        return await super().commit_all(kept)


@pytest.fixture
def talk(house: House, committer: Committer, facts: Facts) -> Talk:
    """A conversation that has not begun."""
    return Talk(house, committer, facts)


async def test_a_one_accepts_the_newest_offer(talk: Talk) -> None:
    """The order is made, the call asked for, and nothing is said before its outcome."""
    first, second = await talk.offered(), await talk.offered()
    assert await talk.says("1") == []
    (call,) = talk.bought
    assert call.order.key == f"ord-{second}"
    older = await offers.by_id(talk.house.reader, first)
    assert older is not None
    assert (older.state, await talk.outcome()) == ("open", "accept")


async def test_an_offer_is_answered_at_the_number_that_made_it(talk: Talk) -> None:
    """Another short code has its own offers."""
    await talk.offered()
    assert len(await talk.says("1", to="999")) == 1
    assert talk.bought == []


async def test_a_no_is_kept_and_confirmed(talk: Talk) -> None:
    """And a yes after it buys nothing."""
    await talk.offered()
    assert await talk.says("NO") == ["De acuerdo, no se hizo ninguna compra."]
    assert await talk.says("1") == ["Ahora no tienes ofertas abiertas."]
    assert talk.bought == []


async def test_a_second_yes_says_that_it_is_under_way(talk: Talk) -> None:
    """Another word for yes is no repetition by the network."""
    await talk.offered()
    await talk.says("1")
    assert await talk.says("SI") == ["Tu compra de 1 GB por 7 días está en curso."]
    assert len(talk.bought) == 1


async def test_a_yes_after_the_purchase_says_that_it_was_made(talk: Talk) -> None:
    """From the order's own state."""
    await talk.offered()
    await talk.says("1")
    key = talk.bought[0].order.key
    await talk.committer.commit([RecordOrderState(key, "confirmed", talk.house.clock(), settled=True)])
    assert await talk.says("SI") == ["Ya compraste 1 GB por 7 días."]


async def test_a_text_that_the_network_repeats_is_dropped(talk: Talk) -> None:
    """Ana gets one answer, not two."""
    await talk.offered()
    await talk.says("1")
    assert (await talk.says("1"), await talk.outcome()) == ([], "repeated")


async def test_the_same_word_after_a_newer_offer_is_an_answer_to_it(talk: Talk) -> None:
    """Also within the minute."""
    await talk.offered()
    await talk.says("1")
    await talk.offered()
    await talk.says("1")
    assert (len(talk.bought), await talk.outcome()) == (2, "accept")


async def test_the_same_word_a_minute_later_is_a_new_one(talk: Talk) -> None:
    """Ana may ask again."""
    await talk.offered()
    await talk.says("1")
    talk.house.clock.advance(seconds=60)
    assert await talk.says("1") == ["Tu compra de 1 GB por 7 días está en curso."]


async def test_the_last_of_three_wishes_counts(talk: Talk) -> None:
    """Stop, start and stop again in one minute is no repetition: something else was said in between."""
    await talk.says("BAJA")
    await talk.says("ALTA")
    await talk.says("BAJA")
    assert ((await talk.ana()).marketing, await talk.outcome()) == (False, "stop")


async def test_an_answer_that_comes_too_late_buys_nothing(talk: Talk) -> None:
    """The offer ends with it."""
    offer_id = await talk.offered()
    talk.house.clock.advance(hours=24)
    assert await talk.says("1") == ["Esta oferta venció. No se cobró nada."]
    found = await offers.by_id(talk.house.reader, offer_id)
    assert found is not None
    assert (found.state, talk.bought) == ("expired", [])


async def test_when_the_app_was_quicker_the_text_says_so(talk: Talk) -> None:
    """The order made between our look and our commit is the only one, and Ana hears of it."""
    offer_id = await talk.offered()
    seen = await offers.by_id(talk.house.reader, offer_id)
    assert seen is not None
    key, at = order_key(seen), talk.house.clock()
    app: list[Effect] = [
        RecordOrder(order(offer=offer_id, key=key, subscription=seen.subscription, channel=Channel.APP, created_at=at)),
        RecordOfferState(offer_id, "accepted", at, key),
    ]
    talk.desk = ReplyDesk(talk.house.context, talk.facts, Overtaken(talk, app))
    assert await talk.says("1") == ["Tu compra de 1 GB por 7 días está en curso."]
    assert (talk.bought, await talk.outcome()) == ([], "accept")
    assert await orders.count_by_state(talk.house.reader) == {"pending": 1}


async def test_help_for_an_unknown_text_comes_once_a_day(talk: Talk) -> None:
    """Two machines never talk for ever."""
    assert len(await talk.says("hola?")) == 1
    assert await talk.says("no entiendo nada") == []
    talk.house.clock.advance(hours=24)
    assert len(await talk.says("hola")) == 1


async def test_a_yes_without_an_offer_is_told_that_there_is_none(talk: Talk) -> None:
    """There is nothing to accept."""
    assert await talk.says("1") == ["Ahora no tienes ofertas abiertas."]


async def test_stop_ends_marketing_and_start_begins_it(talk: Talk) -> None:
    """Each is confirmed with the way back."""
    (stopped,) = await talk.says("Baja.")
    assert "ALTA" in stopped
    assert (await talk.ana()).marketing is False
    (started,) = await talk.says("alta")
    assert "BAJA" in started
    assert (await talk.ana()).marketing is True


async def test_a_language_holds_from_its_confirmation_on(talk: Talk) -> None:
    """The next text is in it."""
    assert await talk.says("English") == ["We now write to you in English."]
    assert await talk.says("NO") == ["There is no offer open for you now."]


async def test_who_was_never_seen_gets_a_subscription(talk: Talk) -> None:
    """In the market's first language."""
    stranger = Msisdn("573005550000")
    assert len(await talk.says("hola", msisdn=stranger)) == 1
    assert (await subscriptions.by_msisdn(talk.house.reader, [stranger]))[stranger].language == "es"


async def test_one_text_that_cannot_be_read_takes_nobody_along(talk: Talk) -> None:
    """It is handed back, and put aside in the end; the other's is answered."""
    at = talk.house.clock()
    good = Entry(new_id(at), "mo", "s", "1", ANA, json.dumps({"to": NUMBER, "text": "?", "smsc": "a"}), at)
    bad = Entry(new_id(at), "mo", "s", "2", Msisdn("573005550000"), "{}", at)
    await talk.house.writer.commit_all(map(inbox.take_in, (good, bad)))
    assert [entry for entry, _ in await talk.desk.work([good, bad])] == [bad]
    assert len(talk.house.texts()) == 1
    await talk.desk.give_up(bad)
    assert await inbox.waiting(talk.house.reader) == []


async def test_a_text_is_answered_once_even_if_its_work_is_done_twice(talk: Talk) -> None:
    """After a crash between commit and acknowledgement the key of the reply is known."""
    (entry,) = [Entry(new_id(TUESDAY), "mo", "s", "1", ANA, '{"to": "1", "text": "?", "smsc": "a"}', TUESDAY)]
    await talk.house.writer.commit(inbox.take_in(entry))
    await talk.desk.work([entry])
    await talk.house.writer.commit(Unit())
    talk.house.clock.advance(days=2)
    ((again, error),) = await talk.desk.work([entry])
    assert (again, isinstance(error, WriteFailed)) == (entry, True)
    assert len(talk.house.texts()) == 1


async def test_a_no_that_comes_after_the_apps_yes_is_told_of_the_purchase(talk: Talk) -> None:
    """Nobody is told that nothing was bought while the app buys."""
    offer_id = await talk.offered()
    seen = await offers.by_id(talk.house.reader, offer_id)
    assert seen is not None
    key, at = order_key(seen), talk.house.clock()
    app: list[Effect] = [
        RecordOfferState(offer_id, "accepted", at, key),
        RecordOrder(order(offer=offer_id, key=key, subscription=seen.subscription, channel=Channel.APP, created_at=at)),
    ]
    talk.desk = ReplyDesk(talk.house.context, talk.facts, Overtaken(talk, app))
    assert await talk.says("2") == ["Tu compra de 1 GB por 7 días está en curso."]


async def test_a_yes_to_an_offer_that_no_text_named_buys_nothing(talk: Talk) -> None:
    """It was made on a screen, or its text went without it: the person is told where it is, and what it costs."""
    offer = await talk.offered()
    await talk.house.writer.commit(Unit(ops=(offers.unbind(offer),)))
    assert await talk.says("1") == ["1 GB por 7 días por $3.000 está en tu menú, en Mi oferta."]
    assert talk.bought == []
    assert await talk.says("2") == ["Ahora no tienes ofertas abiertas."]


async def test_an_offer_that_no_text_named_and_that_is_over_is_none(talk: Talk) -> None:
    """Like any other."""
    offer = await talk.offered()
    await talk.house.writer.commit(Unit(ops=(offers.unbind(offer),)))
    talk.house.clock.advance(hours=25)
    assert await talk.says("1") == ["Ahora no tienes ofertas abiertas."]


async def test_a_porting_code_is_noted_and_does_not_stay(talk: Talk) -> None:
    """Neither in the inbox nor in the consent records; what is kept says that it came, and checks it."""
    talk.house.context.market = load_market("mx")
    person = await talk.ana()
    await talk.committer.commit([consent(subscription=person.id)])
    (told,) = await talk.says("4711")
    assert "4711" not in told
    kept = await talk.kept()
    assert (kept.outcome, json.loads(kept.body)["text"]) == ("porting_proof", "****")
    proof = await consents.in_force(talk.house.reader, person.id, PROOF)
    key = (await consents.keys_of(talk.house.reader, [person.id]))[person.id]
    assert proof is not None
    assert proof.personal is not None
    assert proof.personal.replies == (digest("4711", key),)
    assert "4711" not in digest("4711", key)
    assert await consents.in_force(talk.house.reader, person.id, PURPOSE) is not None


async def test_a_porting_code_that_nobody_waits_for_does_not_stay_either(talk: Talk) -> None:
    """Whoever sends it by mistake has not told it to anybody."""
    talk.house.context.market = load_market("mx")
    assert len(await talk.says("4711")) == 1
    assert (await talk.outcome(), json.loads((await talk.kept()).body)["text"]) == ("unknown", "****")
    assert await consents.in_force(talk.house.reader, (await talk.ana()).id, PROOF) is None


async def test_beyond_twenty_answers_an_hour_there_is_silence(talk: Talk) -> None:
    """What was wished for holds all the same, and a yes still buys."""
    await talk.offered()
    for turn in range(20):
        assert len(await talk.says(("AYUDA", "SALDO")[turn % 2])) == 1
    assert (await talk.says("AYUDA"), await talk.outcome()) == ([], "too_many")
    assert (await talk.says("BAJA"), (await talk.ana()).marketing) == ([], False)
    await talk.says("MAS")
    assert len(await offers.open_of(talk.house.reader, (await talk.ana()).id, talk.house.clock())) == 1
    await talk.says("1")
    assert len(talk.bought) == 1
    talk.house.clock.advance(hours=1)
    assert len(await talk.says("AYUDA")) == 1


async def test_what_asks_for_an_answer_says_so(talk: Talk) -> None:
    """A text that wants an answer must leave from a number that takes one."""
    await talk.offered()
    recorded = Recorded(talk)
    talk.desk = ReplyDesk(talk.house.context, talk.facts, recorded)
    for text in ("MAS", "IDIOMA", "SII", "AYUDA", "QUIEN", "SALDO"):
        await talk.says(text)
    assert recorded.asks == [True, True, True, False, False, False]


async def test_a_first_yes_to_an_offer_that_the_app_took_meanwhile_asks_nothing(talk: Talk) -> None:
    """It says what became of it."""
    market = talk.house.context.market
    rule = Dated(SmsConfirmation(0), "a test", None, None)
    talk.house.context.market = replace(market, sms_confirmation=(rule,))
    offer_id = await talk.offered()
    seen = await offers.by_id(talk.house.reader, offer_id)
    assert seen is not None
    key, at = order_key(seen), talk.house.clock()
    app: list[Effect] = [
        RecordOrder(order(offer=offer_id, key=key, subscription=seen.subscription, channel=Channel.APP, created_at=at)),
        RecordOfferState(offer_id, "accepted", at, key),
    ]
    talk.desk = ReplyDesk(talk.house.context, talk.facts, Overtaken(talk, app))
    assert await talk.says("1") == ["Tu compra de 1 GB por 7 días está en curso."]
    assert talk.bought == []


async def test_a_charging_system_that_hangs_is_waited_for_a_moment(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others' texts wait in the same pass."""
    monkeypatch.setattr(text_facts, "_LONGEST_FETCH", 0.01)

    async def never(msisdn: Msisdn) -> Wallet:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(talk.house.ocs, "wallet", never)
    assert await talk.says("SALDO") == ["Ahora no lo sabemos. Inténtalo más tarde, por favor."]


async def test_without_a_menu_the_word_for_it_is_answered_with_help(talk: Talk) -> None:
    """Nobody is told to dial what is not there."""
    talk.desk = ReplyDesk(talk.house.context, talk.facts, talk.committer)
    (told,) = await talk.says("MENU")
    assert told.startswith("Responde MAS para ver ofertas")
    assert "MENU" not in told


async def test_the_menu_goes_on_showing_the_offer_that_one_takes(talk: Talk) -> None:
    """A list beside it is newer, and changes nothing about it."""
    await talk.offered()
    await talk.says("MAS")
    menu = MenuFacts(talk.house.context, talk.facts)
    session = Session("main", "1", Place("start"))
    shown = (await menu.fetch(["offer"], await talk.ana(), session))["offer"]
    assert isinstance(shown, Item)
    assert shown.fields["name"] == "1 GB por 7 días"


async def test_the_configuration_asks_for_a_second_yes_without_a_change_of_the_market(talk: Talk) -> None:
    """Above its bound; the market pack of Colombia has none."""
    talk.house.context.confirm_above = 0
    await talk.offered()
    assert await talk.says("1") == ["¿Comprar 1 GB por 7 días por $3.000? Responde SI para confirmar."]
    assert talk.bought == []
