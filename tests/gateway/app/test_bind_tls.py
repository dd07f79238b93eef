"""A bind over TLS: whose certificate the SMSC must have, and ours where it wants one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import Pair, authority, signed, trusting

from fakes import NUMBERS, PATIENCE, FakeInbox, eventually
from gateway.app.tls import bind_tls, simulated_tls
from gateway.config.tree import Config, SmppConfig
from gateway.errors import ConfigError
from gateway.smpp.client import SmppClient
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.settings import SmppSettings

States = asyncio.Queue[tuple[bool, str]]


class Deaf:
    """An SMSC that takes nothing."""

    def submit(self, esme: Esme, message: object) -> SubmitReply | None:
        """See ``SubmitHandler``."""
        return None


def smsc_context(shown: Pair, believed: Pair | None) -> ssl.SSLContext:
    """An SMSC that shows this certificate, and wants one of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate_file, shown.key_file)
    if believed is not None:
        context.load_verify_locations(believed.certificate_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def config(folder: Path, **bind: Any) -> tuple[Config, SmppConfig]:
    """A configuration in this folder, with this bind over TLS."""
    return Config(folder=folder), SmppConfig(**{"name": "a", "host": "127.0.0.1", "tls": True, **bind})


@asynccontextmanager
async def bound(folder: Path, smsc: ssl.SSLContext | None, **bind: Any) -> AsyncIterator[States]:
    """What becomes of a bind with these keys at this SMSC."""
    server = SmppServer("127.0.0.1", 0, Deaf(), ssl_context=smsc)
    await server.start()
    states: States = asyncio.Queue()
    whole, one = config(folder, **bind)
    settings = SmppSettings("a", one.host, server.port, "chasqui", "secret", numbers=NUMBERS, tls=one.tls)
    client = SmppClient(
        settings,
        FakeInbox(),
        on_state=lambda _, is_bound, detail: states.put_nowait((is_bound, detail)),
        ssl_context=bind_tls(whole, one).client,
    )
    await client.start()
    try:
        yield states
    finally:
        await client.stop(1.0)
        await server.stop()


async def state(states: States) -> tuple[bool, str]:
    """The next."""
    async with asyncio.timeout(PATIENCE):
        return await states.get()


async def test_a_bind_shows_its_certificate_and_believes_an_authority_of_the_operators(tmp_path: Path) -> None:
    """Both sides know each other."""
    ca = authority(tmp_path, "ca")
    smsc, ours = signed(tmp_path, "smsc", ca), signed(tmp_path, "ours", ca)
    keys = {"tls_ca": "ca.pem", "tls_certificate": ours.certificate_file.name, "tls_key": ours.key_file.name}
    async with bound(tmp_path, smsc_context(smsc, ca), **keys) as states:
        assert await state(states) == (True, "bound")


async def test_an_authority_alone_is_enough_where_the_smsc_asks_for_nothing(tmp_path: Path) -> None:
    """The system's own authorities do not count then."""
    ca = authority(tmp_path, "ca")
    async with bound(tmp_path, smsc_context(signed(tmp_path, "smsc", ca), None), tls_ca="ca.pem") as states:
        assert await state(states) == (True, "bound")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"tls_ca": "other.pem"}, "self-signed certificate in certificate chain (see tls_ca)"),
        ({}, "TLS: the peer's certificate: self-signed certificate in certificate chain (see tls_ca)"),
        ({"tls_ca": "ca.pem"}, "does the SMSC take our tls_certificate?"),
        (
            {"tls_ca": "ca.pem", "tls_certificate": "stranger.pem", "tls_key": "stranger.key"},
            "does the SMSC take our tls_certificate?",
        ),
    ],
    ids=[
        "wrong authority",
        "the system's authorities",
        "no certificate of ours",
        "a certificate that it does not know",
    ],
)
async def test_why_tls_fails_is_told_in_one_line(tmp_path: Path, keys: dict[str, str], reason: str) -> None:
    """And the bind is tried again."""
    ca, other = authority(tmp_path, "ca"), authority(tmp_path, "other")
    signed(tmp_path, "stranger", other)
    async with bound(tmp_path, smsc_context(signed(tmp_path, "smsc", ca), ca), **keys) as states:
        for _ in range(2):
            is_bound, detail = await state(states)
            assert not is_bound
            assert reason in detail
            assert "\n" not in detail


async def test_a_peer_without_tls_is_told_as_such(tmp_path: Path) -> None:
    """It answers nothing that a handshake could begin with."""
    async with bound(tmp_path, None) as states:
        assert await state(states) == (False, "TLS: the peer speaks none (see tls and port)")


async def test_a_certificate_for_another_name_is_told_as_such(tmp_path: Path) -> None:
    """The name is that of ``host``."""
    ca = authority(tmp_path, "ca")
    smsc = smsc_context(signed(tmp_path, "smsc", ca), None)
    async with bound(tmp_path, smsc, host="localhost", tls_ca="ca.pem") as states:
        is_bound, detail = await state(states)
        assert not is_bound
        assert detail.endswith("not valid for 'localhost'. (see host, or the names in the certificate)")


async def test_an_smsc_that_wants_tls_is_guessed_where_there_is_none(tmp_path: Path) -> None:
    """It only closes the connection."""
    smsc = smsc_context(signed(tmp_path, "smsc", authority(tmp_path, "ca")), None)
    async with bound(tmp_path, smsc, tls=False) as states:
        is_bound, detail = await state(states)
        assert not is_bound
        assert detail.endswith("before the bind was answered (does the SMSC want TLS? see tls and port)")


async def test_an_smsc_asks_for_a_bind_over_tls(tmp_path: Path) -> None:
    """Then we are the one that is connected to, and show our certificate; it must show one of our authority's."""
    ca = authority(tmp_path, "ca")
    ours, theirs = signed(tmp_path, "ours", ca), signed(tmp_path, "theirs", ca)
    whole, one = config(
        tmp_path, tls_ca="ca.pem", tls_certificate="ours.pem", tls_key=ours.key_file.name, outbind_port=1
    )
    settings = SmppSettings(
        "a", "127.0.0.1", 1, "chasqui", "secret", bind="receiver", numbers=NUMBERS, tls=True, outbind_port=0
    )
    smsc = SmppServer("127.0.0.1", 0, Deaf())
    await smsc.start()
    client = SmppClient(settings, FakeInbox(), outbind_ssl=bind_tls(whole, one).outbind)
    await client.start()
    try:
        port = client.outbind_port or 0
        await smsc.outbind("127.0.0.1", port, "chasqui", "secret", ssl_context=trusting(ca))
        await eventually(lambda: client.counters.session.pdus_in == 0 and not smsc._esmes)
        assert not client.bound
        await smsc.outbind("127.0.0.1", port, "chasqui", "secret", ssl_context=theirs.shown_to(ca))
        await eventually(lambda: client.bound)
    finally:
        await client.stop(1.0)
        await smsc.stop()


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"tls_ca": "nowhere.pem"}, "smpp 'a': tls_ca: cannot be read"),
        ({"tls_ca": "ours.key"}, "smpp 'a': tls_ca: no certificate in PEM"),
        ({"tls_certificate": "no.pem", "tls_key": "ours.key"}, "smpp 'a': tls_certificate: cannot be read"),
        ({"tls_certificate": "ours.pem", "tls_key": "no.key"}, "smpp 'a': tls_key: cannot be read"),
        (
            {"tls_certificate": "ours.pem", "tls_key": "ca.key"},
            "smpp 'a': tls_certificate and its key cannot be used",
        ),
    ],
)
def test_files_of_a_bind_that_cannot_be_used_are_named(tmp_path: Path, keys: dict[str, str], complaint: str) -> None:
    """In one line, before anything starts."""
    signed(tmp_path, "ours", authority(tmp_path, "ca"))
    with pytest.raises(ConfigError) as refused:
        bind_tls(*config(tmp_path, **keys))
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_simulator_speaks_tls_by_its_options(tmp_path: Path) -> None:
    """With an authority it wants a client's certificate; without options it is plain."""
    ca = authority(tmp_path, "ca")
    smsc = signed(tmp_path, "smsc", ca)
    asking = simulated_tls(smsc.certificate_file, smsc.key_file, ca.certificate_file)
    open_ = simulated_tls(smsc.certificate_file, smsc.key_file, None)
    assert asking is not None
    assert open_ is not None
    assert (asking.verify_mode, open_.verify_mode) == (ssl.CERT_REQUIRED, ssl.CERT_NONE)
    assert simulated_tls(None, None, None) is None


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (("ours.pem", None, None), "--tls-key is missing: a certificate and its key go together"),
        ((None, "ours.key", None), "--tls-certificate is missing"),
        ((None, None, "ca.pem"), "--tls-certificate is missing"),
        (("no.pem", "ours.key", None), "--tls-certificate: cannot be read"),
        (("ours.pem", "ca.key", None), "--tls-certificate and its key cannot be used"),
        (("ours.pem", "ours.key", "ours.key"), "--tls-ca: no certificate in PEM"),
    ],
)
def test_options_of_the_simulator_that_cannot_be_used_are_named(
    tmp_path: Path, files: tuple[str | None, ...], complaint: str
) -> None:
    """In one line, as they were typed."""
    signed(tmp_path, "ours", authority(tmp_path, "ca"))
    with pytest.raises(ConfigError) as refused:
        simulated_tls(*(tmp_path / file if file else None for file in files))
    assert str(refused.value).startswith(complaint)


def test_a_bind_without_tls_needs_no_files(tmp_path: Path) -> None:
    """Plain TCP, the default."""
    assert bind_tls(Config(folder=tmp_path), SmppConfig("a", "h")).client is None
