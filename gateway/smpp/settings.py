"""What a bind to an SMSC needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.smpp.outcomes import RETRYABLE


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """One ``[[smpp]]`` of the configuration.

    tps: segments in any one second, 0 for no limit. Times are in seconds.
    retry_statuses: command statuses after which the same text may be accepted later.
    """

    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    bind: str = "transceiver"
    window: int = 50
    tps: int = 100
    source: str = ""
    source_ton: int = 3
    source_npi: int = 0
    two_way: bool = True
    system_type: str = ""
    response_timeout: float = 30.0
    enquire_interval: float = 30.0
    reconnect_max: float = 15.0
    tls: bool = False
    retry_statuses: frozenset[int] = RETRYABLE
