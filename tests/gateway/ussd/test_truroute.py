"""TruRoute, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest
from gateway.ussd.truroute import TruRoute

DIALECT = TruRoute()
ECHO = {"msisdn": "265881112233", "sessionid": "77"}


def document(kind: str = "2", msg: str = "<msg>4</msg>", **changes: str) -> bytes:
    """A request; changes: other text in an element."""
    texts = {**ECHO, **changes}
    who = f"<msisdn>{texts['msisdn']}</msisdn><sessionid>{texts['sessionid']}</sessionid>"
    return f"<ussd>{who}<type>{kind}</type>{msg}</ussd>".encode()


def test_the_first_hop_has_every_element_in_its_place() -> None:
    """The message is what was dialled."""
    parsed = DIALECT.parse(HopRequest(document("1", "<msg>*123*4#</msg>")))
    assert parsed == Hop("77", Msisdn("265881112233"), "*123*4#", "", Input("", begins=True), ECHO)


@pytest.mark.parametrize(
    ("body", "service", "said"),
    [
        (document("1", "<msg>123</msg>"), "*123#", Input("", begins=True)),
        (document("1", "<msg>123*4</msg>"), "*123*4#", Input("", begins=True)),
        (document("1", "<msg/>"), "", Input("", begins=True)),
        (document(), "", Input("4")),
        (document("2", "<msg/>"), "", Input("")),
        (document("2", "<msg>a &amp; b &#10;</msg>"), "", Input("a & b ")),
        (document("2", "<msg><![CDATA[<4>]]></msg>"), "", Input("<4>")),
        (document(" 2 ", "<msg>4</msg><msg>7</msg>"), "", Input("4")),
        (document().replace(b"msg>", b"MSG>"), "", Input("4")),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n' + document(), "", Input("4")),
        (document("2", "<msg>ñ\N{PILE OF POO}</msg>"), "", Input("ñ\N{PILE OF POO}")),
    ],
)
def test_a_document_is_a_hop(body: bytes, service: str, said: Input) -> None:
    """The first of two elements with one name counts."""
    hop = DIALECT.parse(HopRequest(body))
    assert isinstance(hop, Hop)
    assert (hop.service, hop.said, hop.echo) == (service, said, ECHO)


@pytest.mark.parametrize(("kind", "status"), [("3", "release"), ("4", "timeout"), ("10", "charge")])
def test_three_types_end_a_session(kind: str, status: str) -> None:
    """And are answered with a release that says nothing."""
    ended = Ended("77", status, ECHO)
    assert DIALECT.parse(HopRequest(document(kind, ""))) == ended
    assert DIALECT.format_ended(ended).body.endswith(
        b"<sessionid>77</sessionid><type>3</type><msg /><premium><cost>0</cost><ref>NULL</ref></premium></ussd>"
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not XML"),
        (b"<ussd>", "not XML"),
        (b"{}", "not XML"),
        (b"\xff\xfe\xfd", "not XML"),
        (document("2", "<msg>\ufffd</msg>").replace("\ufffd".encode(), b"\xff"), "not XML"),
        (document("2", "<msg>\0</msg>"), "not XML"),
        (document("2", "<msg>&nope;</msg>"), "not XML"),
        (b'<?xml version="1.0" encoding="klingon"?>' + document(), "not XML"),
        (b"<dialog/>", "no <ussd>"),
        (b'<!DOCTYPE ussd [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ussd>&b;</ussd>', "DTD"),
        (b'<!DOCTYPE ussd SYSTEM "http://127.0.0.1:1/x.dtd"><ussd/>', "DTD"),
        (b"<ussd>" + b"<a>" * 2000, "too many elements"),
        (b"<ussd>" + b"<a/>" * 2000 + b"</ussd>", "too many elements"),
        (document(sessionid=""), "sessionid is missing"),
        (document(sessionid="x" * 129), "sessionid must be"),
        (document(""), "type is missing"),
        (document("5"), "type is none of TruRoute's"),
        (document("two"), "type is none of TruRoute's"),
        (document(msisdn=""), "msisdn is missing"),
        (document(msisdn="PROMO"), "msisdn is not a number"),
        (document("2", ""), "msg is missing"),
        (document("2", f"<msg>{'1' * 4001}</msg>"), "more than 4000"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(body: bytes, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(HopRequest(body))
    assert says in str(bad.value)
    assert "1112233" not in str(bad.value)


@pytest.mark.parametrize(
    ("reply", "octets"),
    [
        (
            Reply("¿<Qué>?\n1 Sí\x1b", ends=False),
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n<ussd><msisdn>265881112233</msisdn><sessionid>77</sessionid>'
                "<type>2</type><msg>¿&lt;Qué&gt;?\n1 Sí</msg><premium><cost>0</cost><ref>NULL</ref></premium></ussd>"
            ),
        ),
        (
            Reply("Listo.", ends=True),
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n<ussd><msisdn>265881112233</msisdn><sessionid>77</sessionid>'
                "<type>3</type><msg>Listo.</msg><premium><cost>0</cost><ref>NULL</ref></premium></ussd>"
            ),
        ),
    ],
)
def test_an_answer_goes_on_or_releases(reply: Reply, octets: str) -> None:
    """Escaped, and without what XML cannot carry."""
    hop = DIALECT.parse(HopRequest(document()))
    assert isinstance(hop, Hop)
    answer = DIALECT.format(reply, hop)
    assert (answer.body.decode(), answer.content_type, answer.status) == (octets, "text/xml", 200)
