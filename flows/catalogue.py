"""The bundles that an operator sells, as ``catalogue.yaml`` describes them."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TypeGuard

from flows.catalogue_fields import Fields
from flows.catalogue_services import Services, read_services
from flows.errors import CatalogueError
from flows.frozen import dataclass
from flows.personal_bundles import sizes_of
from flows.spelling import words
from flows.strict_yaml import StrictYamlError, load_strict
from flows.values import Allowance, BundleId, Money, Unit

_HOURS_AN_OFFER_LIVES = 24
_FALLBACK_LANGUAGE = "en"
_MOST_SERVICE_ID = 2**32 - 1


class BundleKind(StrEnum):
    """What a bundle is sold as."""

    DATA = "data"
    VOICE = "voice"
    SMS = "sms"
    COMBO = "combo"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class OnSale:
    """The days on which a bundle is sold, both included; None is open. Never: ``ever`` is False."""

    ever: bool = True
    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the bundle is sold on ``day`` (in the market's own time zone)."""
        return self.ever and (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle.

    names: by language. price: what the subscriber pays, tax included if ``tax_included``. margin: share of the price.
    eligible: for each fact about a subscriber (segment, circle, service_type) the values that may buy; empty: all.
    ocs: what each adapter must know, as it is in the file. offer_hours: how long an offer of it lives.
    family: of personalised sizes (``flows.personal_bundles``), of which each person is offered the one that fits.
    """

    id: BundleId
    kind: BundleKind
    names: Mapping[str, str]
    price: Money
    allowances: tuple[Allowance, ...]
    validity_hours: int
    tax_included: bool = True
    renews: bool = False
    margin: float = 0.0
    on_sale: OnSale = OnSale()
    eligible: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ocs: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    offer_hours: int = _HOURS_AN_OFFER_LIVES
    family: str = ""

    @property
    def cost(self) -> int:
        """What of the price is no margin, minor units."""
        return self.price.amount - int(Decimal(str(self.margin)) * self.price.amount)

    def name(self, language: str) -> str:
        """The name in ``language``, else in a variety of the same language, in English, in any."""
        if language in self.names:
            return self.names[language]
        base = language.split("_", maxsplit=1)[0]
        kin = (name for code, name in self.names.items() if code.split("_")[0] == base)
        return next(kin, None) or self.names.get(_FALLBACK_LANGUAGE) or next(iter(self.names.values()))

    def eligible_for(self, facts: Mapping[str, str]) -> bool:
        """Whether a subscriber with these facts may buy; a condition on a fact that is not known is not met."""
        return all(facts.get(fact) in values for fact, values in self.eligible.items())

    def amount(self, unit: Unit) -> int:
        """How much of ``unit`` it grants in all, whatever the zone and the hour."""
        return sum(allowance.amount for allowance in self.allowances if allowance.unit is unit)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All bundles, in the order of the file. services: what is offered beside them."""

    bundles: tuple[Bundle, ...]
    services: Services = Services()
    _by_id: Mapping[BundleId, Bundle] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[tuple[str, ...], Sequence[Bundle]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", MappingProxyType({bundle.id: bundle for bundle in self.bundles}))
        named: dict[tuple[str, ...], list[Bundle]] = {}
        for bundle in self.bundles:
            for spelled in {words(name) for name in bundle.names.values()}:
                named.setdefault(spelled, []).append(bundle)
        object.__setattr__(self, "_by_name", MappingProxyType(named))

    def get(self, bundle: str) -> Bundle | None:
        """The bundle with this id, on sale or not; None for an unknown one."""
        return self._by_id.get(BundleId(bundle))

    def named(self, name: str) -> Bundle | None:
        """The bundle with this id or, as charging systems tell, this name in any language; None if several have it."""
        called = self._by_name.get(words(name), ()) if name else ()
        return self.get(name) or (called[0] if len(called) == 1 else None)

    def on_sale(self, day: date) -> tuple[Bundle, ...]:
        """What anybody can choose and buy on ``day``, in the order of the file."""
        return tuple(bundle for bundle in self.bundles if not bundle.family and bundle.on_sale.covers(day))

    def sizes_on_sale(self, day: date) -> tuple[Bundle, ...]:
        """What can be offered on ``day`` to whom it fits best of its family."""
        return tuple(bundle for bundle in self.bundles if bundle.family and bundle.on_sale.covers(day))

    def tmf_offerings(self) -> dict[BundleId, str]:
        """The TM Forum product offering of each bundle and advance that has one."""
        told = [*((one.id, one.ocs) for one in self.bundles), *((one.id, one.ocs) for one in self.services.advances)]
        mapped = ((ident, ocs.get("tmf", {}).get("product_offering")) for ident, ocs in told)
        return {bundle: offering for bundle, offering in mapped if isinstance(offering, str)}

    def diameter_services(self) -> dict[BundleId, tuple[str, int]]:
        """Service-Context-Id and Service-Identifier (RFC 8506) of each bundle that has both."""
        services = {}
        for bundle in self.bundles:
            told = bundle.ocs.get("diameter", {})
            context, ident = told.get("service_context"), told.get("service_id")
            if isinstance(context, str) and context and _is_service_id(ident):
                services[bundle.id] = context, ident
        return services


def _is_service_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_SERVICE_ID


def parse_catalogue(text: str, file: str = "catalogue.yaml") -> Catalogue:
    """Read a catalogue. Raises CatalogueError naming ``file``, the bundle and the key."""
    try:
        root = load_strict(text)
    except StrictYamlError as error:
        raise CatalogueError(f"{file}: {error}") from error
    top = Fields(root, file)
    items = top.list("bundles")
    templates = top.list("personal") if top.has("personal") else []
    services = read_services(top)
    top.done()
    found = [_bundle(item, file, number) for number, item in enumerate(items, start=1)]
    for number, template in enumerate(templates, start=1):
        for family, size in sizes_of(template, f"{file}: personal {number}"):
            found.append(replace(_bundle(size, file, number), family=family))
    bundles: dict[BundleId, Bundle] = {}
    for bundle in found:
        if bundle.id in bundles:
            raise CatalogueError(f"{file}: bundle {bundle.id}: id is given twice")
        bundles[bundle.id] = bundle
    return Catalogue(tuple(bundles.values()), services)


def load_starter(market: str) -> Catalogue:
    """The catalogue that comes with the package for a market (``co``, ``br`` …). Raises CatalogueError."""
    name = f"starter-{market}.yaml"
    folder = importlib.resources.files("flows") / "catalogues"
    if name not in {entry.name for entry in folder.iterdir()}:
        raise CatalogueError(f"{name}: there is no starter catalogue for the market {market!r}")
    return parse_catalogue((folder / name).read_text(encoding="utf-8"), name)


def _bundle(item: object, file: str, number: int) -> Bundle:
    fields = Fields(item, f"{file}: bundle {number}")
    ident = fields.ident("id")
    fields = Fields(item, f"{file}: bundle {ident}")
    bundle = Bundle(
        id=BundleId(fields.ident("id")),
        kind=fields.choice("kind", BundleKind),
        names=fields.names("names"),
        price=_price(fields.fields("price")),
        tax_included=fields.boolean("tax_included", default=True),
        allowances=tuple(allowance_of(entry) for entry in fields.list_of_fields("allowances")),
        validity_hours=fields.whole("validity_hours", least=1),
        renews=fields.boolean("renews", default=False),
        margin=fields.share("margin", default=0.0),
        on_sale=_on_sale(fields),
        eligible=fields.conditions("eligible", ("segment", "circle", "service_type")),
        ocs=fields.mappings("ocs"),
        offer_hours=fields.whole("offer_hours", least=1, default=_HOURS_AN_OFFER_LIVES),
    )
    fields.done()
    return bundle


def _price(fields: Fields) -> Money:
    price = Money(fields.whole("amount", least=0), fields.currency("currency"))
    fields.done()
    return price


def allowance_of(fields: Fields) -> Allowance:
    """One entry of ``allowances``. Raises CatalogueError."""
    allowance = Allowance(
        unit=fields.choice("unit", Unit),
        amount=fields.whole("amount", least=1),
        zone=fields.text("zone", default=""),
        window=fields.window("window"),
        service=fields.text("service", default=""),
    )
    fields.done()
    return allowance


def _on_sale(fields: Fields) -> OnSale:
    if fields.is_boolean_or_absent("on_sale"):
        return OnSale(ever=fields.boolean("on_sale", default=True))
    days = fields.fields("on_sale")
    sale = OnSale(first=days.day("from"), last=days.day("to"))
    days.done()
    if sale.first and sale.last and sale.last < sale.first:
        raise days.error("to", "lies before from")
    return sale
