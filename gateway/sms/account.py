"""One account at an aggregator, as the configuration has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from urllib.parse import urlencode

from flows.frozen import dataclass
from gateway.config.tree import AggregatorConfig
from gateway.core.service_numbers import ServiceNumber


@dataclass(frozen=True, slots=True)
class Account:
    """One ``[[aggregators]]``; see ``AggregatorConfig``.

    numbers: what texts may leave from, the account's own first; tps: requests in any one second. receipts: the whole
    URL that what became of a text is told to, empty where it is not asked for with each request.
    """

    name: str
    kind: str
    user: str
    secret: str = field(repr=False)
    numbers: tuple[ServiceNumber, ...] = (ServiceNumber(""),)
    url: str = ""
    tps: int = 20
    at_once: int = 20
    timeout: float = 10
    public_url: str = ""
    receipts: str = field(default="", repr=False)
    via: str = ""
    door: str = ""

    @property
    def own(self) -> ServiceNumber:
        """What a text leaves from where nothing else is said."""
        return self.numbers[0]

    def endpoint(self, usual: str, path: str) -> str:
        """Where requests go; a configured URL that has a path is taken whole. usual: the host's; path: below it."""
        base = (self.url or usual).rstrip("/")
        return base if base.partition("://")[2].count("/") else base + path

    def sender(self, source: str) -> str:
        """The sender as aggregators write it: ``+`` before a long number, short codes and names as they are."""
        number = next((one for one in self.numbers if source and _same(one.address, source)), None)
        number = number or (ServiceNumber(source) if source else self.own)
        return f"+{number.address.lstrip('+')}" if number.kind == "long" else number.address

    def told_to(self, message_id: str) -> str:
        """Where what became of a text is told, with our names of account and text."""
        joint = "&" if "?" in self.receipts else "?"
        return f"{self.receipts}{joint}{urlencode({'account': self.name, 'id': message_id})}"

    def known(self, address: str) -> str | None:
        """The address of our number that an aggregator means, as it is configured; None where it is none of ours."""
        return next((one.address for one in self.numbers if one.address and _same(one.address, address)), None)


def account_of(config: AggregatorConfig, numbers: Sequence[ServiceNumber]) -> Account:
    """The account. numbers: those that the configuration names, its own first."""
    public = config.public_url.rstrip("/")
    below = f"{public}/sms/{config.kind}/receipts" if public else ""
    return Account(
        name=config.name,
        kind=config.kind,
        user=config.account,
        secret=config.secret,
        numbers=tuple(numbers) or (ServiceNumber(""),),
        url=config.url,
        tps=int(config.tps),
        at_once=config.at_once,
        timeout=config.timeout,
        public_url=public,
        receipts=config.receipts or below,
        via=config.via,
        door=config.door,
    )


def _same(one: str, other: str) -> bool:
    return one.lstrip("+").casefold() == other.lstrip("+").casefold()
