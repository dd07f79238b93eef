"""Accounts at aggregators in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.errors import ConfigError

NUMBERS = '[[numbers]]\naddress = "12345"\n'
USUAL = {"name": '"at"', "kind": '"kannel"', "account": '"u"', "secret": '"p"', "numbers": '["12345"]'}


def account(**changes: str) -> str:
    """One account, as it stands in the file; an empty change leaves the key out."""
    keys = {**USUAL, **changes}
    return "[[aggregators]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value)


def loaded(folder: Path, text: str) -> Config:
    """The configuration in this text."""
    file = folder / "chasqui.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


@pytest.mark.parametrize("kind", ["africastalking", "twilio", "kannel"])
def test_an_account_needs_little(tmp_path: Path, kind: str) -> None:
    """The rest has its usual value."""
    (one,) = loaded(tmp_path, NUMBERS + account(kind=f'"{kind}"')).aggregators
    assert (one.kind, one.tps, one.at_once, one.timeout) == (kind, 20, 20, 10)


DOORS = '[[doors]]\nname = "d"\ndialect = "twilio"\n'
AT = '"africastalking"'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            account(kind='"jasmin"'),
            "aggregators 'at': kind is 'jasmin'; it must be one of: africastalking, twilio, kannel",
        ),
        (account(name='"a/b"'), "aggregators 'a/b': name may hold A-Z a-z 0-9 - . _ ~ only: it stands in URLs"),
        (account(account=""), "aggregators 'at': account is missing, or has a character that is not printable"),
        (account(secret='"a\\nb"'), "aggregators 'at': secret is missing, or has a character that is not printable"),
        (account(numbers=""), "aggregators 'at': numbers is missing; name at least one address of [[numbers]]"),
        (account(numbers='["9"]'), "aggregators 'at': numbers: '9' is not configured; add it to [[numbers]]"),
        (account(kind=AT, via='"x"'), "aggregators 'at': via is for kinds twilio and kannel only"),
        (account(tps="0.5"), "aggregators 'at': tps must be at least 1 and at most 100000"),
        (account(at_once="0"), "aggregators 'at': at_once must be at least 1 and at most 10000"),
        (account(timeout="0"), "aggregators 'at': timeout must be more than 0 and at most 86400 seconds"),
        (account(url='"kannel"'), "aggregators 'at': url must be a URL such as https://gateway.example"),
        (account(public_url='"gw"'), "aggregators 'at': public_url must be a URL such as https://gateway.example"),
        (account(receipts='"gw"'), "aggregators 'at': receipts must be a URL such as https://gateway.example"),
        (
            account(receipts='"http://gw/%41"'),
            "aggregators 'at': receipts and public_url may not hold %: Kannel puts something in its place",
        ),
        (account(door='"x"'), "aggregators 'at': door 'x' is none of [[doors]] with dialect 'kannel'"),
        (DOORS + account(door='"d"'), "aggregators 'at': door 'd' is none of [[doors]] with dialect 'kannel'"),
        (
            account() + account(),
            "aggregators 'at': the name is taken; SMSCs and aggregators have names of their own",
        ),
        (
            '[[smpp]]\nname = "a"\nhost = "h"\nsmsc = "at"\n' + account(),
            "aggregators 'at': the name is taken; SMSCs and aggregators have names of their own",
        ),
        (
            account(kind=AT) + account(kind=AT, name='"at2"'),
            "aggregators: two accounts of kind 'africastalking' need a door each, named by door",
        ),
        (
            DOORS + 'token = "a/b"\n',
            "doors 'd': token may hold A-Z a-z 0-9 - . _ ~ only: it stands in a path",
        ),
        (DOORS, "doors 'd': nobody is behind it: add [[aggregators]] of kind 'twilio'"),
        (DOORS + 'token = "receipts"\n', "doors 'd': token may not be 'receipts': it is a word in the dialect's paths"),
    ],
)
def test_an_account_that_cannot_be_used_says_why_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """With the key and what it may be."""
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, NUMBERS + text)
    assert str(error.value) == complaint


@pytest.mark.parametrize("dialect", ["africastalking", "twilio", "kannel"])
def test_an_aggregator_may_have_a_door(tmp_path: Path, dialect: str) -> None:
    """Africa's Talking has one for USSD and texts, so it may do without an account."""
    door = f'[[doors]]\nname = "it"\ndialect = "{dialect}"\ntoken = "t0k3n"\n'
    of_texts = "" if dialect == "africastalking" else NUMBERS + account(kind=f'"{dialect}"')
    (one,) = loaded(tmp_path, door + of_texts).doors
    assert one.dialect == dialect
