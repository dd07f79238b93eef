"""Transactions as text: one a line, items separated by blanks, as the FIMI repository has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import FileMalformed


@dataclass(frozen=True, slots=True)
class Transactions:
    """baskets: how often each set of items occurs. total: all transactions, also those of no item. names: of items."""

    baskets: Counter[tuple[int, ...]]
    total: int
    names: tuple[str, ...]


def read_transactions(path: Path, told: Callable[[int], None] = lambda _: None) -> Transactions:
    """Every line is a transaction, an empty one has no items; an item twice in a line counts once.

    told: is given the bytes read so far, now and then. Raises FileMalformed.
    """
    baskets: Counter[tuple[int, ...]] = Counter()
    numbers: dict[str, int] = {}
    total = read = 0
    try:
        with path.open("rb") as file:
            for total, line in enumerate(file, 1):
                tokens = line.decode("utf-8-sig").split()
                baskets[tuple(sorted({numbers.setdefault(token, len(numbers)) for token in tokens}))] += 1
                read += len(line)
                if not total % 10_000:
                    told(read)
    except UnicodeDecodeError as error:
        raise FileMalformed(f"{path}: line {total}: not UTF-8: {error.reason}, byte {error.start + 1}") from None
    except FileNotFoundError:
        raise FileMalformed(f"{path}: there is no such file") from None
    except OSError as error:
        raise FileMalformed(f"{path}: cannot be read: {error.strerror}") from None
    return Transactions(baskets, total, tuple(numbers))
