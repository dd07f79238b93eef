"""What a charging system's section must be."""

from __future__ import annotations

from gateway.config.bounds import positive, seconds, url
from gateway.config.cgrates_checks import check_cgrates
from gateway.config.diameter_checks import check_diameter
from gateway.config.ocs_sections import BreakerConfig, OcsConfig
from gateway.config.ucip_checks import check_ucip
from gateway.errors import ConfigError

GRANTS = ("trust", "person", "refund")


def check_ocs(ocs: OcsConfig) -> None:
    """Raises ConfigError."""
    if ocs.kind != "simulator" and not ocs.url:
        raise ConfigError(f'ocs.url is missing: with kind = "{ocs.kind}" it names the charging system')
    if ocs.kind == "diameter":
        check_diameter(ocs)
    elif ocs.url:
        url("ocs.url", ocs.url, "http://127.0.0.1:9200")
    seconds("ocs.timeout", ocs.timeout)
    seconds("ocs.settle_seconds", ocs.settle_seconds, zero=True)
    if ocs.grants not in GRANTS:
        raise ConfigError(f"ocs.grants must be one of: {', '.join(GRANTS)}")
    for key in ("at_once", "background_at_once", "waiting"):
        positive(f"ocs.{key}", getattr(ocs, key))
    if ocs.background_at_once > ocs.at_once:
        raise ConfigError("ocs.background_at_once must not be more than ocs.at_once")
    _breaker(ocs.breaker)
    check_cgrates(ocs)
    check_ucip(ocs)


def _breaker(breaker: BreakerConfig) -> None:
    positive("ocs.breaker.failures", breaker.failures)
    seconds("ocs.breaker.pause", breaker.pause)
    seconds("ocs.breaker.longest_pause", breaker.longest_pause)
    if breaker.pause > breaker.longest_pause:
        raise ConfigError("ocs.breaker.pause must not be longer than ocs.breaker.longest_pause")
