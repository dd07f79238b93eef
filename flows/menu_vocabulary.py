"""What menus may speak of: the facts that can be fetched for a page, and the commands that flows carry out."""

from __future__ import annotations

from menus.values import CommandSpec, FactSpec, Vocabulary

_MONEY = "$999.999.999"
_NAME = "20 GB + redes por 30 días"
_DAY = "31 ago."

_BUNDLE = FactSpec("item", frozenset({"name", "price"}), {"name": _NAME, "price": _MONEY})
_BOUGHT = frozenset({"done", "started", "too_little", "refused"})


def starter_vocabulary(languages: tuple[str, ...]) -> Vocabulary:
    """The whitelist that menus are held against; every text of a menu must be there in ``languages``."""
    return Vocabulary(
        facts={
            "balance": FactSpec("text", longest={"": _MONEY}),
            "bundles_text": FactSpec("text", longest={"": f"{_NAME}: 1.023,9 GB hasta el {_DAY}"}),
            "bundles": FactSpec("list", _BUNDLE.fields, _BUNDLE.longest),
            "bundle": _BUNDLE,
            "offer": _BUNDLE,
            "order": FactSpec(
                "item", frozenset({"name", "price", "balance"}), {"name": _NAME, "price": _MONEY, "balance": _MONEY}
            ),
            "language": FactSpec("text", longest={"": "Português"}),
            "alerts": FactSpec("text", longest={"": "desactivadas"}),
            "marketing": FactSpec("text", longest={"": "desactivadas"}),
            "porting": FactSpec("item", frozenset({"date"}), {"date": _DAY}),
        },
        commands={
            "buy": CommandSpec(frozenset({"bundle"}), _BOUGHT),
            "accept_offer": CommandSpec(outcomes=_BOUGHT | {"gone"}),
            "decline_offer": CommandSpec(outcomes=frozenset({"done", "gone"})),
            "set_language": CommandSpec(frozenset({"language"})),
            "set_alerts": CommandSpec(frozenset({"value"})),
            "set_marketing": CommandSpec(frozenset({"value"})),
            "consent_agree": CommandSpec(outcomes=frozenset({"agreed"})),
            "consent_confirm": CommandSpec(outcomes=frozenset({"given", "missing"})),
            "consent_withdraw": CommandSpec(outcomes=frozenset({"withdrawn", "none"})),
        },
        languages=languages,
    )
