"""What a charging system cannot do, said so: nothing is sent, and nothing is charged."""

from __future__ import annotations

from gateway.core.ports import Abilities, Refused, Service
from gateway.ocs.answers import never_sent

NOT_OFFERED = "not_offered"
"""The reason of what this kind of charging system, or the catalogue, does not offer."""


def not_offered(abilities: Abilities, service: Service) -> Refused:
    """A clear no, also to what was kept when it was offered."""
    return never_sent(abilities.why_not(service) or f"{service} is not offered over {abilities.system}", NOT_OFFERED)
