"""Signed webhooks as Standard Webhooks 1.0 has them."""

from __future__ import annotations

import pytest

from gateway.ocs.signature import TOLERANCE_SECONDS, Refusal, refusal, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNED = {
    "webhook-id": ID,
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_published_example_holds() -> None:
    """The value that the specification's own libraries test against."""
    assert sign(SECRET, ID, str(AT), BODY) == SIGNED["webhook-signature"]
    assert refusal(SECRET, SIGNED, BODY, AT) is None


@pytest.mark.parametrize("skew", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_a_clock_may_be_off_by_the_tolerance(skew: int) -> None:
    """Both ways, bounds included."""
    assert refusal(SECRET, SIGNED, BODY, AT + skew) is None


@pytest.mark.parametrize("skew", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, 10**9])
def test_a_stale_or_future_signature_is_refused(skew: int) -> None:
    """A recorded request is of no use later."""
    assert refusal(SECRET, SIGNED, BODY, AT + skew) is Refusal.STALE


@pytest.mark.parametrize("name", sorted(SIGNED))
@pytest.mark.parametrize("value", [None, ""])
def test_every_header_is_needed(name: str, value: str | None) -> None:
    """Without one of them there is no signature."""
    headers = {key: held for key, held in SIGNED.items() if key != name} | ({} if value is None else {name: value})
    assert refusal(SECRET, headers, BODY, AT) is Refusal.MISSING


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"webhook-id": "other"}, BODY),
        ({"webhook-timestamp": str(AT + 1)}, BODY),
        ({"webhook-signature": "v1,AAAA"}, BODY),
        ({"webhook-signature": SIGNED["webhook-signature"].replace("v1,", "v2,")}, BODY),
        ({"webhook-signature": SIGNED["webhook-signature"].removeprefix("v1,")}, BODY),
        ({}, BODY + b" "),
        ({}, b""),
    ],
)
def test_what_was_changed_on_the_way_does_not_hold(changes: dict[str, str], body: bytes) -> None:
    """Id, time, body and version are all under the signature."""
    assert refusal(SECRET, {**SIGNED, **changes}, body, AT) is Refusal.WRONG


def test_one_good_signature_among_several_is_enough() -> None:
    """While a secret is being changed, both sign."""
    headers = {**SIGNED, "webhook-signature": f"v1,AAAA v1a,BBBB {SIGNED['webhook-signature']}"}
    assert refusal(SECRET, headers, BODY, AT) is None


def test_another_secret_signs_otherwise() -> None:
    """The key is what is behind the prefix."""
    assert refusal("whsec_" + "A" * 32, SIGNED, BODY, AT) is Refusal.WRONG
    assert sign(SECRET.removeprefix("whsec_"), ID, str(AT), BODY) == SIGNED["webhook-signature"]


@pytest.mark.parametrize("timestamp", ["now", "-1614265330", "1614265330.5", "１６１４２６５３３０", " 1614265330"])
def test_a_time_that_is_no_whole_number_is_refused(timestamp: str) -> None:
    """Only ASCII digits are a time."""
    assert refusal(SECRET, {**SIGNED, "webhook-timestamp": timestamp}, BODY, AT) is Refusal.STALE


@pytest.mark.parametrize("timestamp", ["9" * 400, "9" * 5000])
def test_a_time_beyond_all_numbers_is_refused(timestamp: str) -> None:
    """Whoever knocks with a number too long for arithmetic hears that it is not the time."""
    assert refusal(SECRET, {**SIGNED, "webhook-timestamp": timestamp}, BODY, AT + 0.5) is Refusal.STALE


@pytest.mark.parametrize("name", ["webhook-id", "webhook-signature"])
def test_bytes_that_are_no_text_do_not_hold(name: str) -> None:
    """A header that HTTP lets through as lone surrogates is wrong, not a crash."""
    assert refusal(SECRET, {**SIGNED, name: "v1,\udcff"}, BODY, AT) is Refusal.WRONG
