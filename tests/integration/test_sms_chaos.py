"""Everything around the gateway fails and each text is accounted for; the audit that says so finds what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.chaos.audit import audit
from benchmarks.chaos.books import Books, Entry, Submit, Text
from benchmarks.chaos.plan import KILL, plan
from benchmarks.chaos.run import run

ANA = "573001112233"
ALERT = Text("t1", "alert:i1", ANA, "Te quedan 92 MB. Responde 1 y compra.", "Te quedan 92 MB.", "delivered")
WHOLE = Submit("a", "1", ANA, ALERT.text)
BARE = Submit("b", "9", ANA, ALERT.bare)
TRIGGER = Entry("i1", "trigger", "e-1", ANA, processed=True, outcome="offered")
REPLY = Entry("i2", "mo", "i2", ANA, processed=True, outcome="accept")
GOOD = Books(
    [ALERT],
    [WHOLE],
    {("a", "1"): "t1"},
    [TRIGGER, REPLY],
    {"ord-1": "off-1"},
    [("ord-1", ANA)],
    frozenset({"e-1"}),
    Counter({ANA: 1}),
)
LONG = replace(ALERT, text="a" * 300, bare="a" * 300, parts=2)
SECOND = replace(ALERT, id="t2", key="alert:i9")

WRONG: Mapping[str, tuple[Books, str, str]] = {
    "a text is still on its way": (
        replace(GOOD, texts=[replace(ALERT, state="sending")]),
        "a text has no fate",
        "t1",
    ),
    "a trigger has vanished": (
        replace(GOOD, triggers=frozenset({"e-1", "e-2"})),
        "a trigger that was acknowledged led to no text",
        "e-2",
    ),
    "an alert has vanished": (
        replace(GOOD, texts=[], submits=[], named={}),
        "a trigger that was acknowledged led to no text",
        "e-1",
    ),
    "a trigger was taken in and forgotten": (
        replace(GOOD, inbox=[replace(TRIGGER, processed=False), REPLY]),
        "an entry of the inbox was not dealt with",
        "i1",
    ),
    "a text counts as sent that no SMSC has": (
        replace(GOOD, submits=[], named={}),
        "a text was taken, and no SMSC has it",
        "t1",
    ),
    "a part of a long text is missing": (
        replace(GOOD, texts=[LONG], submits=[Submit("a", "1", ANA, "a" * 153, 1, 2, 7)]),
        "a text was taken, and no SMSC has it",
        "t1",
    ),
    "a phone got what we never wrote": (
        replace(GOOD, submits=[WHOLE, Submit("a", "2", ANA, "Hola")]),
        "an SMSC accepted what no text of ours says",
        "a/2",
    ),
    "a receipt's name leads nowhere": (
        replace(GOOD, named={("a", "1"): "t1", ("b", "5"): "t1"}),
        "a part has a name that no SMSC gave it",
        "b/5",
    ),
    "a text went out twice in silence": (
        replace(GOOD, submits=[WHOLE, BARE]),
        "a text went out twice and does not say so",
        "t1",
    ),
    "a repetition offers again": (
        replace(GOOD, texts=[replace(ALERT, repeats=1)], submits=[WHOLE, replace(WHOLE, smsc="b", id="9")]),
        "an offer went out twice",
        "t1",
    ),
    "an acknowledged reply is gone": (
        replace(GOOD, inbox=[TRIGGER]),
        "a reply that was acknowledged is not in the inbox",
        ANA,
    ),
    "one offer was charged under two orders": (
        replace(GOOD, orders={"ord-1": "off-1", "ord-2": "off-1"}, charges=[("ord-1", ANA), ("ord-2", ANA)]),
        "an offer was charged twice",
        "off-1",
    ),
    "one order was charged twice": (
        replace(GOOD, charges=[("ord-1", ANA), ("ord-1", ANA)]),
        "an offer was charged twice",
        "off-1",
    ),
    "two offers of one bundle were charged": (
        replace(GOOD, orders={"ord-1": "off-1", "ord-2": "off-2"}, charges=[("ord-1", ANA), ("ord-2", ANA)]),
        "a person was charged twice",
        ANA,
    ),
    "money went for an order that nobody gave": (
        replace(GOOD, charges=[("ord-7", ANA)]),
        "a charge belongs to no order",
        "ord-7",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_audit_finds_what_is_wrong(case: str) -> None:
    """With the ids, so that somebody can look."""
    books, rule, offender = WRONG[case]
    assert offender in {finding.rule: finding.ids for finding in audit(books)}.get(rule, ())


MARKED: Mapping[str, Books] = {
    "once": GOOD,
    "repeated without its offer": replace(GOOD, texts=[replace(ALERT, repeats=1)], submits=[WHOLE, BARE]),
    "in doubt, and it had arrived": replace(GOOD, texts=[replace(ALERT, state="in_doubt")], named={}),
    "in doubt, and it had not": replace(GOOD, texts=[replace(ALERT, state="in_doubt")], submits=[], named={}),
    "two of the same words": replace(
        GOOD, texts=[ALERT, SECOND], submits=[WHOLE, replace(WHOLE, id="2")], named={("a", "2"): "t2"}
    ),
    "a reply that was kept twice": replace(GOOD, inbox=[TRIGGER, REPLY, replace(REPLY, id="i3", event_id="i3")]),
}


@pytest.mark.parametrize("case", MARKED)
def test_the_audit_passes_what_says_of_itself_how_it_went(case: str) -> None:
    """A phone may get a text twice where the first answer was lost, if the row says so and the offer is not in it."""
    assert audit(MARKED[case]) == []


def test_a_seed_makes_the_same_troubles_again() -> None:
    """In time, kind and place; the first is a kill -9 of the gateway."""
    troubles = plan(7, 60, 1)
    assert troubles == plan(7, 60, 1)
    assert troubles != plan(8, 60, 1)
    assert troubles[0].name == KILL
    assert {one.name for one in plan(8, 60, 1)} == {one.name for one in troubles}


async def test_nothing_is_lost_or_doubled_while_everything_fails(tmp_path: Path) -> None:
    """Two thousand texts in both directions through a gateway that is killed and SMSCs that misbehave."""
    outcome = await run(tmp_path, seed=1, count=2_000, per_second=150, every=0.8)
    assert list(map(str, outcome.findings)) == []
    assert outcome.troubles[KILL] == 1
    assert outcome.counts["texts"] >= 1_500
    assert outcome.counts["replies acknowledged"] >= 300
    assert outcome.counts["charges"] >= 50
