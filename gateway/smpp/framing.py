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
        self._rest = b""

    def feed(self, data: bytes) -> tuple[list[bytes], BadLength | None]:
        """The PDUs that ``data`` completes, and what is wrong with the stream after them.

        After an error that is not fatal, call again with ``b""`` for what follows.
        """
        data = self._rest + data if self._rest else data
        frames: list[bytes] = []
        start, end = 0, len(data)
        while end - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, start)
            if not HEADER_LENGTH <= length <= MAX_LENGTH:
                fatal = not _LENGTH.size <= length < HEADER_LENGTH
                if not fatal and end - start < length:
                    break
                self._rest = b"" if fatal else data[start + length :]
                detail = f"command_length {length} is not within {HEADER_LENGTH} to {MAX_LENGTH}"
                return frames, BadLength(detail, Status.INVALID_COMMAND_LENGTH, fatal=fatal)
            if end - start < length:
                break
            frames.append(data[start : start + length])
            start += length
        self._rest = data[start:]
        return frames, None
