"""One order, whatever the charging system says of it: charged once, told truly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine.exceptions import TransitionNotAllowed

from fakes import ANA, ANAS, BEN, NUMBER, TUESDAY, order
from flows.effects import (
    ActivateBundle,
    Effect,
    RecordAudit,
    RecordOrder,
    RecordOrderState,
    RecordPointless,
    SendSms,
)
from flows.purchase import NOT_GRANTED, TELL_AFTER_QUERIES, PurchaseFlow
from flows.purchase_facts import (
    BundleActivated,
    BundleRefused,
    ExcessFound,
    LeftToPerson,
    NothingGranted,
    OutcomeWasUnknown,
    PurchaseNotSent,
    PurchaseSent,
    RefundAsked,
)
from flows.records import Subscriber
from flows.step import Step
from flows.telling import Given, Telling
from flows.texts import Voice
from flows.values import Money, Msisdn, OrderKey, Purpose, SubscriptionId, Unit
from locales.catalogues import load_catalogues

FLOW = PurchaseFlow()
TELLING = Telling(Voice(load_catalogues(), "en"), "1 GB", NUMBER)
STATES = ("pending", "sent", "in_doubt", "confirmed", "declined", "refunded")
PAYER = Subscriber(ANAS, ANA, "en")
ACTIVATED = BundleActivated(TUESDAY, "ocs-7", Money(700_000, "COP"), TELLING)
REFUSED = BundleRefused(TUESDAY, "insufficient_funds", "low", TELLING)
FACTS = {
    "send_out": PurchaseSent(TUESDAY),
    "not_sent": PurchaseNotSent(TUESDAY, "refused connection"),
    "activate": ACTIVATED,
    "refuse": REFUSED,
    "lose_sight": OutcomeWasUnknown(TUESDAY, "time-out", queried=False, telling=TELLING),
    "hand_over": LeftToPerson(TUESDAY, "asked enough", TELLING),
    "vouch": replace(ACTIVATED, by="rosa"),
    "disown": replace(REFUSED, by="rosa"),
    "take_back": NothingGranted(TUESDAY, "ocs-7", "charged, and nothing granted", PAYER),
    "give_back": RefundAsked(TUESDAY, "api:care", "complaint", PAYER),
    "give_excess": ExcessFound(TUESDAY, "rosa", PAYER, OrderKey("ref-dis-1"), Money(1_000, "COP")),
    "money_back": None,
}
NEXT = {
    "send_out": {"pending": "sent", "sent": "sent", "in_doubt": "sent"},
    "not_sent": {"pending": "pending", "sent": "pending"},
    "activate": {
        "pending": "confirmed",
        "sent": "confirmed",
        "in_doubt": "confirmed",
        "confirmed": "confirmed",
        "declined": "declined",
        "refunded": "refunded",
    },
    "refuse": {
        "pending": "declined",
        "sent": "declined",
        "in_doubt": "declined",
        "confirmed": "confirmed",
        "declined": "declined",
        "refunded": "refunded",
    },
    "lose_sight": {"sent": "in_doubt", "in_doubt": "in_doubt"},
    "hand_over": {"in_doubt": "in_doubt"},
    "vouch": {"in_doubt": "confirmed", "declined": "confirmed", "confirmed": "confirmed"},
    "disown": {"in_doubt": "declined", "confirmed": "declined", "declined": "declined"},
    "take_back": {"sent": "in_doubt", "in_doubt": "in_doubt"},
    "give_back": {"in_doubt": "in_doubt", "confirmed": "confirmed", "declined": "declined"},
    "give_excess": {"confirmed": "confirmed", "refunded": "refunded"},
    "money_back": {"in_doubt": "refunded", "confirmed": "refunded", "declined": "refunded"},
}
LEGAL = [(state, event, after) for event, row in NEXT.items() for state, after in row.items()]
ILLEGAL = [(state, event) for event, row in NEXT.items() for state in STATES if state not in row]


def step(state: str, event: str, fact: object, **changes: object) -> Step:
    """One step of Ana's order."""
    return FLOW.step(state, event, order=order(state=state, **changes), fact=fact)


def texts(effects: tuple[Effect, ...]) -> list[SendSms]:
    """The texts among the effects."""
    return [effect for effect in effects if isinstance(effect, SendSms)]


@pytest.mark.parametrize(("state", "event", "after"), LEGAL)
def test_every_word_of_the_charging_system_has_one_next_state(state: str, event: str, after: str) -> None:
    """What is written is the state that the machine went to, and only a verdict settles."""
    done = step(state, event, FACTS[event])
    assert done.state == after
    for effect in done.effects:
        if isinstance(effect, RecordOrderState):
            assert (effect.state, effect.settled) == (after, after in ("confirmed", "declined"))


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_what_cannot_be_is_refused(state: str, event: str) -> None:
    """An order is never sent after its verdict, nor doubted before it was sent."""
    with pytest.raises(TransitionNotAllowed):
        step(state, event, FACTS[event])


@pytest.mark.parametrize(
    ("state", "event", "corrects"),
    [
        ("in_doubt", "vouch", ""),
        ("declined", "vouch", "declined"),
        ("in_doubt", "disown", ""),
        ("confirmed", "disown", "confirmed"),
    ],
)
def test_what_a_person_decides_says_which_verdict_it_takes_back_and_who_they_are(
    state: str, event: str, corrects: str
) -> None:
    """And the payer is told, as by any other way."""
    effects = step(state, event, FACTS[event]).effects
    assert [one.corrects for one in effects if isinstance(one, RecordOrderState)] == [corrects]
    assert [one.actor for one in effects if isinstance(one, RecordAudit)] == ["rosa"]
    assert len(texts(effects)) == 1


def test_a_confirmation_names_the_price_and_the_balance() -> None:
    """The payer is told what was charged and what is left, once, and again if the network lost it."""
    (told,) = texts(step("sent", "activate", ACTIVATED).effects)
    assert told.text == told.repeat_text == "Done: 1 GB is active. Charged COP 3,000. Balance COP 7,000."
    assert (told.msisdn, told.key, told.purpose) == (ANA, "ord-off-1:confirmed", Purpose.CONFIRMATION)


def test_a_confirmation_without_a_balance_promises_none() -> None:
    """A balance is told only when the charging system has told it."""
    (told,) = texts(step("sent", "activate", BundleActivated(TUESDAY, "r", None, TELLING)).effects)
    assert told.text == "Done: 1 GB is active. Charged COP 3,000."


def test_a_beneficiary_hears_of_the_gift_and_not_of_the_money() -> None:
    """Two texts to two people under two keys, each in the language of its reader."""
    spanish = Telling(Voice(load_catalogues(), "es"), "1 GB por 7 días", NUMBER)
    activated = replace(ACTIVATED, given=Given(SubscriptionId("01BEN"), spanish))
    payer, gift = texts(step("sent", "activate", activated, beneficiary=BEN).effects)
    assert payer.text == f"Done: 1 GB is active for +{BEN}. Charged COP 3,000. Balance COP 7,000."
    assert gift.text == "Te regalaron 1 GB por 7 días desde el número terminado en 2233."
    assert (payer.msisdn, payer.subscription, payer.key) == (ANA, ANAS, "ord-off-1:confirmed")
    assert (gift.msisdn, gift.subscription, gift.key) == (BEN, "01BEN", "ord-off-1:gift")


@pytest.mark.parametrize(
    ("gets_it", "known_as", "whose"),
    [(ANA, None, ANAS), (BEN, SubscriptionId("01BEN"), SubscriptionId("01BEN")), (BEN, ANAS, None), (BEN, None, None)],
)
def test_who_has_more_again_need_not_be_told_that_it_runs_out(
    gets_it: Msisdn, known_as: SubscriptionId | None, whose: SubscriptionId | None
) -> None:
    """Of each unit in the bundle; of a beneficiary whom we do not know nothing waits."""
    given = None if known_as is None else Given(known_as, TELLING)
    activated = replace(ACTIVATED, given=given, units=frozenset({Unit.SECOND, Unit.BYTE}))
    effects = step("sent", "activate", activated, beneficiary=gets_it).effects
    units = () if whose is None else (Unit.BYTE, Unit.SECOND)
    pointless = [one for one in effects if isinstance(one, RecordPointless)]
    assert pointless == [RecordPointless(whose or ANAS, TUESDAY, "renewed", unit) for unit in units]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("insufficient_funds", "Not bought: your balance does not cover 1 GB (COP 3,000). Nothing was charged."),
        ("rejected", "1 GB could not be activated. Nothing was charged."),
        ("not_applied", "1 GB could not be activated. Nothing was charged."),
    ],
)
def test_a_refusal_says_that_nothing_was_charged(reason: str, text: str) -> None:
    """The reason and the charging system's words stay on the order."""
    effects = step("sent", "refuse", BundleRefused(TUESDAY, reason, "words", TELLING)).effects
    assert [one.text for one in texts(effects)] == [text]
    assert RecordOrderState(order().key, "declined", TUESDAY, settled=True, reason=reason, detail="words") in effects


@pytest.mark.parametrize(("state", "event"), [("confirmed", "refuse"), ("declined", "activate")])
def test_a_contradiction_is_kept_for_a_person_and_told_to_nobody(state: str, event: str) -> None:
    """A settled order does not move because the charging system changed its mind."""
    (noted,) = step(state, event, FACTS[event]).effects
    assert isinstance(noted, RecordAudit)
    assert (noted.action, noted.detail["was"]) == ("order.contradicted", state)


@pytest.mark.parametrize(("state", "event"), [("confirmed", "activate"), ("declined", "refuse")])
def test_the_same_verdict_again_does_nothing(state: str, event: str) -> None:
    """Hearing it twice is not hearing something new."""
    assert step(state, event, FACTS[event]).effects == ()


@pytest.mark.parametrize("queries", range(6))
@pytest.mark.parametrize("queried", [True, False])
def test_the_payer_hears_of_a_doubt_once_and_only_when_it_lasts(queries: int, *, queried: bool) -> None:
    """The first quick questions usually settle it; nobody is told twice."""
    fact = OutcomeWasUnknown(TUESDAY, "time-out", queried, TELLING)
    told = texts(step("in_doubt", "lose_sight", fact, queries=queries).effects)
    assert len(told) == (queried and queries == TELL_AFTER_QUERIES)


def test_who_is_told_of_a_doubt_is_told_not_to_buy_again() -> None:
    """The one thing that would charge twice is said."""
    fact = OutcomeWasUnknown(TUESDAY, "time-out", queried=True, telling=TELLING, reference="ocs-7")
    effects = step("in_doubt", "lose_sight", fact, queries=TELL_AFTER_QUERIES).effects
    assert texts(effects)[0].text == "We are checking your purchase of 1 GB. You will get a text; do not buy again."
    assert isinstance(effects[0], RecordOrderState)
    assert (effects[0].reference, effects[0].queried) == ("ocs-7", True)


def test_what_nobody_can_settle_is_left_to_a_person() -> None:
    """It stays in doubt, marked; the payer hears once that it is looked at, now or before."""
    for queries in (0, TELL_AFTER_QUERIES, TELL_AFTER_QUERIES + 1, 40):
        effects = step("in_doubt", "hand_over", FACTS["hand_over"], queries=queries).effects
        assert isinstance(effects[0], RecordOrderState)
        assert (effects[0].state, effects[0].reason, effects[0].settled) == ("in_doubt", "needs_person", False)
        kinds = [one.key.rpartition(":")[2] for one in texts(effects)]
        assert kinds == ([] if queries > TELL_AFTER_QUERIES else ["checking"])


@given(st.lists(st.sampled_from(sorted(FACTS.keys() - {"vouch", "disown"})), max_size=40))
def test_an_order_is_settled_at_most_once(events: list[str]) -> None:
    """Whatever comes in whatever order, one verdict is written and one is told."""
    state, effects = "pending", list[Effect]()
    for event in events:
        try:
            done = step(state, event, FACTS[event])
        except TransitionNotAllowed:
            continue
        state, effects = done.state, [*effects, *done.effects]
    settled = [one for one in effects if isinstance(one, RecordOrderState) and one.settled]
    assert len(settled) <= 1
    assert settled or state not in ("confirmed", "declined")
    verdicts = [one for one in texts(tuple(effects)) if not one.key.endswith(":checking")]
    assert len(verdicts) == len(settled)


@pytest.mark.parametrize(("event", "by"), [("take_back", "chasqui"), ("give_back", "api:care")])
def test_a_refund_is_an_order_under_a_key_of_its_own(event: str, by: str) -> None:
    """Intent and key are written with the step that wants it; the payer hears nothing before the money is there."""
    effects = step("in_doubt", event, FACTS[event], attempts=2, queries=5).effects
    (recorded,) = (effect.order for effect in effects if isinstance(effect, RecordOrder))
    (due,) = (effect for effect in effects if isinstance(effect, ActivateBundle))
    (line,) = (effect for effect in effects if isinstance(effect, RecordAudit))
    assert due == ActivateBundle(recorded, PAYER)
    assert (recorded.key, recorded.offer, recorded.gives_back) == ("ref-off-1", "ref-off-1", "ord-off-1")
    assert (recorded.state, recorded.attempts, recorded.queries, recorded.price) == ("pending", 0, 0, order().price)
    assert (line.actor, line.action) == (by, "order.refund_asked")
    assert texts(effects) == []


@pytest.mark.parametrize("state", ["confirmed", "refunded"])
def test_what_was_charged_beyond_the_price_goes_back_under_a_key_of_its_own(state: str) -> None:
    """Beside the one refund of the whole; the order stays as it is."""
    done = step(state, "give_excess", FACTS["give_excess"])
    (recorded,) = (effect.order for effect in done.effects if isinstance(effect, RecordOrder))
    assert (recorded.key, recorded.offer, recorded.gives_back) == ("ref-dis-1", "ref-dis-1", "ord-off-1")
    assert (recorded.price, recorded.state) == (Money(1_000, "COP"), "pending")
    assert not any(isinstance(effect, RecordOrderState) for effect in done.effects)


def test_what_was_charged_and_not_granted_stays_in_doubt_until_the_money_is_back() -> None:
    """It is asked about no more, for its refund settles it."""
    effects = step("sent", "take_back", FACTS["take_back"]).effects
    (state,) = (effect for effect in effects if isinstance(effect, RecordOrderState))
    assert (state.state, state.settled, state.reason, state.reference) == ("in_doubt", False, NOT_GRANTED, "ocs-7")
