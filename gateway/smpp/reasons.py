"""Why a connection failed, in one line for the log and the status page."""

from __future__ import annotations

import ssl


def why(error: BaseException) -> str:
    """What to look at: a certificate by what is wrong with it, else the kind of error and its words."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"TLS: the peer's certificate: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {(error.reason or str(error)).lower().replace('_', ' ')}"
        case ConnectionError() if error.errno is None:
            return str(error)
        case TimeoutError() if not str(error):
            return "TimeoutError: nobody answered"
        case _:
            return f"{type(error).__name__}: {error}"
