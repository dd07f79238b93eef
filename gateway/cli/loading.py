"""Modules of commands, loaded as they are asked for: what one command needs is no other's to wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType


def loaded(groups: Mapping[str, Sequence[str]], words: Sequence[str]) -> list[ModuleType]:
    """The modules that the first word asks for; all of them where it names none, as for help or a mistake.

    groups: modules in this package by the word that asks for them.
    """
    wanted = groups.get(words[0]) if words else None
    names = wanted or dict.fromkeys(name for modules in groups.values() for name in modules)
    return [import_module(f"gateway.cli.{name}") for name in names]


def plain_words(arguments: Sequence[str]) -> list[str]:
    """Up to the first option: the words that name a command."""
    words: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return words
