"""The wires on which screens are pushed, and the operator's wishes about them, from the configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import time, timedelta

from flows.channel_choice import ChannelPolicy
from flows.market_rules import Window
from flows.values import Channel
from gateway.config.tree import DoorConfig, PolicyConfig
from gateway.core.choosing import ChannelDesk
from gateway.core.context import Context
from gateway.core.doors import Doors
from gateway.core.menu_shelf import MenuShelf
from gateway.core.ports import UssdPusher
from gateway.core.pushers import MenuPusher, Pushers
from gateway.errors import ConfigError
from gateway.ussd.answering import Answering
from gateway.ussd.restcomm_push import RestcommPusher
from gateway.ussd.services import Services

_LOG = logging.getLogger(__name__)


def channel_desk(context: Context, pushers: Pushers, shelf: MenuShelf, policy: PolicyConfig) -> ChannelDesk | None:
    """What chooses the way of each alert; None where the operator wants texts alone."""
    if Channel.USSD not in policy.channels:
        return None
    return ChannelDesk(context, pushers, shelf, channel_policy(policy), timedelta(seconds=policy.push_wait))


def restcomm_pushers(
    configured: Iterable[DoorConfig], doors: Doors, answering: Answering, stack: AsyncExitStack
) -> list[UssdPusher]:
    """One for each door that says where its gateway takes pushes; closed with ``stack``."""
    pushers: list[UssdPusher] = []
    for one in configured:
        if one.push_url:
            pusher = RestcommPusher(doors.named(one.name), one.push_url, answering.answer, answering.ended)
            stack.push_async_callback(pusher.close)
            pushers.append(pusher)
    return pushers


def open_wires(pushers: Pushers, wires: Iterable[UssdPusher], services: Services) -> None:
    """Let screens go by these, each with the menu that its answers are given to. Raises ConfigError."""
    pushers.add(MenuPusher(wire, _menu(wire, services)) for wire in wires)
    if not pushers:
        _LOG.warning("policy.channels names ussd, but no door can push: every alert goes as a text")


def channel_policy(policy: PolicyConfig) -> ChannelPolicy:
    """What the operator wants, as flows read it."""
    return ChannelPolicy(
        order=tuple(Channel(name) for name in policy.channels),
        hours=_window(policy.push_hours),
        circles=frozenset(policy.push_circles),
        handsets=frozenset(policy.push_handsets),
        present=timedelta(seconds=policy.push_present),
    )


def _menu(wire: UssdPusher, services: Services) -> str:
    door = wire.door
    service = door.service or services.codes[0]
    found = services.find(service, door.network)
    if found is None:
        raise ConfigError(f"doors {door.name!r}: screens are pushed by it, and its service {service} leads to no menu")
    return found.menu


def _window(hours: str) -> Window | None:
    if not hours:
        return None
    start, _, end = hours.partition("-")
    return Window(time.fromisoformat(start), time.max if end == "24:00" else time.fromisoformat(end))
