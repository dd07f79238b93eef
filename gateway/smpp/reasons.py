"""Why a connection failed, in one line for the log and the status page, with the key to look at where there is one."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from typing import Final

from gateway.errors import BindRefused
from gateway.smpp.vocabulary import Status, status_name

_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
"""What OpenSSL calls an answer that is no handshake, by version."""
_OF_A_CERTIFICATE: Final[Mapping[int, str]] = {
    **dict.fromkeys((2, 18, 19, 20, 21), "tls_ca"),  # nobody known has signed it (OpenSSL's X509_V_ERR_…)
    **dict.fromkeys((62, 64), "host, or the names in the certificate"),
}
_OF_A_BIND: Final[Mapping[int, str]] = {
    Status.INVALID_PASSWORD: "password",
    Status.INVALID_SYSTEM_ID: "system_id",
    Status.INVALID_SYSTEM_TYPE: "system_type",
    Status.BIND_FAILED: "system_id, password and bind",
    Status.ALREADY_BOUND: "how many binds the SMSC allows; it may still hold the last one",
}


def why(error: BaseException) -> str:
    """What to look at, in words: a certificate by what is wrong with it, a connection by who did not answer."""
    match error:
        case ssl.SSLCertVerificationError():
            said = f"TLS: the peer's certificate: {error.verify_message}"
            return _see(said, _OF_A_CERTIFICATE.get(error.verify_code, ""))
        case ssl.SSLError() if error.reason in _NO_TLS:
            return _see("TLS: the peer speaks none", "tls and port")
        case BindRefused():
            return str(error)
        case ssl.SSLError():
            return f"TLS: {(error.reason or str(error)).lower().replace('_', ' ')}"
        case ConnectionRefusedError():
            return "connection refused: nobody listens there"
        case socket.gaierror():
            return "nobody knows the host's name"
        case ConnectionError() if error.errno is None:
            return str(error)
        case TimeoutError() if not str(error):
            return "nobody answered in time"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case _:
            return f"{type(error).__name__}: {error}"


def refusal(name: str, status: int) -> str:
    """What a bind was answered with."""
    return _see(f"{name} answered the bind with {status_name(status)}", _OF_A_BIND.get(status, ""))


def unanswered(reason: str, *, tls: bool) -> str:
    """A connection that ended before the bind was answered: most often for want of TLS, or of our certificate."""
    doubt = "does the SMSC take our tls_certificate?" if tls else "does the SMSC want TLS? see tls and port"
    return f"{reason} before the bind was answered ({doubt})"


def _see(said: str, keys: str) -> str:
    return f"{said} (see {keys})" if keys else said
