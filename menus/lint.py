"""What a menu says that is allowed and yet confuses whoever reads it on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from menus.pages import Menu, Option, Page
from menus.paging import spell
from menus.reading import Problems
from menus.template import Template
from menus.values import Vocabulary


def check_style(menu: Menu, vocabulary: Vocabulary, problems: Problems) -> None:
    """Keep a problem for each thing that confuses. The menu's names are those of ``vocabulary``."""
    for check in _CHECKS:
        for page in menu.pages.values():
            check(menu, page, problems)


def _same_texts(menu: Menu, page: Page, problems: Problems) -> None:
    """Two options that read alike: nobody can tell which to take."""
    for language in menu.languages:
        seen: list[tuple[str, Option]] = []
        for option in page.options:
            if language not in option.text:
                continue
            text = option.text[language]
            reads = as_shown(text).casefold()
            for known, other in seen:
                if known == reads and _shown_together(option, other):
                    sentence = f"options {other.id} and {option.id} both read '{as_shown(text)}' in {language}"
                    problems.add(text.line, f"page {page.id}: {sentence}")
                    break
            else:
                seen.append((reads, option))


def _shown_together(one: Option, other: Option) -> bool:
    """Options under different conditions may read alike: only one of them is shown."""
    return one.when is None or other.when is None or one.when == other.when


def prices_shown(menu: Menu) -> Sequence[tuple[int, str]]:
    """Where a price can be read: line and page of each text with one, in the order of the file."""
    found: list[tuple[int, str]] = []
    for page in menu.pages.values():
        texts = [*page.said, *([page.items.text] if page.items else [])]
        named = {template.line for one in texts for template in one.values() for name in template.names if _price(name)}
        found += [(line, page.id) for line in sorted(named)]
    return found


def _price(placeholder: str) -> bool:
    return placeholder.rpartition(".")[2] == "price"


def as_shown(text: Template) -> str:
    """A text as a GSM-7 phone shows it, its placeholders in braces."""
    return spell(text.fill(lambda name: f"{{{name}}}"), "gsm7")


_CHECKS: Sequence[Callable[[Menu, Page, Problems], None]] = (_same_texts,)
