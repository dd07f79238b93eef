"""The bodies that the REST interface takes, as types. A member that is not here is refused."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.api.models import Instant
from gateway.core.control_desk import MOST_WORDS

MOST_CHARACTERS, MOST_REASON, MOST_SHOWN = 1_000, 40, 2_000
Language = Annotated[str, Meta(extra_json_schema={"enum": ["en", "es", "pt_BR"]})]
Beneficiary = Annotated[
    str,
    Meta(
        description="The MSISDN of whoever gets it, with or without +.",
        extra_json_schema={"pattern": r"^\+?[1-9][0-9]{6,14}$"},
    ),
]
AskedPurpose = Annotated[str, Meta(extra_json_schema={"enum": ["alert", "marketing", "confirmation"]})]
CampaignName = Annotated[str, Meta(extra_json_schema={"pattern": "^([A-Za-z0-9._-]{1,40})?$"})]
Text = Annotated[
    str, Meta(min_length=1, max_length=MOST_CHARACTERS, extra_json_schema={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"})
]


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may hold."""


class Acceptance(Body, frozen=True):
    """Who gets the bundle; left out, whoever pays."""

    beneficiary: Beneficiary | UnsetType | None = UNSET


class Wishes(Body, frozen=True):
    """What is to change; what is left out stays."""

    language: Language | UnsetType = UNSET
    alerts: bool | UnsetType = UNSET
    marketing: bool | UnsetType = UNSET
    out_of_bundle: bool | UnsetType = UNSET


class SourceWish(Body, frozen=True):
    """Whether what a source tells may be kept. shown: the words with which the person was asked."""

    keep: bool
    shown: Annotated[
        str, Meta(min_length=1, max_length=MOST_SHOWN, extra_json_schema={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"})
    ]


class NewMessage(Body, frozen=True):
    """A text to send. send_at: at most 30 days on; expires_at: 24 hours later where it is left out."""

    text: Text
    purpose: AskedPurpose | UnsetType = UNSET
    campaign: CampaignName | UnsetType = UNSET
    send_at: Instant | UnsetType | None = UNSET
    expires_at: Instant | UnsetType | None = UNSET
    asks: bool | UnsetType = UNSET


class ControlPeriod(Body, frozen=True):
    """From when until when, and why."""

    message: Annotated[str, Meta(max_length=MOST_WORDS)] | UnsetType = UNSET
    starts_at: Instant | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET


class RefundReason(Body, frozen=True):
    """Why, as a stable code of the operator's; ``asked`` where it is left out."""

    reason: Annotated[str, Meta(min_length=1, max_length=MOST_REASON)] | UnsetType = UNSET
