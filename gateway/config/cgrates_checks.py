"""What the keys about CGRateS may be, whichever charging system is chosen."""

from __future__ import annotations

from decimal import Decimal

from gateway.config.ocs_sections import OcsConfig
from gateway.errors import ConfigError

_LEAST_MARKER_HOURS, _MOST_MARKER_HOURS = 24, 87_600
_DECIMALS, _MOST_UNITS = 6, 1_000_000
"""The engine rounds balances to six decimal places."""


def check_cgrates(ocs: OcsConfig) -> None:
    """Raises ConfigError."""
    for key, text in (("tenant", ocs.tenant), ("money_balance", ocs.money_balance)):
        if not text or not text.isprintable() or " " in text:
            raise ConfigError(f"ocs.{key} must be a name without blanks, as CGRateS has it")
    if ":" in ocs.tenant:
        raise ConfigError("ocs.tenant may not have a colon: CGRateS puts one between tenant and account")
    if not _LEAST_MARKER_HOURS <= ocs.cgrates.marker_hours <= _MOST_MARKER_HOURS:
        raise ConfigError(
            f"ocs.cgrates.marker_hours must be at least {_LEAST_MARKER_HOURS} and at most {_MOST_MARKER_HOURS}:"
            " without its marker an order would be charged again"
        )
    units = Decimal(str(ocs.cgrates.units_per_minor))
    if not 0 < units <= _MOST_UNITS or units != round(units, _DECIMALS):
        raise ConfigError(
            f"ocs.cgrates.units_per_minor must be more than 0, at most {_MOST_UNITS} and have at most {_DECIMALS}"
            " decimal places, as CGRateS has"
        )
