"""The gateway's configuration in the demonstration: two SMSCs, an aggregator, USSD, staging's policy."""

from __future__ import annotations

SHORT_CODE = "12345"
SETTLE_SECONDS = 2
PUSH_WAIT = 10
TEXTS, USSD = "chasqui", "chasqui-ussd"
"""The system_ids of both binds at the first SMSC."""
CIRCLE = "demo-screens"
"""Whoever is in it gets screens."""
TWO_SMSCS, AGGREGATOR = "5730011102", "5730011103"
"""How the numbers begin that two SMSCs lead to, and those that an aggregator leads to; the first SMSC has the others.

Two digits follow.
"""
_CONFIG = """\
market = "co"

[server]
host = "127.0.0.1"
port = 0
metrics_port = 0

[store]
url = "sqlite+aiosqlite:///demo.db"

[ocs]
kind = "tmf"
url = "{ocs}"
timeout = 3.0
settle_seconds = {settle}

[[numbers]]
address = "{source}"

[[smpp]]
name = "smsc-demo"
host = "127.0.0.1"
port = {smsc}
system_id = "{texts}"
password = "{password}"
source = "{source}"
reconnect_max = 1

[[smpp]]
name = "smsc-second"
host = "127.0.0.1"
port = {second}
system_id = "{texts}"
password = "{password}"
source = "{source}"
reconnect_max = 1

[[smpp]]
name = "smsc-ussd"
host = "127.0.0.1"
port = {smsc}
system_id = "{ussd}"
password = "{password}"
source = "{source}"
reconnect_max = 1

[[aggregators]]
name = "at"
kind = "africastalking"
url = "{aggregator}"
account = "chasqui"
secret = "{password}"
numbers = ["{source}"]

[[routes]]
name = "two"
prefixes = ["{two}"]
order = "first"
through = [{{smsc = "smsc-demo"}}, {{smsc = "smsc-second"}}]

[[routes]]
name = "aggregator"
prefixes = ["{at}"]
through = [{{smsc = "at"}}]

[[routes]]
name = "rest"
through = [{{smsc = "smsc-demo"}}]

[[doors]]
name = "network"
dialect = "smpp"
bind = "smsc-ussd"

[[doors]]
name = "aggregator"
dialect = "hubtel"
allow = ["127.0.0.1"]
resume_seconds = 60

[[api.tokens]]
name = "demo"
role = "admin"
sha256 = "{digest}"

[policy]
quiet_hours = "off"      # so that it plays the same at any hour
assume_opt_in = "yes"
alert_gap = 0.1          # nobody here wants to wait for what else may come
channels = ["ussd", "sms"]
push_circles = ["{circle}"]
push_hours = ""
push_wait = {push_wait}
"""


def configuration(*, ocs: str, smsc: str, second: str, aggregator: str, password: str, digest: str) -> str:
    """A ``chasqui.toml``. ocs, aggregator: base URLs; smsc, second: ports; digest: SHA-256 of the token, in hex."""
    return _CONFIG.format(
        ocs=ocs,
        smsc=smsc,
        second=second,
        aggregator=aggregator,
        password=password,
        digest=digest,
        settle=SETTLE_SECONDS,
        texts=TEXTS,
        ussd=USSD,
        circle=CIRCLE,
        push_wait=PUSH_WAIT,
        source=SHORT_CODE,
        two=TWO_SMSCS,
        at=AGGREGATOR,
    )
