"""Consent records as a document for whoever asks: the person, an auditor, a regulator.

Field names are those of ISO/IEC TS 27560:2023 (header, processing, events) and of the Kantara Consent Receipt 1.1, of
which there is one for giving and none for withdrawing. What only the operator can say (who the controller is, its
notice, where it stores, how long) is null, to be filled in by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flows.porting import PURPOSE
from flows.values import SubscriptionId
from store.consents import ConsentView

_PERSONAL = ["msisdn"]
_SERVICE = {PURPOSE: "number porting"}
_COLLECTION = "asked for explicitly on the channel and answered yes twice"
_WITHDRAWAL = "one answer in the same menu, at any time"


def document(
    subscription: SubscriptionId, views: Sequence[ConsentView], sims: Sequence[tuple[str, datetime]], at: datetime
) -> dict[str, Any]:
    """All records of a subscription, oldest first, and which SIMs were theirs, with when that was told.

    at: when it was made.
    """
    return {
        "schema": "ISO/IEC TS 27560:2023",
        "pii_principal_id": subscription,
        "exported_at": instant(at),
        "records": [_record(view) for view in sorted(views, key=lambda view: view.position)],
        "sims": [{"imsi": imsi, "told_at": instant(told_at)} for imsi, told_at in sims],
    }


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, exact to the microsecond that was hashed."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _record(view: ConsentView) -> dict[str, Any]:
    return {
        "header": {
            "schema_version": view.schema_version,
            "record_id": view.record_id,
            "pii_principal_id": view.subscription,
        },
        "processing": _processing(view),
        "events": [
            {
                "event_time": instant(view.at),
                "validity_duration": None,
                "entity_id": view.subscription,
                "event_type": "explicit",
                "event_state": view.event,
            }
        ],
        "evidence": _evidence(view),
        "receipt": _receipt(view) if view.event == "given" else None,
    }


def _processing(view: ConsentView) -> dict[str, Any]:
    return {
        "privacy_notice": None,
        "language": view.language,
        "purposes": [view.purpose],
        "lawful_basis": view.lawful_basis,
        "pii_information": _PERSONAL,
        "pii_controllers": None,
        "collection_method": _COLLECTION,
        "processing_method": None,
        "storage_locations": None,
        "retention_period": None,
        "jurisdiction": view.jurisdiction,
        "recipient_third_parties": None,
        "withdrawal_method": _WITHDRAWAL,
        "privacy_rights": None,
        "authority_party": None,
    }


def _evidence(view: ConsentView) -> dict[str, Any]:
    personal = view.personal
    return {
        "msisdn": view.msisdn,
        "prompts": None if personal is None else list(personal.prompts),
        "prompt_sha256": list(view.prompt_sha256),
        "replies": None if personal is None else list(personal.replies),
        "menu": view.menu,
        "menu_version": view.menu_version,
        "channel": view.channel,
        "session": None if personal is None else personal.session,
        "position": view.position,
        "previous": view.previous,
        "hash": view.hash,
        "erased": view.erased,
        "damaged": view.damaged,
    }


def _receipt(view: ConsentView) -> dict[str, Any]:
    purpose = {
        "purpose": view.purpose,
        "consentType": "EXPLICIT",
        "piiCategory": _PERSONAL,
        "primaryPurpose": True,
        "termination": _WITHDRAWAL,
        "thirdPartyDisclosure": None,
    }
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": view.jurisdiction.upper(),
        "consentTimestamp": int(view.at.timestamp()),
        "collectionMethod": _COLLECTION,
        "consentReceiptID": view.record_id,
        "publicKey": None,
        "language": view.language,
        "piiPrincipalId": view.subscription,
        "piiControllers": None,
        "policyUrl": None,
        "services": [{"service": _SERVICE.get(view.purpose, view.purpose), "purposes": [purpose]}],
        "sensitive": False,
        "spiCat": [],
    }
