"""What a configuration may hold and an operator will hardly mean: it starts, and costs something silently."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gateway.config.binds import sms_binds
from gateway.config.tree import Config, RouteConfig, SmppConfig

_LONGEST = {"system_id": 15, "password": 8}
"""Octets, without the one that ends them (SMPP 3.4 §4.1.1); many peers take more."""
_SPECIFIC_TO_NETWORK = 3
"""The TON that short codes have (SMPP 3.4 §5.2.5)."""
_PURPOSES = ("confirmation", "reply", "alert", "marketing")


def doubts(config: Config) -> tuple[str, ...]:
    """A sentence for each, which names the key and what comes of it."""
    found = [_credentials, _names_as_codes, _shared_prefixes, _costless, _unreached]
    return tuple(sentence for look in found for sentence in look(config))


def _credentials(config: Config) -> Iterator[str]:
    for bind in config.smpp:
        for key, most in _LONGEST.items():
            length = len(getattr(bind, key))
            if length > most:
                yield (
                    f"smpp {bind.name!r}: {key} has {length} characters; SMPP 3.4 allows {most}, "
                    "and an SMSC that keeps to it refuses the bind"
                )


def _names_as_codes(config: Config) -> Iterator[str]:
    described = {one.address for one in config.numbers}
    for bind in sms_binds(config):
        if bind.source not in described and _is_odd(bind):
            yield (
                f"smpp {bind.name!r}: source {bind.source!r} is not digits alone, but source_ton is 3, that of short "
                "codes; describe it in [[numbers]], a name with type = 'alphanumeric'"
            )


def _is_odd(bind: SmppConfig) -> bool:
    return bind.source_ton == _SPECIFIC_TO_NETWORK and bool(bind.source) and not bind.source.isdigit()


def _shared_prefixes(config: Config) -> Iterator[str]:
    owners: dict[str, str] = {}
    for network in config.networks:
        for prefix in dict.fromkeys(network.prefixes):
            owner = owners.setdefault(prefix, network.name)
            if owner != network.name:
                yield (
                    f"networks {network.name!r}: prefix {prefix!r} is also one of {owner!r}; "
                    "of their routes the one that stands first takes it"
                )


def _costless(config: Config) -> Iterator[str]:
    for route in config.routes:
        if route.order == "cheapest" and len(route.through) > 1 and not any(one.cost for one in route.through):
            yield (
                f"routes {route.name!r}: order is 'cheapest' and no entry of through has a cost; "
                f"all texts go by the first, {route.through[0].smsc!r}"
            )


def _unreached(config: Config) -> Iterator[str]:
    """Routes all of whose texts others take, as ``gateway.core.sms_routes.Routes`` decides it."""
    prefixes = {network.name: network.prefixes for network in config.networks}
    takers: dict[tuple[str, str], str] = {}
    for route in sorted(config.routes, key=lambda one: not one.purposes):
        for part in _parts(route, prefixes):
            takers.setdefault(part, route.name)
    for route in config.routes:
        ahead = dict.fromkeys(takers[part] for part in _parts(route, prefixes))
        if route.name not in ahead:
            yield (
                f"routes {route.name!r} is never reached: {', '.join(map(repr, ahead))} takes all of its texts; "
                "the longest prefix wins, then the route that names the purpose, then the first"
            )


def _parts(route: RouteConfig, prefixes: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Prefix and purpose of each part of its texts; the empty prefix is any number."""
    named = [prefix for network in route.networks for prefix in prefixes[network]]
    return product((*route.prefixes, *named) or ("",), route.purposes or _PURPOSES)
