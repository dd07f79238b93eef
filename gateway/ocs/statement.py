"""Statements of the charging system as CSV files: what was charged, a line each (docs/reference/orders.md).

Columns, in any order: ``key``, ``msisdn``, ``at`` (ISO 8601 with its zone), ``amount`` (minor units) or
``amount_major`` (``3000.00``), and if they are there ``currency`` (ISO 4217) and ``reference``. Others are passed
over. Money that was given back is below zero. The separator is a comma, or a semicolon where the header has that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from flows.currency import precision
from flows.reconciliation import Charge
from flows.values import Msisdn, parse_msisdn
from gateway.errors import StatementUnreadable

_NEEDED = ("key", "msisdn", "at")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_MAJOR = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST = 120
"""Characters of a key or reference."""


def charges(lines: Iterable[str], name: str, currency: str) -> Iterator[Charge]:
    """The charges, one after the other. name: of the file; currency: where a line names none.

    Raises StatementUnreadable, one line with file, line and column, and without anybody's number.
    """
    rest = iter(lines)
    header = next(rest, "").removeprefix("\ufeff")
    separator = ";" if ";" in header and "," not in header else ","
    names = [one.strip().lower() for one in next(csv.reader([header], delimiter=separator), [])]
    columns = _Columns(names, name, currency)
    reader = csv.reader(rest, delimiter=separator)
    try:
        for row in reader:
            if row:
                yield columns.charge(row, reader.line_num + 1)
    except (csv.Error, UnicodeDecodeError) as error:
        raise StatementUnreadable(f"{name}: line {reader.line_num + 2}: {error}") from None


class _Columns:
    """Where each column stands."""

    def __init__(self, names: Sequence[str], file: str, currency: str) -> None:
        self._file, self._currency, self._count = file, currency, len(names)
        missing = [one for one in _NEEDED if one not in names]
        if "amount" not in names and "amount_major" not in names:
            missing.append("amount (or amount_major)")
        if missing:
            raise StatementUnreadable(f"{file}: line 1: there is no column {', '.join(missing)}")
        self._at = {one: names.index(one) for one in names}
        self._major = "amount" not in names

    def charge(self, row: Sequence[str], line: int) -> Charge:
        if len(row) != self._count:
            raise StatementUnreadable(f"{self._file}: line {line}: has {len(row)} columns, the header {self._count}")
        currency = self._text(row, "currency", line) or self._currency
        if not _CURRENCY.fullmatch(currency):
            raise self._wrong(line, "currency", "must be three letters of ISO 4217")
        return Charge(
            key=self._text(row, "key", line),
            msisdn=self._msisdn(row, line),
            amount=self._amount(row, currency, line),
            currency=currency,
            at=self._instant(row, line),
            reference=self._text(row, "reference", line),
            line=line,
        )

    def _text(self, row: Sequence[str], column: str, line: int) -> str:
        at = self._at.get(column)
        text = "" if at is None else row[at].strip()
        if len(text) > _LONGEST or not text.isprintable():
            raise self._wrong(line, column, f"must be at most {_LONGEST} characters that can be printed")
        return text

    def _msisdn(self, row: Sequence[str], line: int) -> Msisdn:
        msisdn = parse_msisdn(row[self._at["msisdn"]].strip())
        if msisdn is None:
            raise self._wrong(line, "msisdn", "must be an E.164 number, with or without +")
        return msisdn

    def _amount(self, row: Sequence[str], currency: str, line: int) -> int:
        if not self._major:
            text = row[self._at["amount"]].strip()
            if not _WHOLE.fullmatch(text):
                raise self._wrong(line, "amount", "must be a whole number of minor units, such as 300000")
            return int(text)
        text, places = row[self._at["amount_major"]].strip(), precision(currency)
        if not _MAJOR.fullmatch(text):
            raise self._wrong(line, "amount_major", "must be a number such as 3000.00")
        minor = Decimal(text).scaleb(places)
        if minor % 1:
            raise self._wrong(line, "amount_major", f"has more decimals than {currency}, which has {places}")
        return int(minor)

    def _instant(self, row: Sequence[str], line: int) -> str:
        text = row[self._at["at"]].strip()
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise self._wrong(line, "at", "must be a time with its zone, such as 2026-11-24T10:00:00-05:00")
        return text

    def _wrong(self, line: int, column: str, what: str) -> StatementUnreadable:
        return StatementUnreadable(f"{self._file}: line {line}: {column}: {what}")
