"""Why a text cannot go out as it is."""

from __future__ import annotations

from gateway.errors import GatewayError
from gateway.smpp.vocabulary import Status


class UnfitText(GatewayError):
    """No SMSC would take this text. status: the command_status that says so best."""

    code = "unfit-text"
    status: int = Status.SUBMIT_FAILED


class TextTooLong(UnfitText):
    """More than 255 parts."""

    code = "text-too-long"
    status = Status.INVALID_MESSAGE_LENGTH


class NoTemplate(UnfitText):
    """The number has templates of a regulator, and the text was made from none of them."""

    code = "no-template"
