"""What is asked about a part that the SMSC has: query_sm and cancel_sm, and what the answers mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway.core.ports import DeliveryReceipt
from gateway.smpp.pdu import Address, Cancel, Message, Query, QueryResponse, Response, format_request
from gateway.smpp.receipt_text import parse_date
from gateway.smpp.receipts import parse_receipt
from gateway.smpp.session import Answer, Session, ask
from gateway.smpp.settings import SmppSettings
from gateway.smpp.submitting import sender
from gateway.smpp.vocabulary import MESSAGE_STATE, NPI, RECEIPTED_MESSAGE_ID, TON, Command, Status

_ABSOLUTE: Final = 16
"""Characters of YYMMDDhhmmsstnnp (SMPP 3.4 §7.1.1.1); what is shorter has no time zone."""


async def query(session: Session, settings: SmppSettings, message_id: str, source: str) -> DeliveryReceipt | None:
    """See ``SmsRecall``."""
    request = Query(0, message_id, _sender(source, settings))
    return _receipt(settings.smsc_name, message_id, await ask(session, Command.QUERY_SM, format_request(request)))


async def cancel(session: Session, settings: SmppSettings, message_id: str, source: str, destination: str) -> bool:
    """See ``SmsRecall``."""
    phone = Address(int(TON.INTERNATIONAL), int(NPI.ISDN), destination.lstrip("+"))
    request = Cancel(0, message_id, _sender(source, settings), phone)
    answer = await ask(session, Command.CANCEL_SM, format_request(request))
    return isinstance(answer, Response) and answer.status == Status.OK


def _sender(address: str, settings: SmppSettings) -> Address:
    """As the text was submitted: the SMSC compares it."""
    number = sender(address, settings)
    return Address(number.ton, number.npi, number.address)


def _receipt(smsc: str, message_id: str, answer: Answer) -> DeliveryReceipt | None:
    """As a receipt that has TLVs alone would say it."""
    if not isinstance(answer, QueryResponse) or answer.status != Status.OK:
        return None
    said = ((RECEIPTED_MESSAGE_ID, message_id.encode("latin-1")), (MESSAGE_STATE, bytes((answer.message_state,))))
    receipt = parse_receipt(smsc, Message(Command.DELIVER_SM, 0, 0, 0, "", 0, 0, "", tlvs=said))
    done_at = parse_date(answer.final_date[:12])
    offset = answer.final_date[13:15]
    if done_at is not None and len(answer.final_date) == _ABSOLUTE and offset.isascii() and offset.isdigit():
        quarters = timedelta(minutes=15 * int(offset))
        done_at += quarters if answer.final_date.endswith("-") else -quarters
    return replace(receipt, done_at=done_at, error=str(answer.error_code) if answer.error_code else "")
