"""``[[webhooks.endpoints]]``: what it may be, and what the start says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.loading import load
from gateway.config.tree import WebhookEndpointConfig
from gateway.errors import ConfigError

_GOOD = {"name": '"app"', "url": '"https://app.example/hook"', "secret": '"whsec_AAAA"'}


def _load(tmp_path: Path, *endpoints: dict[str, str]) -> tuple[WebhookEndpointConfig, ...]:
    text = "".join(
        "[[webhooks.endpoints]]\n" + "".join(f"{key} = {value}\n" for key, value in one.items()) for one in endpoints
    )
    (tmp_path / "chasqui.toml").write_text(text, encoding="utf-8")
    return load(tmp_path / "chasqui.toml", {}).webhooks.endpoints


def test_an_endpoint_hears_everything_unless_it_says_what(tmp_path: Path) -> None:
    """And its secret is not printed."""
    (found,) = _load(tmp_path, _GOOD)
    assert found.events == ("offers", "orders", "consents")
    assert "whsec_" not in str(found)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": '"ftp://app.example"'}, "url must be a URL such as https"),
        ({"url": '""'}, "url must be a URL"),
        ({"secret": '"secret"'}, "secret must be whsec_ followed by base64"),
        ({"secret": '"whsec_"'}, "secret must be whsec_"),
        ({"events": '["order.lost"]'}, "'order.lost' is none of offers, orders, consents, offer.made"),
        ({"events": "[]"}, "events must name something"),
        ({"name": f'"{"a" * 41}"'}, "name must be at most 40"),
    ],
)
def test_what_cannot_work_stops_the_start(tmp_path: Path, wrong: dict[str, str], says: str) -> None:
    """In one line that names the endpoint's key."""
    with pytest.raises(ConfigError, match=says):
        _load(tmp_path, {**_GOOD, **wrong})


def test_names_are_told_apart(tmp_path: Path) -> None:
    """They stand in metrics."""
    with pytest.raises(ConfigError, match=r"webhooks\.endpoints"):
        _load(tmp_path, _GOOD, _GOOD)
