"""A small vocabulary, a small menu that uses all of the language, and facts for the starter menu."""

from __future__ import annotations

from collections.abc import Mapping

from flows.behaviour import Source
from flows.menu_vocabulary import SERVICES
from menus.values import CommandSpec, Facts, FactSpec, Item, Vocabulary

VOCABULARY = Vocabulary(
    facts={
        "balance": FactSpec("text", longest={"": "$1.999.999"}),
        "bundles": FactSpec("list", frozenset({"name", "price"}), {"name": "30 GB por 30 días", "price": "$99.999"}),
        "bundle": FactSpec("item", frozenset({"name", "price"}), {"name": "30 GB por 30 días", "price": "$99.999"}),
    },
    commands={
        "buy": CommandSpec(frozenset({"bundle"}), frozenset({"done", "refused"}), confirm=True),
        "set_alerts": CommandSpec(frozenset({"value"}), frozenset({"done"})),
    },
    languages=("es", "en"),
)

SMALL = """\
menu: small
start: home
unavailable: sorry
navigation:
  back: {es: Volver, en: Back}
  home: {es: Inicio, en: Home}
  more: {es: Más, en: More}
texts:
  wrong: {es: No entendí., en: Not a choice.}
  goodbye: {es: Adiós., en: Good-bye.}
pages:
  home:
    text: {es: "Saldo {balance}", en: "Balance {balance}"}
    facts: {balance: null}
    options:
      - {text: {es: Comprar, en: Buy}, goto: buy}
      - {text: {es: Avisos, en: Alerts}, goto: alerts, key: 7}
  buy:
    text: {es: "¿Cuál?", en: "Which?"}
    facts: {bundles: {empty: none}}
    list:
      of: bundles
      as: bundle
      text: {es: "{name} {price}", en: "{name} {price}"}
      goto: confirm
    options:
      - {text: {es: Ayuda, en: Help}, goto: none}
  confirm:
    text: {es: "{bundle.name} por {bundle.price}", en: "{bundle.name} for {bundle.price}"}
    facts: {bundle: {empty: none}}
    options:
      - text: {es: Comprar, en: Buy}
        command: buy
        args: {bundle: {from: bundle}}
        outcomes: {done: done, refused: buy}
      - {text: {es: No, en: No}, goto: buy}
  none:
    text: {es: No hay paquetes., en: No bundles.}
  done:
    text: {es: Listo., en: Done.}
    ends: true
  alerts:
    text: {es: Avisos, en: Alerts}
    back: false
    options:
      - text: {es: Activar, en: Turn on}
        command: set_alerts
        args: {value: on}
        outcomes: {done: alerts}
  sorry:
    text: {es: Ahora no., en: Not now.}
"""


ABLE: Facts = {
    **{f"?can_{service}": True for service in SERVICES},
    "?balance": 100_000,
    "?price": 300_000,
}
"""What conditions ask, where the charging system can do everything and the balance is too low."""


def starter_facts(language: str) -> Mapping[str, Facts]:
    """Everything there and a charging system that can do everything (``full``), nothing there (``bare``)."""
    named = {"es": "1 GB por 7 días", "pt_BR": "1 GB por 7 dias", "en": "1 GB for 7 days"}[language]
    on = {"es": "sí", "pt_BR": "sim", "en": "on"}[language]
    price, balance = ("R$ 9,90", "R$ 20,00") if language == "pt_BR" else ("$3.000", "$5.000")
    bundle = {"name": named, "price": price}
    sold = tuple(Item(f"data-{n}gb", {"name": named.replace("1", str(n), 1), "price": price}) for n in range(1, 9))
    full: Facts = {
        "balance": balance,
        "bundles_active": (Item("a", {"name": named, "left": "300 MB", "ends": "3 nov"}),),
        "bundles": sold,
        "bundle": Item("data-1gb", {**bundle, "balance_after": balance}),
        "offer": Item("offer-1", bundle),
        "notice": {
            "es": f"Tu {named} se acaba en aprox. 5 h (te quedan 92 MB).",
            "pt_BR": f"Seu {named} acaba em cerca de 5 h (restam 92 MB).",
            "en": f"Your {named} runs out in about 5 h (92 MB left).",
        }[language],
        "order": Item("order-1", {**bundle, "balance": balance}),
        "language": {"es": "Español", "pt_BR": "Português", "en": "English"}[language],
        "alerts": on,
        "marketing": on,
        "out_of_bundle": {"es": "no", "pt_BR": "não", "en": "off"}[language],
        **{f"keeps_{source}": on for source in Source},
        "combos": (Item("combo-1", {"name": f"{named} + 60 min", "price": price}),),
        "orders": (
            Item(
                "ord-2",
                {**bundle, "day": "3 nov", "state": {"es": "regalo", "pt_BR": "presente", "en": "gift"}[language]},
            ),
            Item(
                "ord-1", {**bundle, "day": "1 nov", "state": {"es": "pagado", "pt_BR": "pago", "en": "paid"}[language]}
            ),
        ),
        "used_lately": "300 MB",
        "advances": (Item("small", {"amount": price, "debt": balance}),),
        "advance": Item("small", {"amount": price, "debt": balance}),
        "transfer": Item("sent", {"amount": price, "price": balance}),
        "service": Item("service", {"amount": price, "price": balance, "balance": balance}),
        "report": Item("report", {"reference": "7KQ2MX"}),
        "porting": Item("consent-1", {"date": "3 nov"}),
    }
    nothing: Facts = {name: () if isinstance(value, tuple) else "" for name, value in full.items()}
    return {"full": {**full, **ABLE}, "bare": {**nothing, "balance": balance}}
