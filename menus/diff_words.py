"""The words in which differences are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from menus.guards import Guard
from menus.pages import Argument, Link, Menu, Order, Texts
from menus.template import Template


@dataclass(frozen=True, slots=True)
class Words:
    """What sentences about two menus share. renames: pages of the old by their names in the new."""

    old: Menu
    new: Menu
    renames: Mapping[str, str]

    def page(self, page: str) -> str:
        """What a page of the old menu is called in the new one."""
        return self.renames.get(page, page)

    def shown(self, texts: Texts) -> str:
        """A text as an operator reads it, in the menu's first language."""
        first = next((texts[language] for language in self.new.languages if language in texts), None)
        return quoted(first)

    def texts(self, where: str, old: Texts, new: Texts) -> Iterator[str]:
        """A sentence for each language in which a text changed."""
        for language in self.new.languages:
            before, now = old.get(language), new.get(language)
            if before == now or not self._worth_telling(language, old, new):
                continue
            if before is None:
                yield f"{where} in {language} is new: {quoted(now)}"
            elif now is None:
                yield f"{where} in {language} is gone: {quoted(before)}"
            else:
                yield f"{where} in {language} changed from {quoted(before)} to {quoted(now)}"

    def _worth_telling(self, language: str, old: Texts, new: Texts) -> bool:
        """A new language is told once for the whole menu, and a regional one that reads as its base with its base."""
        if language not in self.old.languages and language.partition("_")[0] not in self.old.languages:
            return False
        return _own(language, old) or _own(language, new)

    def links(self, where: str, old: str, new: str) -> Iterator[str]:
        """A sentence where something leads elsewhere. old, new: page ids, empty for nowhere."""
        if self.page(old) != new:
            yield f"{where} {f'leads to page {new}' if new else 'leads nowhere'}{f', not {old}' if old else ' now'}"


def quoted(text: Template | None) -> str:
    """A text in quotes, on one line, with its placeholders."""
    written = text.fill(lambda name: f"{{{name}}}") if text else ""
    return f"'{' / '.join(written.splitlines())}'"


def asked(guard: Guard | None) -> str:
    """When something is shown."""
    return f"when {guard.text}" if guard else "always"


def led(leads: Link | Order) -> str:
    """Where an answer leads."""
    return f"leads to page {leads.page}" if isinstance(leads, Link) else f"gives command {leads.command}"


def ways_differ(where: str, old: Link | Order, new: Link | Order, words: Words) -> Iterator[str]:
    """A sentence for each way in which an answer does something else."""
    if isinstance(old, Link) or isinstance(new, Link):
        if not (isinstance(old, Link) and isinstance(new, Link)):
            yield f"{where} {led(new)}; it {led(old).replace('leads', 'led').replace('gives', 'gave')}"
        elif words.page(old.page) != new.page:
            yield f"{where} leads to page {new.page}, not {old.page}"
        return
    if old.command != new.command:
        yield f"{where} gives command {new.command}, not {old.command}"
    for name in dict.fromkeys((*old.args, *new.args)):
        before, now = (_argument(order.args.get(name)) for order in (old, new))
        if before != now:
            yield f"{where}: argument {name} is {now}, not {before}"
    for outcome in dict.fromkeys((*old.outcomes, *new.outcomes)):
        ends, ended = new.outcomes.get(outcome), old.outcomes.get(outcome)
        yield from words.links(f"{where}: outcome {outcome}", ended.page if ended else "", ends.page if ends else "")


def _argument(argument: Argument | None) -> str:
    if argument is None:
        return "none"
    return f"what was chosen as {argument.value}" if argument.chosen else f"'{argument.value}'"


def _own(language: str, texts: Texts) -> bool:
    """Whether a language has words of its own here: a regional one often reads as its base does."""
    base = language.partition("_")[0]
    return language in texts and (base == language or texts.get(base) != texts[language])
