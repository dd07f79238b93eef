"""Why a connection failed, in the words of whoever must look after it."""

from __future__ import annotations

import errno
import socket

import pytest

from gateway.errors import BindRefused
from gateway.smpp.reasons import refusal, why


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 2775)"), "connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "nobody knows the host's name"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('10.0.0.1', 2775)"), "no route to host"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset by peer"),
        (ConnectionError("unbound by the peer"), "unbound by the peer"),
        (TimeoutError(), "nobody answered in time"),
        (TimeoutError(errno.ETIMEDOUT, "Connect call failed"), "connection timed out"),
        (ValueError("odd"), "ValueError: odd"),
        (BindRefused("a answered the bind with ESME_RINVPASWD"), "a answered the bind with"),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, words: str) -> None:
    """Neither Python's name of it nor an errno, where there is a word for it."""
    said = why(error)
    assert said.startswith(words)
    assert "Errno" not in said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0x0E, "a answered the bind with ESME_RINVPASWD (see password)"),
        (0x0F, "a answered the bind with ESME_RINVSYSID (see system_id)"),
        (0x08, "a answered the bind with ESME_RSYSERR"),
    ],
)
def test_a_refused_bind_names_the_key_to_look_at(status: int, said: str) -> None:
    """Where it is one key's fault."""
    assert refusal("a", status) == said
