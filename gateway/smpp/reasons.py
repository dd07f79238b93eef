"""Why a connection failed, in one line for the log and the status page."""

from __future__ import annotations

import os
import socket
import ssl


def why(error: BaseException) -> str:
    """What to look at, in words: a certificate by what is wrong with it, a connection by who did not answer."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"TLS: the peer's certificate: {error.verify_message}"
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
