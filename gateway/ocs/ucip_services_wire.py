"""Advances, vouchers and switches over UCIP, without a socket: what the catalogue says of them, and the messages.

Source: AIR Programmer's Guide, UCIP 5.0: ``Refill`` (voucherless, or with ``voucherActivationCode``), ``UpdateOffer``,
``DeleteOffer``. Never tried on an AIR: have the operator confirm them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from flows.catalogue_services import OUT_OF_BUNDLE_ON, Services
from flows.frozen import dataclass
from flows.values import BundleId
from gateway.core.ports import ServiceRequest
from gateway.errors import ConfigError
from gateway.ocs.ucip_wire import GIVE_OFFER, LONGEST_EXTERNAL, REFILL, TAKE_OFFER, Caller, common, transaction_id
from gateway.ocs.xml_rpc import write_call

_PROFILE = re.compile(r"[A-Za-z0-9]{1,30}")
_MOST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AirServices:
    """What this AIR offers beside bundles. profiles: the refill profile of each advance.

    switch: the offer of whoever lets use without a bundle be charged, 0 where there is none. vouchers: whether they can
    be used.
    """

    profiles: Mapping[BundleId, str] = field(default_factory=dict)
    switch: int = 0
    vouchers: bool = False


def ucip_services(services: Services) -> AirServices:
    """What the catalogue says of them. Raises ConfigError naming the entry."""
    profiles = {}
    for advance in services.advances:
        if "ucip" in advance.ocs:
            profile = advance.ocs["ucip"].get("refill_profile")
            if not isinstance(profile, str) or not _PROFILE.fullmatch(profile):
                raise ConfigError(
                    f"catalogue: advance {advance.id}: ocs.ucip.refill_profile must be letters and digits in quotes"
                )
            profiles[advance.id] = profile
    told = (services.out_of_bundle or {}).get("ucip", {})
    offer = told.get("offer", 0)
    if isinstance(offer, bool) or not isinstance(offer, int) or not 0 <= offer <= _MOST_ID:
        raise ConfigError(f"catalogue: out_of_bundle: ocs.ucip.offer must be a whole number from 1 to {_MOST_ID}")
    return AirServices(profiles, offer, vouchers=services.vouchers is not None)


def format_advance(caller: Caller, request: ServiceRequest, profile: str, at: datetime) -> bytes:
    """A voucherless refill: its profile credits the amount and notes what is owed. Raises NotPayable."""
    assert request.credit is not None, "an advance says how much it is"
    members = _refill(caller, request, at) | {
        "transactionAmount": caller.units(request.credit.amount),
        "refillProfileID": profile,
    }
    return write_call(REFILL, members)


def format_voucher(caller: Caller, request: ServiceRequest, at: datetime) -> bytes:
    """A refill by voucher: the PIN is its activation code."""
    return write_call(REFILL, _refill(caller, request, at) | {"voucherActivationCode": request.pin})


def format_switch(caller: Caller, request: ServiceRequest, offer: int, at: datetime) -> bytes:
    """The offer given, or taken; either as often as one likes."""
    method = GIVE_OFFER if request.product == OUT_OF_BUNDLE_ON else TAKE_OFFER
    return write_call(method, _members(caller, request, at) | {"offerID": offer})


def _refill(caller: Caller, request: ServiceRequest, at: datetime) -> dict[str, object]:
    return _members(caller, request, at) | {
        "transactionCurrency": request.price.currency,
        "transactionType": "CHASQUI",
        "transactionCode": request.channel.upper(),
        "externalData1": request.key[:LONGEST_EXTERNAL],
        "requestRefillAccountBeforeFlag": True,
        "requestRefillAccountAfterFlag": True,
    }


def _members(caller: Caller, request: ServiceRequest, at: datetime) -> dict[str, object]:
    return common(caller, request.payer, transaction_id(request.key), at)
