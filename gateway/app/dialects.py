"""The dialects of USSD over HTTP that a gateway answers in."""

from __future__ import annotations

from gateway.ussd.africastalking import AfricasTalking
from gateway.ussd.airtel import Airtel
from gateway.ussd.dialect import Dialect
from gateway.ussd.hubtel import Hubtel
from gateway.ussd.infobip import Infobip
from gateway.ussd.nalo import Nalo
from gateway.ussd.restcomm import Restcomm
from gateway.ussd.safaricom import Safaricom
from gateway.ussd.truroute import TruRoute

DIALECTS: tuple[Dialect, ...] = (
    AfricasTalking(),
    Hubtel(),
    Nalo(),
    Infobip(),
    Airtel(),
    Safaricom(),
    Restcomm(),
    TruRoute(),
)
