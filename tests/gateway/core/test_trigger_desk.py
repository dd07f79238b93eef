"""Batches of triggers: who is told, who is not, and what is learned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes import ANA, TUESDAY, House
from flows.events import LifeCycle, LifeCycleChanged, PortingIntended, Trigger, TriggerFact, UsageReported, UsageSession
from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.intake import Intake
from gateway.core.ports import MobileOriginated
from gateway.core.price_windows import PricePolicy
from gateway.core.pricing import Prices
from gateway.core.pump import Pump
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.triggers import TriggerDesk, Triggered, subject
from gateway.smpp.incoming import join
from scoring.features import from_bytes
from scoring.pricing import Terms
from store import inbox, prices, subscriptions
from store.ids import new_id
from store.inbox import Entry


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test."""
    return TriggerDesk(house.context, facts, committer)


async def told(house: House, desk: TriggerDesk, fact: TriggerFact, msisdn: Msisdn = ANA) -> None:
    """The charging system tells this of somebody."""
    at = house.clock()
    entry = Entry(new_id(at), "trigger", "ocs", new_id(at), msisdn, "{}", at)
    await house.writer.commit(inbox.take_in(entry))
    assert await desk.work([Triggered(entry, Trigger(msisdn, at, fact))]) == []


async def test_a_session_that_cannot_be_leaves_the_others(house: House, desk: TriggerDesk) -> None:
    """Before there were telephones, from the future, or larger than any: left out; the rest of the report counts."""
    sessions = (
        UsageSession(TUESDAY.replace(year=1950), 1),
        UsageSession(TUESDAY + timedelta(days=365 * 400), 1),
        UsageSession(TUESDAY, 10**17),
        UsageSession(TUESDAY - timedelta(hours=1), 2**20),
    )
    await told(house, desk, UsageReported(sessions))
    ((_, usage),) = (await subscriptions.with_usage(house.reader, [ANA])).values()
    assert usage is not None
    assert sum(from_bytes(usage).ring) == 2**20


@pytest.mark.parametrize(
    ("told_language", "language"),
    [("en", "en"), ("pt", "pt_BR"), ("pt-BR", "pt_BR"), ("es_CO", "es"), ("tlh", "es"), ("", "es")],
)
async def test_a_new_subscriber_reads_the_nearest_language(
    house: House, desk: TriggerDesk, told_language: str, language: str
) -> None:
    """One that there are no texts in is as good as none."""
    await told(house, desk, LifeCycleChanged(LifeCycle.ACTIVATED, language=told_language))
    assert (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA].language == language


async def test_a_recycled_number_is_a_new_person(house: House, desk: TriggerDesk, facts: Facts) -> None:
    """With nobody's language and nobody's preferences."""
    await told(house, desk, LifeCycleChanged(LifeCycle.ACTIVATED, language="en"))
    before = await facts.subscriber(ANA)
    await told(house, desk, LifeCycleChanged(LifeCycle.RECYCLED))
    after = await facts.subscriber(ANA)
    assert after.id != before.id
    assert (before.language, after.language) == ("en", "es")


@pytest.mark.parametrize(("pricing", "kept"), [(True, 1), (False, 0)])
async def test_that_somebody_may_port_out_is_kept_for_prices_until_they_have(
    house: House, desk: TriggerDesk, facts: Facts, *, pricing: bool, kept: int
) -> None:
    """Where there are prices for it; what was thought of a person goes with them."""
    house.context.prices = personal_prices(house) if pricing else None
    await told(house, desk, PortingIntended("out", probability=0.3))
    await told(house, desk, PortingIntended("in", probability=0.9))
    await told(house, desk, PortingIntended("out"))
    person = (await facts.subscribers([ANA]))[ANA][0].id
    long_ago = house.clock() - timedelta(days=1)
    found = await prices.risks(house.reader, [person], long_ago)
    assert [(one.probability, one.origin) for one in found.values()] == [(0.3, "porting.intent")] * kept
    await told(house, desk, LifeCycleChanged(LifeCycle.PORTED_OUT))
    assert await prices.risks(house.reader, [person], long_ago) == {}


def personal_prices(house: House) -> Prices:
    """Whatever they are."""
    policy = PricePolicy(Terms(), 1, timedelta(days=3))
    context = house.context
    return Prices(
        policy, context.catalogue, context.zone, reader=house.reader, writer=house.writer, metrics=context.metrics
    )


def _intake(context: Context, committer: Committer, facts: Facts, desk: TriggerDesk) -> tuple[Intake, Pump[Entry]]:
    replies = ReplyDesk(context, facts, committer)
    texts = Pump("replies", lambda entry: entry.subject, replies.work, replies.give_up)
    triggers = Pump("triggers", subject, desk.work, desk.give_up)
    return Intake(context, triggers, texts, ReceiptDesk(context), join), texts


@pytest.mark.parametrize("sender", ["", "PROMO", "12345", "5730011122335730011122"])
async def test_a_text_from_no_subscriber_is_kept_and_not_answered(
    house: House, committer: Committer, facts: Facts, desk: TriggerDesk, *, sender: str
) -> None:
    """Machines and short codes are nobody's subscription."""
    intake, texts = _intake(house.context, committer, facts, desk)
    assert await intake.take([MobileOriginated("smsc-a", Msisdn(sender), "12345", "1")]) == [None]
    assert texts.backlog == 0
    assert await inbox.waiting(house.reader) == []
    assert await subscriptions.by_msisdn(house.reader, [Msisdn(sender)]) == {}


async def test_everything_that_waits_is_taken_up_however_much(house: House) -> None:
    """More than one look at the store takes, oldest first."""
    entries = [Entry(f"{number:026d}", "trigger", "ocs", str(number), ANA, "{}", TUESDAY) for number in range(2_345)]
    await house.writer.commit_all(map(inbox.take_in, entries))
    assert await inbox.waiting(house.reader) == entries
