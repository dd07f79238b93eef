"""The sections about USSD: services, how vendors speak, and the doors that dialogues come in by."""

from __future__ import annotations

from dataclasses import field

from flows.frozen import dataclass
from gateway.config.secret import Secret


@dataclass(frozen=True, slots=True)
class UssdServiceConfig:
    """A service code and the menu behind it."""

    code: str
    menu: str
    network: str = ""


DEFAULT_SERVICES = (UssdServiceConfig(code="*123#", menu="main"),)
"""What is served when nothing is configured."""


@dataclass(frozen=True, slots=True)
class UssdProfileConfig:
    """How one vendor speaks USSD over SMPP; the defaults are what SMPP 3.4 §5.3.2.44 and most vendors say.

    service_type: marks a message as USSD, beside the TLV ussd_service_op. Values of that TLV, from the network: begin;
    begin_once: a session of one screen; answer; confirm: a notification was shown; abort: the session is over. To the
    network: ask, notify; end, end_pushed, end_once: the last screen of a session that a phone, we, or a begin_once
    opened. session: where a session's id stands: its_session_info, user_message_reference, another tag as hex, or none.
    sequence: what the seven bits beside the end bit of its_session_info are: none (sent back as they came), hops or
    units (counted by the network, the phone's hops or what both sides say), ours (what we write comes back, so we
    count in it), session (a part of the id); counts_from: the first.
    end_by: whether op, the end bit, or both say that a session is over. data_coding: of GSM 7-bit and of UCS-2 texts.
    receipts: ask for one with each push. absent, busy: command statuses that mean so in answer to a push.
    """

    name: str
    service_type: str = "USSD"
    begin: tuple[int, ...] = (1,)
    begin_once: tuple[int, ...] = (0,)
    answer: tuple[int, ...] = (18,)
    confirm: tuple[int, ...] = (19,)
    abort: tuple[int, ...] = ()
    ask: int = 2
    notify: int = 3
    end: int = 17
    end_pushed: int = 17
    end_once: int = 16
    session: str = "its_session_info"
    sequence: str = "none"
    counts_from: int = 0
    end_by: str = "both"
    data_coding: int = 0x0F
    data_coding_ucs2: int = 0x48
    receipts: bool = False
    absent: tuple[int, ...] = ()
    busy: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UssdConfig:
    """The USSD services, and what vendors' SMPP is like beside the built-in profiles."""

    services: tuple[UssdServiceConfig, ...] = ()
    profiles: tuple[UssdProfileConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """Who may knock: addresses, a token and a client certificate (its SHA-256 in hex), each if set.

    service: what is dialled there where the wire does not say. max_septets: of one screen; 0 = what is usual for the
    dialect. idle_seconds, total_seconds: of a USSD session; resume_seconds: for how long whoever dials again may go on
    where they left; repeat_seconds: within which a wire that counts nothing repeats a hop. bind, profile: of the
    dialect smpp: the [[smpp]] that carries it, and how its vendor speaks. push_url: of the dialect restcomm: where the
    gateway takes screens to push.
    """

    name: str
    dialect: str
    network: str = ""
    allow: tuple[str, ...] = ()
    token: Secret = field(default="", repr=False)
    certificate: str = ""
    service: str = ""
    charset: str = "gsm7"
    max_septets: int = 0
    idle_seconds: float = 60
    total_seconds: float = 180
    resume_seconds: float = 60
    repeat_seconds: float = 2
    bind: str = ""
    profile: str = ""
    push_url: str = ""
