"""The section about triggers: how what other wires say becomes one of our events."""

from __future__ import annotations

from flows.frozen import dataclass


@dataclass(frozen=True, slots=True)
class CgratesTriggerConfig:
    """What one action trigger of CGRateS means. id: its UniqueID.

    kind: an event type, empty = by the balance. balance_type, balance: which it watches, empty = as it says itself.
    threshold: share that is left when it fires, -1 = not told. initial: of the bundle, in bytes, seconds or messages.
    product: the catalogue's id. unit: how many bytes, seconds or messages one unit of the balance is, 0 = the usual.
    """

    id: str
    kind: str = ""
    balance_type: str = ""
    balance: str = ""
    threshold: float = -1
    initial: int = 0
    product: str = ""
    unit: float = 0


@dataclass(frozen=True, slots=True)
class NchfConfig:
    """What a status of a 5G policy counter means.

    kind: an event type, or ``none`` for a status that says nothing new. bundle: its id, empty = the counter's.
    unit, initial, threshold, product: of the bundle. amount: minor units that are left, for ``balance.low``.
    period: ``day``, ``week`` or ``month``, after which the counter begins anew.
    """

    counter: str
    status: str
    kind: str
    bundle: str = ""
    product: str = ""
    unit: str = "byte"
    initial: int = 0
    threshold: float = -1
    amount: int = 0
    period: str = "month"


@dataclass(frozen=True, slots=True)
class Tmf688Config:
    """What a TM Forum event means. event_type: as it names itself; kind: an event type, empty = by the bucket."""

    event_type: str
    kind: str = ""
    threshold: float = -1


@dataclass(frozen=True, slots=True)
class TriggersConfig:
    """url: what carries triggers from the inbox to the work.

    folder: where files of events are dropped, empty = nowhere. imsi_map: CSV of IMSI and MSISDN, empty = none.
    waiting: how many may wait to be worked on before who sends more is told to come again.
    """

    url: str = "inline://"
    waiting: int = 50_000
    folder: str = ""
    imsi_map: str = ""
    cgrates: tuple[CgratesTriggerConfig, ...] = ()
    nchf: tuple[NchfConfig, ...] = ()
    tmf688: tuple[Tmf688Config, ...] = ()
