"""What a menu may name: the facts that the flows can tell and the commands that they carry out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flows.behaviour import Source
from menus.guards import GuardKind
from menus.inputs import InputKind
from menus.values import CommandSpec, FactSpec, Vocabulary

SERVICES = ("gift", "top_up", "advance", "transfer", "out_of_bundle", "fit_combo")
"""What a charging system may be able to do beside selling a bundle; a guard ``can_…`` for each."""
PROBLEMS = frozenset(("charged", "inactive", "network", "other"))
"""What can be reported."""
_WORDS = MappingProxyType(
    {
        "insufficient_funds": "too_little",
        "wrong_voucher": "wrong",
        "too_many_tries": "too_many",
        "still_owing": "owing",
        "limit_reached": "too_much",
    }
)
"""How a menu goes on by the reason of an order that was declined, if its command can end so."""
_NUMBER: Mapping[str, InputKind] = MappingProxyType({"number": "msisdn"})
_NOTHING: Mapping[str, Any] = MappingProxyType({})
LANGUAGES = ("es", "pt_BR", "en")
_SWITCHES = ("alerts", "marketing", "out_of_bundle")

_NAME = "30 GB + 500 min por 30 días"
_MONEY = "R$ 1.999.999,99"
_NOTICE = f"Tu {_NAME} se acaba en aprox. 23 h (te quedan 1.023 MB)."
"""What a session that the network opened tells first; with an offer of the longest name it takes two screens."""


def starter_vocabulary(region: str = "ZZ") -> Vocabulary:
    """The vocabulary of this version.

    region: ISO 3166 of the market, whose way of writing phone numbers is understood; ZZ = only those with a plus.
    """
    return Vocabulary(facts=_facts(), commands=_commands(), languages=LANGUAGES, guards=_guards(), region=region)


def outcome_of(command: str, *, confirmed: bool, reason: str) -> str:
    """How a command ends whose order was settled: by the reason, if its pages tell them apart."""
    ways = _commands()[command].outcomes
    word = "done" if confirmed else _WORDS.get(reason, "refused")
    return next(way for way in (word, "refused", "done") if way in ways)


def _guards() -> Mapping[str, GuardKind]:
    """What conditions may ask. Money is in minor units."""
    flags: tuple[str, ...] = ("has_bundle", "has_offer", *_SWITCHES, *(f"can_{one}" for one in SERVICES))
    words = ("market", "segment", "circle", "language", "arm")
    return {
        "balance": "number",
        "price": "number",
        **dict.fromkeys(flags, "flag"),
        **dict.fromkeys(words, "text"),
    }


def _facts() -> Mapping[str, FactSpec]:
    return {
        "balance": _text(f"{_MONEY} (debes {_MONEY})"),
        "bundles_active": _items("list", name=_NAME, left="1.023 MB", ends="30 nov, 23:59"),
        "bundles": _items("list", name=_NAME, price="R$ 199.999,99"),
        "bundle": _items("item", name=_NAME, price=_MONEY),
        "combos": _items("list", name=_NAME, price="R$ 199.999,99"),
        "offer": _items("item", name=_NAME, price=_MONEY),
        "notice": _text(_NOTICE),
        "orders": _items("list", name=_NAME, price="R$ 199.999,99", day="30 nov", state="em andamento"),
        "used_lately": _text("1.023 MB"),
        "order": _items("item", name=_NAME, price=_MONEY, balance=_MONEY),
        "language": _text("Português"),
        "alerts": _text("desativado"),
        "marketing": _text("desativado"),
        "out_of_bundle": _text("desativado (mudando para ativado)"),
        "advances": _items("list", amount="R$ 1.999,99", debt="R$ 1.999,99"),
        "advance": _items("item", amount="R$ 1.999,99", debt="R$ 1.999,99"),
        "transfer": _items("item", amount="R$ 1.999,99", price="R$ 1.999,99"),
        "service": _items("item", amount="R$ 1.999,99", price="R$ 1.999,99", balance=_MONEY),
        **{f"keeps_{source}": _text("desativado") for source in Source},
        "report": _items("item", reference="7KQ2MX"),
        "porting": _items("item", date="30 nov, 23:59"),
    }


def _commands() -> Mapping[str, CommandSpec]:
    switch = {"value": frozenset(("on", "off"))}
    return {
        "buy": _command("bundle", outcomes="done started too_little refused", confirm=True, about="bundle"),
        "gift": _command(
            "bundle",
            "number",
            outcomes="done started too_little refused self",
            confirm=True,
            about="bundle",
            typed=_NUMBER,
        ),
        "top_up": _command(
            "voucher", outcomes="done started wrong too_many refused", confirm=True, typed={"voucher": "digits"}
        ),
        "take_advance": _command("advance", outcomes="done started owing refused", confirm=True, about="advance"),
        "transfer": _command(
            "number",
            "amount",
            outcomes="done started too_little too_much refused self",
            confirm=True,
            about="transfer",
            typed=MappingProxyType({"number": "msisdn", "amount": "amount"}),
        ),
        "fit_combo": _command("gigabytes", "minutes", outcomes="unavailable", confirm=True),
        "accept_offer": _command(outcomes="done started too_little refused gone", confirm=True, about="offer"),
        "decline_offer": _command(outcomes="done gone", about="offer"),
        "set_language": _command("language", outcomes="done", literals={"language": frozenset(LANGUAGES)}),
        **{f"set_{name}": _command("value", outcomes="done", literals=switch) for name in _SWITCHES},
        "set_source": _command(
            "source", "value", outcomes="done", literals={"source": frozenset(map(str, Source)), **switch}
        ),
        "report_problem": _command("kind", outcomes="done too_many", literals={"kind": PROBLEMS}),
        "call_me": _command("number", outcomes="done too_many self", confirm=True, typed=_NUMBER),
        "consent_agree": _command(outcomes="agreed", confirm=True),
        "consent_confirm": _command(outcomes="given missing", confirm=True),
        "consent_withdraw": _command(outcomes="withdrawn none"),
    }


def _text(longest: str) -> FactSpec:
    return FactSpec("text", longest={"": longest})


def _items(kind: str, **longest: str) -> FactSpec:
    return FactSpec("list" if kind == "list" else "item", frozenset(longest), longest)


def _command(
    *args: str,
    outcomes: str,
    confirm: bool = False,
    about: str = "",
    typed: Mapping[str, InputKind] = _NOTHING,
    literals: Mapping[str, frozenset[str]] = _NOTHING,
) -> CommandSpec:
    ends = frozenset(outcomes.split())
    return CommandSpec(frozenset(args), ends, confirm, typed, literals, frozenset(about.split()))
