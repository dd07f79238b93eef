"""The RestComm USSD gateway, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest
from gateway.ussd.restcomm import Restcomm

DIALECT = Restcomm()
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
IDS = 'networkId="0" localId="12" remoteId="13"'
BEGIN = f"""<?xml version="1.0" encoding="UTF-8" ?>
<dialog type="Begin" appCntx="networkUnstructuredSsContext_version2" {IDS} mapMessagesSize="1"
 returnMessageOnError="false">
  <localAddress pc="0" ssn="146"><ai value="18"/>
    <gt type="GlobalTitle0100" tt="0" es="2" np="1" nai="4" digits="9960639902"/></localAddress>
  <originationReference number="79023700299" nai="international_number" npi="ISDN"/>
  <errComponents/>
  <processUnstructuredSSRequest_Request invokeId="3" dataCodingScheme="15" string="*123*4#">
    <msisdn nai="international_number" npi="ISDN" number="79273605819"/>
    <alertingPattern size="1"><value value="6"/></alertingPattern>
  </processUnstructuredSSRequest_Request>
</dialog>"""


def continued(
    state: str = 'userObject="1/3"', message: str = 'invokeId="2" dataCodingScheme="15" string="4"', within: str = ""
) -> str:
    """An answer, as the gateway forwards it."""
    answer = f"<unstructuredSSRequest_Response {message}>{within}</unstructuredSSRequest_Response>"
    return f'<dialog type="Continue" {IDS} mapMessagesSize="1" {state}>{answer}</dialog>'


def ended(attributes: str, within: str = "<errComponents/>") -> str:
    """A dialogue without a message."""
    return f"<dialog {IDS} mapMessagesSize='0' {attributes}>{within}</dialog>"


def parse(document: str) -> Hop | Ended:
    """As it comes: with the content type and the odd encoding that the gateway names."""
    headers = {"Content-Type": "text/xml", "Content-Encoding": "utf-8"}
    return DIALECT.parse(HopRequest(document.encode(), headers=headers))


def test_the_first_hop_has_everything_in_its_place() -> None:
    """With the number that the network gave for it."""
    said = Input("", begins=True, number=0)
    assert parse(BEGIN) == Hop("12/13", Msisdn("79273605819"), "*123*4#", "0", said, {"invokeId": "3"})


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        (BEGIN.replace("<msisdn ", "<other "), "msisdn", "79023700299"),
        (BEGIN.replace('remoteId="13"', ""), "session", "12"),
        (BEGIN.replace('string="*123*4#"', 'string="*123"'), "service", "*123#"),
        (BEGIN.replace('string="*123*4#"', 'string=""'), "service", ""),
        (BEGIN.replace('invokeId="3"', ""), "echo", {"invokeId": "0"}),
        (continued(), "said", Input("4", number=2)),
        (continued(), "echo", {"invokeId": "3"}),
        (continued(), "msisdn", None),
        (continued(), "service", ""),
        (continued(within='<msisdn number="+79273605819"/>'), "msisdn", "79273605819"),
        (continued(state=""), "said", Input("4")),
        (continued(state=""), "echo", {"invokeId": "2"}),
        (continued(state='userObject="of another app"'), "said", Input("4")),
        (continued(state='userObject="1/3" dialogTimedOut="false"'), "said", Input("4", number=2)),
        (continued(state='userObject="99999/3"'), "said", Input("4")),
        (continued(message='invokeId="2"'), "said", Input("", number=2)),
        (
            continued(message='dataCodingScheme="72" string="&#1044;&#1072;"'),
            "said",
            Input("Да", number=2),
        ),
    ],
)
def test_a_dialogue_is_a_hop(document: str, field: str, value: object) -> None:
    """Also without what a network may leave out."""
    assert getattr(parse(document), field) == value


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (ended('type="Abort"'), "abort"),
        (ended('type="End"'), "end"),
        (ended('type="Unknown" mapUserAbortChoice="isUserSpecificReason"'), "abort"),
        (ended('type="Unknown" mapAbortProviderReason="SupportingDialogueTransactionReleased"'), "abort"),
        (ended('type="Unknown" mapRefuseReason="NoReasonGiven"'), "abort"),
        (ended('type="Unknown" dialogTimedOut="true"'), "timeout"),
        (ended('type="Abort" invokeTimedOut="1"'), "timeout"),
        (ended('type="Continue"', '<errComponents><invokeId value="1"/></errComponents>'), "abort"),
        (ended('type="Continue"', '<rejectComponents><invokeId value="1"/></rejectComponents>'), "abort"),
    ],
)
def test_a_dialogue_that_failed_is_the_end_of_a_session(document: str, status: str) -> None:
    """Whatever it calls itself."""
    assert parse(document) == Ended("12/13", status)


def test_the_end_is_answered_with_a_dialogue_that_is_closed() -> None:
    """Without a word to the network."""
    answer = DIALECT.format_ended(Ended("12/13", "abort"))
    assert answer.body.decode() == f'{HEAD}<dialog mapMessagesSize="0" prearrangedEnd="true" />'


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (ended('type="Continue"'), "no message"),
        (BEGIN.replace("localId", "id").replace("remoteId", "other"), "localId is missing"),
        (BEGIN.replace('localId="12"', f'localId="{"1" * 200}"'), "localId must be"),
        (BEGIN.replace("<msisdn ", "<other ").replace("originationReference", "other"), "msisdn is not a number"),
        (BEGIN.replace("79273605819", "*100"), "msisdn is not a number"),
        (BEGIN.replace('invokeId="3"', 'invokeId="x"'), "invokeId is not a number"),
        (continued(message=f'string="{"1" * 4001}"'), "more than 4000"),
        (BEGIN.replace("_Request", "_Nothing"), "no message"),
        ("<ussd/>", "no <dialog>"),
        ("nothing", "not XML"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(document: str, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        parse(document)
    assert says in str(bad.value)
    assert "79273605819" not in str(bad.value)


@pytest.mark.parametrize(
    ("reply", "document", "octets"),
    [
        (
            Reply('¿Qué?\n1 "Sí" <', ends=False, number=1),
            BEGIN,
            (
                '<dialog mapMessagesSize="1" userObject="1/3"><unstructuredSSRequest_Request dataCodingScheme="72" '
                'string="¿Qué?&#10;1 &quot;Sí&quot; &lt;" /></dialog>'
            ),
        ),
        (
            Reply("1 Si", ends=False, number=2),
            continued(),
            (
                '<dialog mapMessagesSize="1" userObject="2/3"><unstructuredSSRequest_Request dataCodingScheme="15" '
                'string="1 Si" /></dialog>'
            ),
        ),
        (
            Reply("Listo.\x00", ends=True, number=2),
            continued(),
            (
                '<dialog mapMessagesSize="1" prearrangedEnd="false"><processUnstructuredSSRequest_Response '
                'invokeId="3" dataCodingScheme="15" string="Listo." /></dialog>'
            ),
        ),
        (
            Reply("Señal: 10 €", ends=True, number=2),
            continued(),
            (
                '<dialog mapMessagesSize="1" prearrangedEnd="false"><processUnstructuredSSRequest_Response '
                'invokeId="3" dataCodingScheme="15" string="Señal: 10 €" /></dialog>'
            ),
        ),
    ],
)
def test_an_answer_asks_on_or_closes_the_dialogue(reply: Reply, document: str, octets: str) -> None:
    """In GSM-7 where that holds it, else in UCS-2; the last one repeats the first one's ``invokeId``."""
    hop = parse(document)
    assert isinstance(hop, Hop)
    answer = DIALECT.format(reply, hop)
    assert (answer.body.decode(), answer.content_type, answer.status) == (HEAD + octets, "text/xml", 200)
