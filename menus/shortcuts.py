"""What is printed stays true: shortcuts, keys typed behind the code, of one version held against another's."""

from __future__ import annotations

from collections.abc import Mapping


def moved(old: Mapping[str, str], new: Mapping[str, str]) -> Mapping[str, str]:
    """A sentence for each shortcut of ``old`` that ``new`` lacks or leads elsewhere; all by keys, as in "1*2".

    old, new: page ids.
    """
    return {keys: _sentence(keys, page, new.get(keys)) for keys, page in old.items() if new.get(keys) != page}


def _sentence(keys: str, before: str, now: str | None) -> str:
    if now is None:
        return f"shortcut {keys} leads to page {before} and would be gone"
    return f"shortcut {keys} leads to page {before} and would lead to page {now}"
