"""Consent records as they are read: whole where the subscription's key is there, without what is personal where not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId
from store.consent_seal import Key, Personal, unseal
from store.reader import AnyRow, Reader
from store.tables import consent_keys, consents

_OF = (
    select(consents).where(consents.c.subscription_id == bindparam("subscription")).order_by(consents.c.position.desc())
)
_CURSOR = consents.alias()
_OLDER = _OF.where(
    consents.c.position < select(_CURSOR.c.position).where(_CURSOR.c.record_id == bindparam("after")).scalar_subquery()
)
_PAGE, _NEXT_PAGE = (query.limit(bindparam("limit")) for query in (_OF, _OLDER))
_ALL = 2**31
_LATEST = _OF.where(consents.c.purpose == bindparam("purpose")).limit(1)
_LATEST_OF = (
    select(consents.c.subscription_id, consents.c.purpose, consents.c.event)
    .where(
        consents.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        consents.c.purpose.in_(bindparam("purposes", expanding=True)),
    )
    .order_by(consents.c.position)
)
_KEYS = select(consent_keys).where(consent_keys.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One record. personal: None once the key is deleted (erased), or when the sealed part was tampered with (damaged).

    prompt_sha256: of each screen, in the order shown. previous, hash: its links in the chain.
    """

    position: int
    record_id: str
    subscription: SubscriptionId
    event: str
    purpose: str
    at: datetime
    schema_version: str
    jurisdiction: str
    lawful_basis: str
    language: str
    menu: str
    menu_version: str
    channel: str
    prompt_sha256: tuple[str, ...]
    previous: str
    hash: str
    personal: Personal | None
    erased: bool

    @property
    def damaged(self) -> bool:
        """Whether the key is there and does not open what it sealed."""
        return self.personal is None and not self.erased

    @property
    def msisdn(self) -> Msisdn | None:
        """The number that the consent was given for."""
        return None if self.personal is None else self.personal.msisdn


async def of_subscription(
    reader: Reader, subscription: SubscriptionId, limit: int | None = None, after: str | None = None
) -> Sequence[ConsentView]:
    """The records of a subscription, newest first. after: the record id that the last page ended with."""
    query = _PAGE if after is None else _NEXT_PAGE
    values = {"subscription": subscription, "limit": _ALL if limit is None else limit}
    rows = await reader.rows(query, values if after is None else {**values, "after": after})
    key = (await keys_of(reader, [subscription])).get(subscription)
    return [_view(row, key) for row in rows]


async def in_force(reader: Reader, subscription: SubscriptionId, purpose: str) -> ConsentView | None:
    """The consent that stands for this purpose: the latest record, if it is one of giving. Erasure changes nothing."""
    row = await reader.first(_LATEST, {"subscription": subscription, "purpose": purpose})
    if row is None or row.event != "given":
        return None
    return _view(row, (await keys_of(reader, [subscription])).get(subscription))


async def latest(
    reader: Reader, subscriptions: Sequence[SubscriptionId], purposes: Sequence[str]
) -> dict[tuple[SubscriptionId, str], str]:
    """``given`` or ``withdrawn``: the newest record of each subscription and purpose that has one."""
    rows = await reader.rows(_LATEST_OF, {"subscriptions": list(subscriptions), "purposes": list(purposes)})
    return {(SubscriptionId(row.subscription_id), row.purpose): row.event for row in rows}


async def keys_of(reader: Reader, subscriptions: Sequence[SubscriptionId]) -> dict[SubscriptionId, Key]:
    """The keys of those that have one."""
    rows = await reader.rows(_KEYS, {"subscriptions": list(subscriptions)})
    found = [Key(row.id, SubscriptionId(row.subscription_id), row.key, row.created_at) for row in rows]
    return {key.subscription: key for key in found}


def _view(row: AnyRow, key: Key | None) -> ConsentView:
    clear = json.loads(row.clear)
    right = key is not None and key.id == clear["key"]
    return ConsentView(
        position=row.position,
        record_id=row.record_id,
        subscription=SubscriptionId(row.subscription_id),
        event=row.event,
        purpose=row.purpose,
        at=row.at,
        schema_version=clear["schema_version"],
        jurisdiction=clear["jurisdiction"],
        lawful_basis=clear["lawful_basis"],
        language=clear["language"],
        menu=clear["menu"],
        menu_version=clear["menu_version"],
        channel=clear["channel"],
        prompt_sha256=tuple(clear["prompt_sha256"]),
        previous=row.previous,
        hash=row.hash,
        personal=unseal(row.sealed, key, row.record_id, row.position) if key is not None and right else None,
        erased=not right,
    )
