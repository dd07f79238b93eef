"""Who did what, kept for care calls and regulators."""

from __future__ import annotations

import json

from sqlalchemy import insert

from flows.effects import RecordAudit
from store.ids import new_id
from store.tables import audit as t
from store.unit import Op

_INSERT = insert(t)


def note(effect: RecordAudit) -> Op:
    """One line of the audit."""
    return Op(
        _INSERT,
        {
            "id": new_id(effect.at),
            "at": effect.at,
            "actor": effect.actor,
            "action": effect.action,
            "subscription_id": effect.subscription,
            "detail": json.dumps(dict(effect.detail)),
        },
    )
