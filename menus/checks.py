"""Whether what a menu names is there: pages, facts, commands, outcomes, arguments, placeholders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from menus.inputs import read
from menus.pages import Link, Menu, Order, Page, Texts
from menus.reading import Problems, did_you_mean
from menus.values import TYPED, CommandSpec, Vocabulary


def check_names(menu: Menu, vocabulary: Vocabulary, problems: Problems) -> None:
    """Keep a problem for each name that is not there, or not used as it must be."""
    for label, texts in (("back", menu.back), ("home", menu.home), ("more", menu.more)):
        _check_placeholders(texts, f"navigation: {label}", frozenset(), problems)
    for label, texts in (("wrong", menu.wrong), ("goodbye", menu.goodbye)):
        _check_placeholders(texts, f"texts: {label}", frozenset(), problems)
    choices = frozenset(page.input.choice for page in menu.pages.values() if page.input)
    for page in menu.pages.values():
        _check_facts(page, vocabulary, problems)
        _check_texts(page, vocabulary, choices, problems)
        _check_items(page, vocabulary, problems)
        _check_keys(page, problems)
        for ident, leads in answers(page):
            _check_order(menu, page, (ident, leads), vocabulary, problems)
        _check_answers(menu, page, vocabulary, problems)


def answers(page: Page) -> Iterator[tuple[str, Link | Order]]:
    """What can be answered beside a list's items: how a message calls it, and where it leads."""
    if page.input:
        yield "input", page.input.leads
    for option in page.options:
        yield f"option {option.id}", option.leads


def _check_answers(menu: Menu, page: Page, vocabulary: Vocabulary, problems: Problems) -> None:
    chooses = bool(page.items and page.items.goto)
    if page.ends and (page.options or chooses or page.input):
        problems.add(page.line, f"page {page.id}: ends the session, so it can offer no options and no choice")
    if page.input and (page.options or chooses):
        problems.add(page.input.line, f"page {page.id}: what is typed would be taken for a choice; ask on a page alone")
    if page.input and page.input.rule.kind in ("digits", "amount"):
        eaten = [key for key in (menu.keys.back, menu.keys.home) if read(page.input.rule, key) is not None]
        if eaten:
            sentence = f"input: {' and '.join(eaten)} could not be typed, for it navigates; choose other keys or bounds"
            problems.add(page.input.line, f"page {page.id}: {sentence}")
    if page.input and page.input.choice in vocabulary.facts:
        sentence = f"input: 'as: {page.input.choice}' is the name of a fact; what is typed needs a name of its own"
        problems.add(page.input.line, f"page {page.id}: {sentence}")


def _check_facts(page: Page, vocabulary: Vocabulary, problems: Problems) -> None:
    for use in page.facts:
        if use.name not in vocabulary.facts:
            hint = did_you_mean(use.name, vocabulary.facts)
            problems.add(use.line, f"page {page.id}: '{use.name}' is no fact{hint}")
        elif vocabulary.facts[use.name].kind == "item" and use.empty is None:
            problems.add(use.line, f"page {page.id}: fact {use.name} may be none; say under 'empty' what is shown then")


def _check_texts(page: Page, vocabulary: Vocabulary, choices: frozenset[str], problems: Problems) -> None:
    allowed = frozenset(_placeholders(page, vocabulary)) | {f"{TYPED}.{choice}" for choice in choices}
    _check_placeholders(page.text, f"page {page.id}", allowed, problems)
    for option in page.options:
        _check_placeholders(option.text, f"page {page.id}: option {option.id}", allowed, problems)
    if page.input and page.input.wrong:
        _check_placeholders(page.input.wrong, f"page {page.id}: wrong", frozenset(), problems)


def _placeholders(page: Page, vocabulary: Vocabulary) -> Iterator[str]:
    """What the texts of a page may name: its declared facts, and the fields of those that are items."""
    for use in page.facts:
        spec = vocabulary.facts.get(use.name)
        if spec and spec.kind == "text":
            yield use.name
        elif spec and spec.kind == "item":
            yield from (f"{use.name}.{field}" for field in spec.fields)


def _check_placeholders(texts: Texts, where: str, allowed: frozenset[str], problems: Problems) -> None:
    for language, template in texts.items():
        for name in sorted(template.names - allowed):
            hint = did_you_mean(name, allowed) or "; declare it under 'facts' or write the sign as '{{'"
            problems.add(template.line, f"{where} in {language}: {{{name}}} is not known here{hint}")


def _check_items(page: Page, vocabulary: Vocabulary, problems: Problems) -> None:
    items, where = page.items, f"page {page.id}: list"
    if items is None:
        return
    spec = vocabulary.facts.get(items.of)
    if items.of and items.of not in {use.name for use in page.facts}:
        hint = did_you_mean(items.of, [use.name for use in page.facts])
        problems.add(items.line, f"{where}: '{items.of}' is not declared under the page's facts{hint}")
    elif spec and spec.kind != "list":
        problems.add(items.line, f"{where}: fact '{items.of}' is no list")
    elif spec:
        _check_placeholders(items.text, where, spec.fields, problems)


def _check_keys(page: Page, problems: Problems) -> None:
    seen: set[str] = set()
    for option in page.options:
        if option.key in seen:
            problems.add(option.line, f"page {page.id}: option {option.id}: key {option.key} is given twice")
        if option.key:
            seen.add(option.key)


def _check_order(
    menu: Menu, page: Page, answer: tuple[str, Link | Order], vocabulary: Vocabulary, problems: Problems
) -> None:
    ident, order = answer
    if not isinstance(order, Order):
        return
    where = f"page {page.id}: {ident}"
    spec = vocabulary.commands.get(order.command)
    if not order.command:
        return
    if spec is None:
        hint = did_you_mean(order.command, vocabulary.commands)
        problems.add(order.line, f"{where}: '{order.command}' is no command{hint}")
        return
    for outcome, link in order.outcomes.items():
        if outcome not in spec.outcomes:
            hint = did_you_mean(outcome, spec.outcomes)
            problems.add(link.line, f"{where}: '{outcome}' is no outcome of {order.command}{hint}")
    missing = sorted(spec.outcomes - order.outcomes.keys())
    if missing:
        problems.add(order.line, f"{where}: no page for outcome {', '.join(missing)} of {order.command}")
    _check_arguments(menu, where, order, spec, problems)
    _check_about(page, where, order, spec, problems)
    if spec.confirm and not _can_say_no(menu, page):
        problems.add(order.line, f"{where}: {order.command} needs a page that also offers not to do it")


def _check_about(page: Page, where: str, order: Order, spec: CommandSpec, problems: Problems) -> None:
    """A yes is to what the page shows: the very fact, and where an argument has its name, no other choice."""
    for fact in sorted(spec.about - {use.name for use in page.facts}):
        problems.add(order.line, f"{where}: {order.command} needs a page that shows the fact {fact}")
    for name in sorted(spec.about & order.args.keys()):
        argument = order.args[name]
        if not argument.chosen or argument.value != name:
            sentence = f"argument {name} of {order.command} must be what the page shows: {{from: {name}}}"
            problems.add(argument.line, f"{where}: {sentence}")


def _check_arguments(menu: Menu, where: str, order: Order, spec: CommandSpec, problems: Problems) -> None:
    for name, argument in order.args.items():
        if name not in spec.args:
            hint = did_you_mean(name, spec.args) or f"; it takes {', '.join(sorted(spec.args)) or 'none'}"
            problems.add(argument.line, f"{where}: '{name}' is no argument of {order.command}{hint}")
        kind, literals = spec.typed.get(name), spec.literals.get(name)
        if kind is not None and not (argument.chosen and _kinds(menu, argument.value) == {kind}):
            sentence = f"argument {name} of {order.command} must come from an input of kind {kind}, and only from such"
            problems.add(argument.line, f"{where}: {sentence}")
        if literals is not None and (argument.chosen or argument.value not in literals):
            sentence = f"argument {name} of {order.command} must be one of {', '.join(sorted(literals))}"
            problems.add(argument.line, f"{where}: {sentence}")
    missing: Sequence[str] = sorted(spec.args - order.args.keys())
    if missing:
        problems.add(order.line, f"{where}: argument {', '.join(missing)} of {order.command} is missing")


def _kinds(menu: Menu, choice: str) -> set[str]:
    """Everything that is ever kept under this name: kinds of inputs, and lists."""
    pages = menu.pages.values()
    typed = {page.input.rule.kind for page in pages if page.input and page.input.choice == choice}
    return {*typed, *("list" for page in pages if page.items and page.items.choice == choice)}


def _can_say_no(menu: Menu, page: Page) -> bool:
    """A way back that is shown, or another option; and never the very first screen, or what is typed."""
    return page.input is None and page.id != menu.start and (page.back or page.home or len(page.options) > 1)
