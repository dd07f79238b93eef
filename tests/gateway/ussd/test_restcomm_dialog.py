"""RestComm's push dialogues: what is posted, and what each answer means."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from fakes import ANA
from gateway.core.ports import PushFailed, PushUnknown
from gateway.ussd.restcomm_dialog import Answered, Confirmed, Told, screen, told, written

ERROR = (
    '<dialog type="End" mapMessagesSize="0"><errComponents><invokeId value="1"/><errorComponent errorCode="{}"/>'
    "</errComponents></dialog>"
)
ATTRIBUTE = '<dialog type="Unknown" mapMessagesSize="0" {}><errComponents/></dialog>'


def test_a_screen_that_asks_opens_a_dialogue_to_a_number() -> None:
    """To the letter of the admin guide: one message, the subscriber in it, the time for an answer in milliseconds."""
    dialog = fromstring(screen("1 Sí\n2 No", asks=True, seconds=60, to=ANA))
    assert dialog.attrib == {"mapMessagesSize": "1", "customInvokeTimeout": "60000"}
    (message,) = dialog
    assert (message.tag, message.attrib) == (
        "unstructuredSSRequest_Request",
        {"dataCodingScheme": "72", "string": "1 Sí\n2 No"},
    )
    assert message[0].attrib == {"nai": "international_number", "npi": "ISDN", "number": ANA}


def test_a_screen_in_a_dialogue_names_nobody() -> None:
    """Only the first message does; GSM-7 where it will do."""
    (message,) = fromstring(screen("Listo.", asks=False, seconds=60))
    assert (message.tag, message.get("dataCodingScheme"), len(message)) == ("unstructuredSSNotify_Request", "15", 0)


def test_a_dialogue_is_ended_without_a_message() -> None:
    """What was shown stays on the phone."""
    dialog = fromstring(written(prearrangedEnd="false"))
    assert (dialog.attrib, len(dialog)) == ({"mapMessagesSize": "0", "prearrangedEnd": "false"}, 0)


CASES: dict[str, tuple[str, Told]] = {
    "an answer": (
        '<dialog><unstructuredSSRequest_Response invokeId="0" dataCodingScheme="15" string="1"/></dialog>',
        Answered("1"),
    ),
    "an empty answer": ("<dialog><unstructuredSSRequest_Response/></dialog>", Answered("")),
    "a confirmation": ('<dialog><unstructuredSSNotify_Response invokeId="0"/></dialog>', Confirmed()),
    "absent, by the question where the phone is": (ERROR.format(6), PushFailed("absent", "MAP error 6")),
    "absent": (ERROR.format(27), PushFailed("absent", "MAP error 27")),
    "busy": (ERROR.format(72), PushFailed("busy", "MAP error 72")),
    "unknown": (ERROR.format(1), PushFailed("refused", "MAP error 1")),
    "barred": (ERROR.format(13), PushFailed("refused", "MAP error 13")),
    "a failure of the network": (ERROR.format(34), PushFailed("away", "MAP error 34")),
    "rejected": (
        '<dialog><rejectComponents><invokeId value="1"/></rejectComponents></dialog>',
        PushFailed("refused", "rejected by the network"),
    ),
    "no node": (
        ATTRIBUTE.format('mapRefuseReason="RemoteNodeNotReachable"'),
        PushFailed("away", "RemoteNodeNotReachable"),
    ),
    "refused": (ATTRIBUTE.format('mapRefuseReason="NoReasonGiven"'), PushFailed("refused", "NoReasonGiven")),
    "put away by the person": (
        ATTRIBUTE.format('mapUserAbortChoice="isUserSpecificReason"'),
        PushFailed("no_answer", "isUserSpecificReason"),
    ),
    "no room on the phone": (
        ATTRIBUTE.format('mapUserAbortChoice="isUserResourceLimitation"'),
        PushFailed("busy", "isUserResourceLimitation"),
    ),
    "no answer in time": (ATTRIBUTE.format('invokeTimedOut="0"'), PushFailed("no_answer", "timed out")),
    "the dialogue's time was over": (ATTRIBUTE.format('dialogTimedOut="true"'), PushFailed("no_answer", "timed out")),
    "an answer in time": (
        '<dialog dialogTimedOut="false"><unstructuredSSRequest_Response string="1"/></dialog>',
        Answered("1"),
    ),
    "nothing, in time": (
        ATTRIBUTE.format('dialogTimedOut="false"'),
        PushUnknown("the gateway's answer has no message"),
    ),
    "an error that is not named": (
        '<dialog><errComponents><invokeId value="1"/></errComponents></dialog>',
        PushUnknown("broken off"),
    ),
    "ended": ('<dialog type="End"/>', PushUnknown("ended without an answer")),
    "ended with an answer": (
        '<dialog type="End"><unstructuredSSRequest_Response string="1"/></dialog>',
        Answered("1"),
    ),
    "broken off without a word": ('<dialog type="Abort"/>', PushUnknown("broken off")),
    "the network broke off": (
        ATTRIBUTE.format('mapAbortProviderReason="ProviderMalfunction"'),
        PushUnknown("ProviderMalfunction"),
    ),
    "nothing": ("<dialog/>", PushUnknown("the gateway's answer has no message")),
    "no dialogue": ("<html/>", PushUnknown("the gateway's answer: the document is no <dialog>")),
    "no XML": ("502 Bad Gateway", PushUnknown("the gateway's answer: the document is not XML")),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_gateway_answers_has_one_meaning(name: str) -> None:
    """What the phone may have shown is never taken for what it surely has not."""
    body, meaning = CASES[name]
    assert told(body.encode()) == meaning
