"""What ``[webhooks]`` must hold beyond its types."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import chain

from flows.announcements import EVENTS
from gateway.config.bounds import url
from gateway.config.smpp_checks import check_names
from gateway.config.tree import WebhookEndpointConfig
from gateway.errors import ConfigError

_LONGEST_NAME = 40


def check_secret(key: str, secret: str) -> None:
    """A secret as Standard Webhooks has it. Raises ConfigError."""
    try:
        known = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        known = b""
    if not known or not secret.startswith("whsec_"):
        raise ConfigError(f"{key} must be whsec_ followed by base64")


def check_endpoints(endpoints: Sequence[WebhookEndpointConfig]) -> None:
    """Raises ConfigError."""
    check_names("webhooks.endpoints", [one.name for one in endpoints])
    single = tuple(chain.from_iterable(EVENTS.values()))
    for one in endpoints:
        where = f"webhooks.endpoints {one.name!r}"
        if len(one.name) > _LONGEST_NAME:
            raise ConfigError(f"{where}: name must be at most {_LONGEST_NAME} characters")
        url(f"{where}: url", one.url, "https://app.example/chasqui")
        check_secret(f"{where}: secret", one.secret)
        unknown = next((event for event in one.events if event not in EVENTS and event not in single), None)
        if unknown is not None:
            raise ConfigError(f"{where}: events: {unknown!r} is none of {', '.join((*EVENTS, *single))}")
        if not one.events:
            raise ConfigError(f"{where}: events must name something, such as orders")
