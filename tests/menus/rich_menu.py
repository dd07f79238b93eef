"""A menu that uses what ``SMALL`` does not: inputs, guards, profiles, regional texts, shortcuts, other keys."""

from __future__ import annotations

from menus.values import CommandSpec, FactSpec, Vocabulary

WORDS = Vocabulary(
    facts={"balance": FactSpec("text", longest={"": "$1.999.999"})},
    commands={
        "send": CommandSpec(
            frozenset({"number", "amount"}), frozenset({"done", "refused"}), confirm=True, typed={"number": "msisdn"}
        ),
        "redeem": CommandSpec(frozenset({"code"}), frozenset({"done", "invalid"})),
    },
    languages=("es", "en"),
    guards={"balance": "number", "price": "number", "has_bundle": "flag", "segment": "text"},
    region="CO",
)

RICH = """\
menu: rich
start: home
unavailable: sorry
mistakes: 2
shortcuts: {"50": number, "50*1": help}
navigation:
  keys: {back: 9, home: "99", more: 8}
  back: {es: Volver, en: Back}
  home: {es: Inicio, en: Home}
  more: {es: Más, en: More}
texts:
  wrong: {es: No entendí., en: Not a choice.}
  goodbye: {es: Adiós., en: Good-bye.}
pages:
  home:
    text: {es: "¿Qué quieres?", es_CO: "¿Qué querés?", en: "What now?"}
    options:
      - {text: {es: Mi paquete, en: My bundle}, when: has_bundle, goto: bundle}
      - {text: {es: Enviar, en: Send}, when: balance >= 1000, goto: number}
      - {text: {es: Jóvenes, en: Youth}, when: segment == youth and not has_bundle, goto: help, key: 7}
      - {text: {es: Código, en: Code}, goto: code}
      - {text: {es: Ayuda, en: Help}, goto: help}
  bundle:
    text: {es: Tu paquete, en: Your bundle}
    when: has_bundle
    else: help
    profile: {charset: ucs2, size: 60}
  number:
    text: {es: "¿A qué número?", en: "Which number?"}
    input: {as: number, kind: msisdn, wrong: {es: No es un número., en: Not a number.}, goto: amount}
  amount:
    text: {es: "¿Cuánto para {typed.number}?", en: "How much for {typed.number}?"}
    input: {as: amount, kind: amount, least: 100, most: 50000, goto: confirm}
  confirm:
    text: {es: "¿{typed.amount} para {typed.number}?", en: "{typed.amount} for {typed.number}?"}
    options:
      - text: {es: Sí, en: "Yes"}
        command: send
        args: {number: {from: number}, amount: {from: amount}}
        outcomes: {done: done, refused: help}
      - {text: {es: "No", en: "No"}, goto: home}
  code:
    text: {es: Escribe el código, en: Type the code}
    input:
      as: code
      kind: text
      pattern: "[A-Z]{2}[0-9]{4}"
      command: redeem
      args: {code: {from: code}}
      outcomes: {done: done, invalid: code}
  done:
    text: {es: Listo., en: Done.}
    ends: true
  help:
    text: {es: Ayuda, en: Help}
  sorry:
    text: {es: Ahora no., en: Not now.}
"""
