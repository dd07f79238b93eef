"""Ports for processes that are told theirs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from socket import socket


def free_ports(number: int) -> Sequence[int]:
    """Ports that nobody listens on now."""
    probes = [socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = []
    for probe in probes:
        with closing(probe):
            found.append(int(probe.getsockname()[1]))
    return found
