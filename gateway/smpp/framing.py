"""PDUs cut from a byte stream (SMPP 3.4 §3.2)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.smpp.pdu_fields import HEADER_LENGTH, BadLength
from gateway.smpp.vocabulary import Status

MAX_LENGTH: Final = 64 * 1024
"""Octets; a longer PDU is taken for a lost frame boundary."""

_LENGTH: Final = Struct(">I")


class Framer:
    """Cuts a byte stream into PDUs, however it arrives."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0

    def feed(self, data: bytes) -> tuple[list[bytes], BadLength | None]:
        """The PDUs that ``data`` completes, and what is wrong with the stream after them.

        After an error that is not fatal, call again with ``b""`` for what follows; that copies nothing.
        """
        if data:
            self._data, self._at = self._data[self._at :] + data, 0
        data = self._data
        frames: list[bytes] = []
        start, end = self._at, len(data)
        error = None
        while end - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, start)
            usable = HEADER_LENGTH <= length <= MAX_LENGTH
            if not usable and not _LENGTH.size <= length < HEADER_LENGTH:
                error, start = _bad(length, fatal=True), end
                break
            if end - start < length:
                break
            if not usable:
                error = _bad(length, fatal=False)
                start += length
                break
            frames.append(data[start : start + length])
            start += length
        self._at = start
        if start == end:
            self._data, self._at = b"", 0
        return frames, error


def _bad(length: int, *, fatal: bool) -> BadLength:
    detail = f"command_length {length} is not within {HEADER_LENGTH} to {MAX_LENGTH}"
    return BadLength(detail, Status.INVALID_COMMAND_LENGTH, fatal=fatal)
