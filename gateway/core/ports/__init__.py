"""What the core asks of the outside world, as Protocols and plain results.

Adapters (``gateway/ocs``, ``gateway/smpp``, ``gateway/sms``) satisfy these; ``gateway/app`` binds them.
Outcomes of a call are values, never exceptions, because every one of them has a next step.
"""

from __future__ import annotations

from gateway.core.ports.abilities import Abilities, Service, service_of
from gateway.core.ports.charging import (
    Activated,
    ChargingSystem,
    FindOutcome,
    FindRefundOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Refused,
    ServiceRequest,
    StillRunning,
)
from gateway.core.ports.pushes import (
    PushFailed,
    PushOutcome,
    PushReason,
    PushRequest,
    PushUnknown,
    Shown,
    UssdPusher,
)
from gateway.core.ports.texts import (
    Delivery,
    DeliveryReceipt,
    InboundSms,
    MobileOriginated,
    MobilePart,
    Refusal,
    ShortMessage,
    SmsRecall,
    SmsSender,
    SubmitNotSent,
    SubmitOutcome,
    SubmitRefused,
    Submitted,
    SubmitUnknown,
)
from gateway.core.ports.traits import OcsTraits

__all__ = [
    "Abilities",
    "Activated",
    "ChargingSystem",
    "Delivery",
    "DeliveryReceipt",
    "FindOutcome",
    "FindRefundOutcome",
    "InboundSms",
    "MobileOriginated",
    "MobilePart",
    "NotFound",
    "NotSent",
    "OcsTraits",
    "OutcomeUnknown",
    "PurchaseOutcome",
    "PurchaseRequest",
    "PushFailed",
    "PushOutcome",
    "PushReason",
    "PushRequest",
    "PushUnknown",
    "RefundOutcome",
    "RefundRequest",
    "Refunded",
    "Refusal",
    "Refused",
    "Service",
    "ServiceRequest",
    "ShortMessage",
    "Shown",
    "SmsRecall",
    "SmsSender",
    "StillRunning",
    "SubmitNotSent",
    "SubmitOutcome",
    "SubmitRefused",
    "SubmitUnknown",
    "Submitted",
    "UssdPusher",
    "service_of",
]
