"""The configuration from file and environment: every complaint is one line that names the key."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from flows.behaviour import Source
from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.errors import ConfigError

SHA = "0" * 64
EVERY_KEY = f"""
market = "co"
[server]
host = "127.0.0.1"
port = 8080
metrics_port = 9090
tls_certificate = "gateway.pem"
tls_key = "gateway.key"
tls_client_ca = "clients.pem"
[store]
url = "sqlite+aiosqlite:///chasqui.db"
[sessions]
url = "memory://"
[triggers]
url = "inline://"
waiting = 50_000
[[ussd.services]]
code = "*123#"
menu = "main"
network = ""
[[doors]]
name = "ocs"
dialect = "triggers"
network = "claro-co"
allow = ["10.0.0.0/8"]
token = "d00r"
charset = "gsm7"
max_septets = 182
idle_seconds = 60
total_seconds = 180
[menus]
path = "menus"
[catalogue]
path = "catalogue.yaml"
[ocs]
kind = "simulator"
url = "http://127.0.0.1:9200"
tenant = "cgrates.org"
money_balance = "main"
timeout = 3.0
settle_seconds = 10
[[smpp]]
name = "smsc-a"
host = "127.0.0.1"
port = 2775
system_id = "chasqui"
password = "p4ssword"
bind = "transceiver"
window = 50
tps = 100
source = "12345"
source_ton = 3
source_npi = 0
two_way = true
numbers = ["23456"]
alphabet = "gsm7-es"
segments = "udh16"
system_type = ""
response_timeout = 30
enquire_interval = 30
reconnect_max = 15
tls = false
[[smpp.statuses]]
status = 1025
means = "throttled"
[[aggregators]]
name = "at"
kind = "africastalking"
account = "operator"
secret = "k3y"
numbers = ["23456"]
tps = 20
at_once = 20
timeout = 10
[[numbers]]
address = "23456"
type = "short"
ton = 3
npi = 0
two_way = true
mo_tariff = "free"
regulator_code = "REG-1"
template_tag = "0x1401"
[[numbers.tlvs]]
tag = "0x1400"
text = "1101"
[[numbers.templates]]
id = "1107"
text = "Your {{#var#}} has run out."
[[networks]]
name = "claro-co"
prefixes = ["57310"]
[[routes]]
name = "claro"
networks = ["claro-co"]
purposes = ["alert"]
order = "weight"
[[routes.through]]
smsc = "smsc-a"
weight = 1
cost = 0.5
[[api.tokens]]
name = "crm"
role = "crm"
sha256 = "{SHA}"
[policy]
quiet_hours = "market"
assume_opt_in = "market"
dry_run = false
test_msisdns = []
[webhooks]
secret = "whsec_c2VjcmV0"
[telemetry]
otlp_endpoint = "http://127.0.0.1:4318"
[story]
key = "story.key"
[scoring.pricing]
enabled = true
floor = 0.8
most = 100000
give = 0.2
least = 0.05
step = 5000
budget = 10000000
most_a_person = 200000
window_hours = 48
usual_margin = 500000
[scoring.win_back]
grounds = "the law of the land, art. 1"
from_days = 10
until_days = 90
give = 0.1
most = 500000
budget = 10000000
[reconciliation]
at = "03:30"
per_second = 20
[retention]
at = "02:30"
inbox_days = 90
alerts_days = 400
[scoring]
depletion = "depletion.model"
acceptance = "acceptance.model"
unproven = true
holdout = 0.05
refused_days = 3
learn_seconds = 30
decisions_days = 90
shadow = 0.1
shadow_per_second = 1
[scoring.challengers]
depletion = "new.model"
acceptance = ""
[scoring.batch]
at = "02:30"
folder = "scores"
shards = 16
per_second = 0
keep_days = 7
[behaviour]
sweep_at = "03:00"
places_days = 14
"""
BIND = '[[smpp]]\nname = "a"\nhost = "h"\n'
DOOR = '[[doors]]\nname = "d"\ndialect = "{}"\n'
TOKEN = '[[api.tokens]]\nname = "crm"\nrole = "{role}"\nsha256 = "{sha}"\n'


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "chasqui.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_a_default() -> None:
    """Loopback only, and SQLite beside the process."""
    config = load(None, {"PATH": "/bin", "HOME": "/"})
    assert (config.market, config.server.host, config.server.port) == ("co", "127.0.0.1", 8080)
    assert (config.ocs.kind, config.smpp, config.doors, config.policy.dry_run) == ("simulator", (), (), False)
    assert config.folder == Path.cwd()


def test_every_documented_key_loads(tmp_path: Path) -> None:
    """And arrives under its name."""
    config = load(written(tmp_path, EVERY_KEY), {})
    assert config.folder == tmp_path
    assert config.ussd.services[0].code == "*123#"
    assert (config.doors[0].allow, config.doors[0].token) == (("10.0.0.0/8",), "d00r")
    assert (config.smpp[0].password, config.smpp[0].tps, config.smpp[0].two_way) == ("p4ssword", 100.0, True)
    assert (config.api.tokens[0].role, config.webhooks.secret) == ("crm", "whsec_c2VjcmV0")
    assert config.behaviour.retention[Source.PLACES].days == 14


def test_the_sample_leaves_no_section_out() -> None:
    """A section that is added is added above, too."""
    assert {field.name for field in fields(Config)} - {"folder"} <= set(re.findall(r"[a-z]+", EVERY_KEY))


def test_secrets_do_not_print(tmp_path: Path) -> None:
    """Wherever the tree ends up in a log."""
    shown = repr(load(written(tmp_path, EVERY_KEY), {}))
    assert not any(secret in shown for secret in ("d00r", "p4ssword", "c2VjcmV0"))


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("CHASQUI_MARKET", "za", "market", "za"),
        ("CHASQUI_OPERATOR", "Andes Móvil", "operator", "Andes Móvil"),
        ("CHASQUI_POLICY__CONFIRM_ABOVE", "0", "policy.confirm_above", 0),
        ("CHASQUI_SERVER__PORT", "0", "server.port", 0),
        ("CHASQUI_OCS__TIMEOUT", "1.5", "ocs.timeout", 1.5),
        ("CHASQUI_OCS__SETTLE_SECONDS", "2", "ocs.settle_seconds", 2.0),
        ("CHASQUI_POLICY__DRY_RUN", "Yes", "policy.dry_run", True),
        ("CHASQUI_POLICY__DRY_RUN", "0", "policy.dry_run", False),
        ("CHASQUI_POLICY__TEST_MSISDNS", "+573001112233, 573009998877,", "policy.test_msisdns.1", "573009998877"),
        ("CHASQUI_SMPP__0__HOST", "smsc.example", "smpp.0.host", "smsc.example"),
        ("CHASQUI_SMPP__0__TWO_WAY", "off", "smpp.0.two_way", False),
        ("CHASQUI_API__TOKENS__0__NAME", "app", "api.tokens.0.name", "app"),
        ("CHASQUI_DOORS__0__ALLOW", "10.0.0.1,::1", "doors.0.allow.1", "::1"),
    ],
)
def test_the_environment_goes_before_the_file(tmp_path: Path, name: str, text: str, path: str, value: object) -> None:
    """Every key, entries of lists by their number."""
    found: object = load(written(tmp_path, EVERY_KEY), {name: text})
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, tuple) else getattr(found, step)
    assert found == value


def test_an_entry_may_come_from_the_environment_alone() -> None:
    """A container needs no file."""
    config = load(None, {"CHASQUI_SMPP__0__NAME": "a", "CHASQUI_SMPP__0__HOST": "h"})
    assert (config.smpp[0].name, config.smpp[0].port) == ("a", 2775)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('markt = "co"', "unknown key markt; did you mean market?"),
        ("[server]\nprot = 1", "unknown key server.prot; did you mean server.port?"),
        ("[nonsense]\nx = 1", "unknown key nonsense"),
        ('folder = "x"', "unknown key folder"),
        (BIND + "pasword = 'x'", "unknown key smpp[0].pasword; did you mean smpp[0].password?"),
        (DOOR.format("nalo") + "idle = 5", "unknown key doors[0].idle; did you mean doors[0].idle_seconds?"),
        (
            DOOR.format("nalo") + "resum_secs = 5",
            "unknown key doors[0].resum_secs; did you mean doors[0].resume_seconds?",
        ),
        (DOOR.format("nalo") + 'token = "50%/x"', "doors 'd': token may hold A-Z a-z 0-9 - . _ ~ only"),
        (DOOR.format("nalo") + 'token = "señal"', "doors 'd': token may hold A-Z a-z 0-9 - . _ ~ only"),
        ("market = 5", "market must be a text in quotes"),
        ('[server]\nport = "8080"', 'server.port must be a whole number, not "8080"'),
        ("[server]\nport = true", "server.port must be a whole number, not true"),
        ("[server]\nport = 8080.0", "server.port must be a whole number, not 8080.0"),
        ('[ocs]\ntimeout = "3"', 'ocs.timeout must be a number, not "3"'),
        (BIND + 'port = "2775"', 'smpp[0].port must be a whole number, not "2775"'),
        ("[policy]\ndry_run = 1", "policy.dry_run must be true or false"),
        ('[policy]\ntest_msisdns = "x"', "policy.test_msisdns must be a list"),
        ("[policy]\ntest_msisdns = [1]", "policy.test_msisdns[0] must be a text in quotes"),
        ("server = 5", "server must be a table"),
        ("smpp = 5", "smpp must be a list: begin each entry with [[smpp]]"),
        ('[smpp]\nname = "a"', "smpp must be a list: begin each entry with [[smpp]]"),
        (BIND + "statuses = 5", "smpp[0].statuses must be a list: begin each entry with [[smpp.statuses]]"),
        ('[[smpp]]\nname = "a"', "smpp[0].host is missing"),
        ("market = ", "not TOML"),
        ("[server]\nport = 65536", "server.port must be a port from 0 to 65535"),
        ("[server]\nport = -1", "server.port must be a port from 0 to 65535"),
        ('[server]\ntls_key = "k.pem"', "server.tls_certificate is missing: a certificate and its key go together"),
        ('[server]\ntls_certificate = "c.pem"', "server.tls_key is missing"),
        ('[server]\ntls_client_ca = "a.pem"', "server.tls_client_ca needs server.tls_certificate and tls_key"),
        (
            f'[[doors]]\nname = "d"\ndialect = "triggers"\ncertificate = "{SHA}"',
            "doors 'd': certificate needs server.tls_client_ca, which is not set",
        ),
        ("[ocs]\ntimeout = 0", "ocs.timeout must be more than 0"),
        ('[ocs]\nkind = "magic"', "it must be one of: simulator, tmf, cgrates"),
        ('[ocs]\nkind = "tmf"', "ocs.url is missing"),
        ('[ocs]\nkind = "cgrates"', 'ocs.url is missing: with kind = "cgrates" it names the charging system'),
        ('[ocs]\ntenant = ""', "ocs.tenant must be a name without blanks, as CGRateS has it"),
        ('[ocs]\ntenant = "a:b"', "ocs.tenant may not have a colon: CGRateS puts one between tenant and account"),
        ('[ocs]\nmoney_balance = "my money"', "ocs.money_balance must be a name without blanks"),
        ("[ocs.cgrates]\nmarker_hours = 23", "ocs.cgrates.marker_hours must be at least 24 and at most 87600"),
        ("[ocs.cgrates]\nmarker_hours = 87601", "ocs.cgrates.marker_hours must be at least 24 and at most 87600"),
        ("[ocs.cgrates]\nunits_per_minor = 0", "ocs.cgrates.units_per_minor must be more than 0, at most 1000000"),
        ("[ocs.cgrates]\nunits_per_minor = 1e7", "ocs.cgrates.units_per_minor must be more than 0, at most 1000000"),
        ("[ocs.cgrates]\nunits_per_minor = 1.5e-6", "have at most 6 decimal places, as CGRateS has"),
        ("[ocs.cgrates]\nunits_per_minor = nan", "ocs.cgrates.units_per_minor must be a number that ends"),
        ('[sessions]\nurl = "redis://h"', "sessions.url"),
        ('[triggers]\nurl = "nats://h"', "triggers.url"),
        ('[policy]\nquiet_hours = "never"', "policy.quiet_hours is 'never'; it must be one of: market, off"),
        ('[policy]\ntest_msisdns = ["me"]', "policy.test_msisdns: an entry is not an E.164 number"),
        (BIND + BIND, "two entries are named 'a'"),
        (BIND + 'bind = "sender"', "smpp 'a': bind is 'sender'"),
        (BIND + "window = 0", "smpp 'a': window must be at least 1"),
        (BIND + "tps = 0", "smpp 'a': tps must be at least 1"),
        ('[[doors]]\nname = "d"\ndialect = "jasmin"', "doors 'd': dialect 'jasmin' is not available"),
        ('[[doors]]\nname = "d"\ndialect = "triggers"\nallow = ["10.0.0.0/99"]', "doors 'd': allow: '10.0.0.0/99'"),
        (TOKEN.format(role="boss", sha=SHA), "api.tokens.role is 'boss'"),
        (TOKEN.format(role="crm", sha="abc"), "sha256 must be 64 hex digits"),
        ('[telemetry]\notlp_endpoint = "collector:4318"', "telemetry.otlp_endpoint must be a URL such as http://"),
        ("[ocs]\nsettle_seconds = -1", "ocs.settle_seconds must be 0 or more and at most 86400 seconds"),
        ("[ocs]\nsettle_seconds = nan", "ocs.settle_seconds must be a number that ends"),
        ("[ocs]\ntimeout = 1e6", "ocs.timeout must be more than 0 and at most 86400 seconds"),
        ('[ocs]\nkind = "tmf"\nurl = "foo"', "ocs.url must be a URL such as http://"),
        ('[ocs]\nkind = "tmf"\nurl = "http://h:99999"', "ocs.url must be a URL such as http://"),
        ('[telemetry]\notlp_endpoint = "http://"', "telemetry.otlp_endpoint must be a URL such as http://"),
        ('market = "c\\u0000o"', "market has a NUL character"),
        ('[menus]\npath = "a\\u0000b"', "menus.path has a NUL character"),
        ('[policy]\ntest_msisdns = ["\\u0000"]', "policy.test_msisdns[0] has a NUL character"),
        ("[api]\nrequests_per_second = inf", "api.requests_per_second must be a number that ends"),
        (BIND.replace('"a"', '""'), "smpp[0].name is empty"),
        (BIND.replace('"h"', '""'), "smpp[0].host is empty"),
        (BIND.replace('"a"', '"a\\nb"'), "smpp[0].name has a character that is not printable"),
        ('[[doors]]\nname = ""\ndialect = "nalo"', "doors[0].name is empty"),
        (BIND + "tps = nan", "smpp[0].tps must be a number that ends"),
        (BIND + "tps = inf", "smpp[0].tps must be a number that ends"),
        (BIND + "tps = 1e300", "smpp 'a': tps must be at least 1 and at most 100000"),
        (BIND + "window = 99999999999", "smpp 'a': window must be at least 1 and at most 100000"),
        (BIND + "source_ton = 999", "smpp 'a': source_ton must be from 0 to 255"),
        (BIND + "source_npi = -1", "smpp 'a': source_npi must be from 0 to 255"),
        (BIND + "response_timeout = 1e300", "smpp 'a': response_timeout must be more than 0 and at most 86400"),
        (BIND + "reconnect_max = 0", "smpp 'a': reconnect_max must be more than 0"),
        (BIND + 'system_id = "ключ"', "smpp 'a': system_id has a character that SMPP cannot carry"),
        ('[[ussd.profiles]]\nname = "x"\nservice_type = "ЮССД"', "ussd.profiles 'x': service_type has a character"),
        (DOOR.format("nalo") + "idle_seconds = nan", "doors[0].idle_seconds must be a number that ends"),
        (
            DOOR.format("nalo") + "repeat_seconds = 1e12",
            "doors 'd': repeat_seconds must be 0 or more and at most 86400",
        ),
        (DOOR.format("nalo") + "max_septets = 1001", "doors 'd': max_septets must be at least 40 and at most 1000"),
        (DOOR.format("infobip") + 'token = "session"', "doors 'd': token may not be 'session'"),
        (DOOR.format("africastalking") + 'token = "events"', "doors 'd': token may not be 'events'"),
        (DOOR.format("nalo") + 'service = "*999#"', "doors 'd': service '*999#' leads nowhere"),
        (DOOR.format("nalo") + 'service = "*1234#"', "doors 'd': service '*1234#' leads nowhere"),
        (
            DOOR.format("nalo")
            + 'network = "a"\nservice = "*1#"\n[[ussd.services]]\ncode = "*1#"\nmenu = "main"\nnetwork = "b"',
            "doors 'd': service '*1#' leads nowhere",
        ),
        ('[webhooks]\nsecret = "hello"', "webhooks.secret must be whsec_ followed by base64"),
        ('[webhooks]\nsecret = "whsec_"', "webhooks.secret must be whsec_ followed by base64"),
        ('[webhooks]\nsecret = "whsec_%%"', "webhooks.secret must be whsec_ followed by base64"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """Naming the key, and where it helps what is meant."""
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, text), {})
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("service", ["*123#", "*123*4#", "*7*1#"])
def test_the_service_of_a_door_leads_to_a_menu_as_if_it_were_dialled(tmp_path: Path, service: str) -> None:
    """Also with a choice behind the code."""
    text = DOOR.format("nalo") + f'service = "{service}"\n'
    if service == "*7*1#":
        text += '[[ussd.services]]\ncode = "*7#"\nmenu = "main"\nnetwork = "n"'
    assert load(written(tmp_path, text), {}).doors[0].service == service


def test_a_token_of_triggers_may_hold_anything(tmp_path: Path) -> None:
    """It never stands in a path."""
    config = load(written(tmp_path, DOOR.format("triggers") + 'token = "50%/x"'), {})
    assert config.doors[0].token == "50%/x"


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("CHASQUI_SERVER__PROT", "1", "unknown key server.prot; did you mean server.port?"),
        ("CHASQUI_NONSENSE", "1", "unknown key nonsense"),
        ("CHASQUI_MARKET__CODE", "co", "unknown key"),
        ("CHASQUI_FOLDER", "/", "unknown key folder"),
        ("CHASQUI_SERVER__PORT", "eighty", "server.port must be a whole number"),
        ("CHASQUI_OCS__TIMEOUT", "soon", "ocs.timeout must be a number"),
        ("CHASQUI_POLICY__DRY_RUN", "maybe", "policy.dry_run must be true or false"),
        ("CHASQUI_SERVER", "x", "server must be a table"),
        ("CHASQUI_SMPP__5__HOST", "h", "'5' is not the number of an entry"),
        ("CHASQUI_SMPP__A__HOST", "h", "CHASQUI_SMPP__A__HOST"),
        ("CHASQUI_SMPP__0", "h", "names no key"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    """So that a typing error in a deployment is found at its start."""
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, EVERY_KEY), {name: text})
    assert name in str(refused.value)
    assert complaint in str(refused.value)


def test_a_variable_of_the_tests_is_no_key() -> None:
    """The one that asks for real peers."""
    assert load(None, {"CHASQUI_REQUIRE_PEERS": "1"}).market == "co"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And nothing is started with defaults instead."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file"):
        load(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Not text, or a folder."""
    path = tmp_path / "chasqui.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"chasqui\.toml: cannot be read"):
        load(path, {})


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_time_is_a_number_that_ends(tmp_path: Path, number: str) -> None:
    """TOML knows more numbers than a time-out can be."""
    with pytest.raises(ConfigError, match=r"ocs\.timeout"):
        load(written(tmp_path, f"[ocs]\ntimeout = {number}"), {})
